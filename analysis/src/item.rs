//! The item below the attribute.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, FnArg, Ident, ItemFn, Signature, Token, Visibility, visit::Visit};

use crate::diagnostic::{Diagnostic, Place};

/// The item below `#[training_loop(..)]`.
pub(crate) enum Item {
    /// A function without a body: the macro writes the body from the function's spec.
    Spec(Box<SpecFn>),
    /// A function with a hand-written loop: the macro checks the loop.
    Loop(Box<ItemFn>),
    /// A module or an `impl`: the macro checks the functions in it together.
    Group(Box<syn::Item>),
    /// An item that the user is still typing. rustc reports a better error.
    Unfinished,
    /// Any other item, with the error about it.
    Other(Diagnostic),
}

/// A function without a body.
#[derive(Clone)]
pub(crate) struct SpecFn {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
}

impl Parse for SpecFn {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature = input.parse()?;
        Ok(Self { attributes, visibility, signature })
    }
}

impl SpecFn {
    /// Reads the tokens as a function without a body; `None` if they are another item.
    pub(crate) fn of(tokens: &TokenStream) -> Option<Self> {
        let function = |input: ParseStream| {
            let function = input.parse()?;
            input.parse::<Token![;]>()?;
            Ok(function)
        };
        function.parse2(tokens.clone()).ok()
    }

    /// The function `item` without its body.
    pub(crate) fn without_body(item: &ItemFn) -> Self {
        let ItemFn { attrs: attributes, vis: visibility, sig: signature, .. } = item.clone();
        Self { attributes, visibility, signature }
    }

    /// The names bound by the parameters.
    pub(crate) fn parameters(&self) -> Vec<Ident> {
        let mut names = Names(Vec::new());
        for input in &self.signature.inputs {
            if let FnArg::Typed(typed) = input {
                names.visit_pat(&typed.pat);
            }
        }
        names.0
    }

    /// Whether a parameter is passed by value and is not `mut`.
    pub(crate) fn moves(&self, name: &str) -> bool {
        self.signature.inputs.iter().any(|input| match input {
            FnArg::Typed(typed) => match &*typed.pat {
                syn::Pat::Ident(ident) => {
                    let is_value = ident.by_ref.is_none() && ident.mutability.is_none();
                    ident.ident == name && is_value && !matches!(*typed.ty, syn::Type::Reference(_))
                }
                _ => false,
            },
            FnArg::Receiver(_) => false,
        })
    }

    /// The declared type of a parameter whose pattern is a plain name.
    pub(crate) fn type_of(&self, name: &str) -> Option<&syn::Type> {
        self.signature.inputs.iter().find_map(|input| match input {
            FnArg::Typed(typed) => match &*typed.pat {
                syn::Pat::Ident(ident) if ident.ident == name => Some(&*typed.ty),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        })
    }
}

/// A visitor that collects the names bound by a pattern.
pub(crate) struct Names(pub(crate) Vec<Ident>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.0.push(pattern.ident.clone());
        syn::visit::visit_pat_ident(self, pattern);
    }
}

impl Item {
    /// Determines the kind of an item.
    pub(crate) fn parse(tokens: &TokenStream) -> Self {
        let body = tokens.clone().into_iter().last();
        let braced = matches!(&body, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace);
        if !braced && let Some(spec) = SpecFn::of(tokens) {
            return Self::Spec(Box::new(spec));
        }
        if let Ok(item) = syn::parse2::<ItemFn>(tokens.clone()) {
            return Self::Loop(Box::new(item));
        }
        match syn::parse2::<syn::Item>(tokens.clone()) {
            Ok(syn::Item::Mod(module)) if module.content.is_some() => {
                return Self::Group(Box::new(syn::Item::Mod(module)));
            }
            Ok(group @ syn::Item::Impl(_)) => return Self::Group(Box::new(group)),
            Err(_) if matches!(keyword(tokens).as_deref(), Some("mod" | "impl")) => return Self::Unfinished,
            _ => {}
        }
        // The tokens may be a function whose body does not parse.
        let mut head: Vec<TokenTree> = tokens.clone().into_iter().collect();
        head.pop();
        let function = syn::parse2::<SpecFn>(head.into_iter().collect()).is_ok();
        if function || body.is_none() || keyword(tokens).as_deref() == Some("fn") {
            return Self::Unfinished;
        }
        Self::Other(not_a_function(tokens))
    }
}

/// The keyword of an item, even if the item does not parse.
fn keyword(tokens: &TokenStream) -> Option<String> {
    let mut words = tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    });
    let known =
        ["fn", "struct", "enum", "union", "mod", "impl", "trait", "use", "static", "type", "macro_rules"];
    words.find(|word| known.contains(&word.as_str()))
}

/// The error about an item that cannot have the attribute.
fn not_a_function(tokens: &TokenStream) -> Diagnostic {
    let (what, place) = match syn::parse2::<syn::Item>(tokens.clone()) {
        Ok(syn::Item::Struct(item)) => ("a struct", place(&item.struct_token, &item.ident)),
        Ok(syn::Item::Enum(item)) => ("an enum", place(&item.enum_token, &item.ident)),
        Ok(syn::Item::Union(item)) => ("a union", place(&item.union_token, &item.ident)),
        Ok(syn::Item::Mod(item)) => ("a module in another file", place(&item.mod_token, &item.ident)),
        Ok(syn::Item::Trait(item)) => ("a trait", place(&item.trait_token, &item.ident)),
        Ok(syn::Item::Const(item)) => ("a constant", Place::of(&item.const_token)),
        Ok(syn::Item::Static(item)) => ("a static", place(&item.static_token, &item.ident)),
        _ => ("this item", Place::of(tokens)),
    };
    let help = match what {
        "a module in another file" | "a trait" => "put it above each function in it that trains",
        _ => "put it above `fn fit(model: &mut M, train: &DataLoader) -> Result<History>;`",
    };
    let message =
        format!("`#[training_loop]` stands above a function, a module or an `impl`, not above {what}");
    Diagnostic::error(place, message).help(help)
}

/// The place from a keyword to a name.
fn place(keyword: &impl ToTokens, name: &Ident) -> Place {
    Place { start: Place::of(keyword).start, end: name.span() }
}
