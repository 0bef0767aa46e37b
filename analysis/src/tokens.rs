//! Queries on tokens that need no syntax tree.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

/// All identifiers of a node, including those in groups.
pub(crate) fn names_in(node: &impl ToTokens) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    identifiers(node.to_token_stream(), &mut names);
    names
}

/// Adds all identifiers of a token stream, including those in groups.
pub(crate) fn identifiers(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                names.insert(name.to_string());
            }
            TokenTree::Group(group) => identifiers(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
