//! The names in the bodies of functions, collected once for all questions about them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::Function;
use crate::tokens::names_in;

/// The names in a body, once they were needed.
#[derive(Default)]
pub(super) struct Words {
    names: OnceCell<BTreeSet<String>>,
    mentions: OnceCell<BTreeMap<String, Mentions>>,
}

/// How often a body mentions a name.
#[derive(Clone, Copy, Default)]
struct Mentions {
    all: usize,
    /// The mentions after a dot.
    as_field: usize,
}

impl Function<'_> {
    /// The names in the body.
    pub(super) fn names(&self) -> &BTreeSet<String> {
        self.words.names.get_or_init(|| names_in(&*self.body))
    }

    /// The number of times that the body mentions a variable or a field. Without `bare`, a variable with the name
    /// of the field does not count: a constructor has one.
    pub(super) fn mentions(&self, name: &str, bare: bool) -> usize {
        let mentions = self.words.mentions.get_or_init(|| {
            let mut mentions = BTreeMap::new();
            count(self.body.to_token_stream(), &mut mentions);
            mentions
        });
        let found = mentions.get(name).copied().unwrap_or_default();
        if bare { found.all } else { found.as_field }
    }
}

fn count(tokens: TokenStream, mentions: &mut BTreeMap<String, Mentions>) {
    let mut after_dot = false;
    for token in tokens {
        match &token {
            TokenTree::Group(group) => count(group.stream(), mentions),
            TokenTree::Ident(name) => {
                let found = mentions.entry(name.to_string()).or_default();
                found.all += 1;
                found.as_field += usize::from(after_dot);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
}
