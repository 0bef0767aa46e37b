//! Queries on the names in code.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Ident, Lit, Pat, Type};

/// A syntax node whose identifiers can be visited.
///
/// Visits are much faster than the tokens of the node, and skip its keywords.
pub(crate) trait Names {
    /// Calls `found` with each identifier, until it returns `true`.
    ///
    /// Returns whether it did.
    fn find_name(&self, found: &mut dyn FnMut(&str) -> bool) -> bool;
}

/// All identifiers of a node, including those in groups.
pub(crate) fn names_in(node: &(impl Names + ?Sized)) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    node.find_name(&mut |name| {
        if !names.contains(name) {
            names.insert(name.to_owned());
        }
        false
    });
    names
}

/// Whether an identifier of a node has a property.
pub(crate) fn any_name(node: &(impl Names + ?Sized), is: impl Fn(&str) -> bool) -> bool {
    node.find_name(&mut |name| is(name))
}

fn find_in(tokens: TokenStream, found: &mut dyn FnMut(&str) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => found(&name.to_string()),
        TokenTree::Group(group) => find_in(group.stream(), found),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

struct Search<'f> {
    found: &'f mut dyn FnMut(&str) -> bool,
    done: bool,
}

impl Search<'_> {
    fn tokens(&mut self, tokens: &TokenStream) {
        self.done = self.done || find_in(tokens.clone(), self.found);
    }
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_ident(&mut self, name: &'ast Ident) {
        self.done = self.done || (self.found)(&name.to_string());
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            _ if self.done => {}
            Expr::Verbatim(tokens) => self.tokens(tokens),
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_pat(&mut self, pat: &'ast Pat) {
        match pat {
            Pat::Verbatim(tokens) => self.tokens(tokens),
            other => visit::visit_pat(self, other),
        }
    }

    fn visit_type(&mut self, ty: &'ast Type) {
        match ty {
            Type::Verbatim(tokens) => self.tokens(tokens),
            other => visit::visit_type(self, other),
        }
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        self.visit_path(&node.path);
        self.tokens(&node.tokens);
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        self.tokens(&item.to_token_stream());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        self.tokens(&attribute.to_token_stream());
    }

    fn visit_lit(&mut self, _: &'ast Lit) {}
}

macro_rules! visited {
    ($($node:ty => $visit:ident),+ $(,)?) => {$(
        impl Names for $node {
            fn find_name(&self, found: &mut dyn FnMut(&str) -> bool) -> bool {
                let mut search = Search { found, done: false };
                search.$visit(self);
                search.done
            }
        }
    )+};
}

visited! {
    Block => visit_block,
    Expr => visit_expr,
    Pat => visit_pat,
    syn::Stmt => visit_stmt,
    Type => visit_type,
    syn::Path => visit_path,
    syn::GenericParam => visit_generic_param,
}

impl Names for TokenStream {
    fn find_name(&self, found: &mut dyn FnMut(&str) -> bool) -> bool {
        find_in(self.clone(), found)
    }
}

impl<T: Names> Names for Box<T> {
    fn find_name(&self, found: &mut dyn FnMut(&str) -> bool) -> bool {
        (**self).find_name(found)
    }
}

impl<T: Names + ?Sized> Names for &T {
    fn find_name(&self, found: &mut dyn FnMut(&str) -> bool) -> bool {
        (**self).find_name(found)
    }
}
