//! The arguments of `#[training_loop(...)]` as a model: each clause once, with its key's place.
//!
//! `Spec::parse` reads the grammar and nothing else: whether the clauses fit together is asked in `rules`,
//! what they mean is decided in `plan`.

mod foreign;
mod group;
pub(crate) mod names;
pub(crate) mod order;
pub(crate) mod parameters;
mod parse;

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, Path};

use crate::bag::Bag;
pub(crate) use group::{Hook, Levels, Unit, Validate};
pub(crate) use order::{Entry, EntryKind};
pub(crate) use parameters::{Unused, chain_start, constructed, plain};

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

/// All clauses of one `#[training_loop(...)]`.
#[derive(Default)]
pub(crate) struct Spec {
    pub(crate) model: Value,
    pub(crate) train: Value,
    pub(crate) valid: Value,
    pub(crate) loss: Value,
    pub(crate) loss_weight: Value,
    pub(crate) forward: Value,
    pub(crate) training_step: Value,
    pub(crate) optimizer: Value,
    pub(crate) scheduler: Value,
    pub(crate) epochs: Value,
    pub(crate) max_steps: Value,
    pub(crate) seed: Value,
    pub(crate) accumulate: Value,
    pub(crate) clip_grad_norm: Value,
    pub(crate) clip_grad_value: Value,
    pub(crate) metrics: Option<Clause<Vec<Expr>>>,
    pub(crate) train_metrics: Option<Clause<Vec<Expr>>>,
    pub(crate) validate: Option<Clause<Validate>>,
    pub(crate) on: Option<Clause<Vec<Hook>>>,
    pub(crate) train_order: Option<Clause<Vec<Entry>>>,
    pub(crate) eval_order: Option<Clause<Vec<Entry>>>,
    pub(crate) levels: Vec<Levels>,
    pub(crate) path: Option<Clause<Path>>,
    /// Orders of which an entry could not be read: what they lack, nobody can say.
    pub(crate) broken_orders: Vec<Ident>,
    /// Clauses that were meant by a name that is none.
    pub(crate) meant: Vec<&'static str>,
    /// The key of every clause in the order typed, known or not, read or not; then what was taken.
    pub(crate) keys: Vec<Ident>,
    /// Parameters that absent clauses took.
    pub(crate) taken: Vec<Ident>,
    /// Parameters whose names say what they are for, and that nothing uses.
    pub(crate) unused: Vec<Unused>,
}

impl Spec {
    /// Reads the arguments; every mistake goes into the bag and the next clause is read all the same.
    pub(crate) fn parse(bag: &Bag, args: TokenStream) -> Self {
        parse::spec(bag, args)
    }

    /// The hook of this name.
    pub(crate) fn hook(&self, name: &str) -> Option<&Hook> {
        self.on.as_ref()?.value.iter().find(|hook| hook.key == name)
    }

    /// Whether a clause of this name was typed or meant, even if its value could not be read.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key == name) || self.meant.contains(&name)
    }
}
