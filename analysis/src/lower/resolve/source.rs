//! The sources of expressions. The source of an expression is computed once for all its lowered
//! copies.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Expr;

use super::Resolver;
use crate::cfg::Excerpt;
use crate::diagnostic::Place;
use crate::lower::{address, text};

/// The sources of expressions, by syntax node.
pub(super) type Sources = RefCell<BTreeMap<usize, Rc<Source>>>;

/// The source of an expression: its form in messages, and the names in it.
#[derive(Default)]
pub(in crate::lower) struct Source {
    shown: OnceCell<(Place, Excerpt)>,
    mentions: OnceCell<Mentions>,
}

/// The names and string literals in a piece of code.
#[derive(Default)]
pub(in crate::lower) struct Mentions {
    pub names: Rc<BTreeSet<String>>,
    /// String literals that may be format strings.
    pub formats: Vec<String>,
}

impl Source {
    /// The place and the text of the expression in messages.
    pub(in crate::lower) fn shown(&self, expr: &Expr) -> (Place, Excerpt) {
        self.shown.get_or_init(|| (Place::of(expr), text::call(expr).into())).clone()
    }

    pub(in crate::lower) fn mentions(&self, expr: &Expr) -> &Mentions {
        self.mentions.get_or_init(|| Mentions::of(expr.to_token_stream()))
    }
}

impl Mentions {
    pub(in crate::lower) fn of(tokens: TokenStream) -> Self {
        let (mut names, mut formats) = (BTreeSet::new(), Vec::new());
        collect(tokens, &mut names, &mut formats);
        Self { names: Rc::new(names), formats }
    }
}

fn collect(tokens: TokenStream, names: &mut BTreeSet<String>, formats: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => drop(names.insert(name.to_string())),
            TokenTree::Group(group) => collect(group.stream(), names, formats),
            TokenTree::Literal(literal) => {
                formats.extend(Some(literal.to_string()).filter(|text| text.contains('{')));
            }
            TokenTree::Punct(_) => {}
        }
    }
}

impl Resolver<'_> {
    /// The source of an expression, which must be in a function of this check.
    pub(in crate::lower) fn source(&self, expr: &Expr) -> Rc<Source> {
        Rc::clone(self.sources.borrow_mut().entry(address(expr)).or_default())
    }
}
