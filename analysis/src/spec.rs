//! The arguments of `#[training_loop(...)]` as a model: each clause once, with its key's place.
//!
//! `spec/table.rs` is the one table of clauses. `Spec::parse` reads the grammar and nothing else: whether the clauses
//! fit together is asked in `rules`, what they mean is decided in `plan`.

mod clauses;
mod duration;
mod foreign;
mod group;
pub(crate) mod names;
pub(crate) mod order;
pub(crate) mod parameters;
mod parse;
mod read;
mod table;

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident};

use crate::bag::Bag;
pub(crate) use clauses::document;
pub(crate) use duration::{Time, TimeUnit, Unit};
pub(crate) use group::{Hook, Levels, Validate};
pub(crate) use order::{Entry, EntryKind};
pub(crate) use parameters::{chain_start, constructed, plain};
pub(crate) use table::{ClauseName, Spec};

/// A clause: its name where it was typed, and its value.
#[derive(Clone)]
pub(crate) struct Clause<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

impl<T> Clause<T> {
    /// Where the clause starts.
    pub(crate) fn span(&self) -> Span {
        self.key.span()
    }
}

/// A clause whose value is one expression.
pub(crate) type Value = Option<Clause<Expr>>;

impl Spec {
    /// Reads the arguments; every mistake goes into the bag and the next clause is read all the same.
    pub(crate) fn parse(bag: &Bag, args: TokenStream) -> Self {
        parse::spec(bag, args)
    }

    /// The hook of this name.
    pub(crate) fn hook(&self, name: &str) -> Option<&Hook> {
        self.on.as_ref()?.value.iter().find(|hook| hook.key == name)
    }

    /// Whether a clause was typed or meant, even if its value could not be read.
    pub(crate) fn mentions(&self, clause: ClauseName) -> bool {
        self.keys.iter().any(|key| key == clause.text()) || self.meant.contains(&clause)
    }
}
