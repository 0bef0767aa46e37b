//! The parsed arguments of `#[training_loop(...)]`: each clause once, with the span of its key.
//!
//! `spec/table.rs` is the table of all clauses. `Spec::parse` handles only the grammar: `rules`
//! checks the values and combinations of clauses, and `plan` interprets the clauses.

mod checkpoint;
mod clauses;
mod duration;
mod ema;
pub(crate) mod evaluation;
mod foreign;
mod group;
pub(crate) mod measured;
mod monitor;
pub(crate) mod names;
pub(crate) mod order;
pub(crate) mod parameters;
mod parse;
mod phases;
mod read;
mod table;
mod warmup;

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident};

use crate::bag::Bag;
pub(crate) use checkpoint::{Checkpoint, IntervalUnit};
pub(crate) use clauses::document;
pub(crate) use duration::{Time, TimeUnit, Unit};
pub(crate) use ema::Ema;
pub(crate) use group::{Hook, Levels, Validate};
pub(crate) use monitor::{EarlyStop, Goal, Monitor, RestoreBest};
pub(crate) use order::{Entry, EntryKind};
pub(crate) use parameters::{chain_start, constructed, plain};
pub(crate) use phases::Phase;
pub(crate) use table::{ClauseName, Spec};
pub(crate) use warmup::{Anomaly, Warmup, WarmupUnit};

/// A clause: the key with its span, and the value.
#[derive(Clone)]
pub(crate) struct Clause<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

impl<T> Clause<T> {
    /// The span of the clause's key, at which the clause starts.
    pub(crate) fn span(&self) -> Span {
        self.key.span()
    }
}

/// A clause whose value is one expression.
pub(crate) type Value = Option<Clause<Expr>>;

impl Spec {
    /// Parses the arguments. Errors go into the bag, and parsing continues with the next clause.
    pub(crate) fn parse(bag: &Bag, args: TokenStream) -> Self {
        parse::spec(bag, args)
    }

    /// The hook with this name.
    pub(crate) fn hook(&self, name: &str) -> Option<&Hook> {
        self.on.as_ref()?.value.iter().find(|hook| hook.key == name)
    }

    /// Whether a clause is present. A clause counts as present even if its value is unreadable, or
    /// if the spec has an unknown name that probably means the clause.
    pub(crate) fn mentions(&self, clause: ClauseName) -> bool {
        self.keys.iter().any(|key| key == clause.text()) || self.meant.contains(&clause)
    }
}
