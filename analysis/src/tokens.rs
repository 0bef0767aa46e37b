//! Questions about tokens that need no syntax tree.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

/// All identifiers of a node, those in groups included.
pub(crate) fn names_in(node: &impl ToTokens) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    identifiers(node.to_token_stream(), &mut names);
    names
}

/// All identifiers of a token stream, those in groups included.
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
