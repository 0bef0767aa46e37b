//! The head of a loop, reduced to the facts that lints query.

use std::collections::BTreeSet;

use super::{PathId, Period, Versioned};

/// The head of a loop.
#[derive(Debug, Default)]
pub struct Head {
    /// The condition that ends the loop.
    pub kind: HeadKind,
    /// All names in the head.
    pub names: BTreeSet<String>,
    /// The variables that it binds in each iteration.
    pub binds: BTreeSet<String>,
    /// The names in the expression that it iterates over.
    pub over: BTreeSet<String>,
    /// The variables in that expression.
    pub variables: Vec<PathId>,
    /// The data that it iterates over.
    pub source: Option<Source>,
    /// The variable that is bound to the whole item.
    pub item: Option<Item>,
    /// The number of iterations, if the items are unused numbers: `for _ in 0..4`.
    pub repeats: Option<Period>,
    /// The number of batches in each item, if the items are groups of batches.
    pub groups: Option<Groups>,
}

/// The data that a loop iterates over.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The whole expression, without references.
    pub whole: Versioned,
    /// The expression without `iter` and the like.
    pub collection: Versioned,
    /// The expression without any methods of iterators.
    pub data: Versioned,
}

/// The variable that is bound to an item.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Versioned,
}

/// Items that are groups of batches.
#[derive(Clone, Debug)]
pub struct Groups {
    /// The number of batches in each group.
    pub size: Period,
    /// Each group has the weights of its batches.
    pub weighs: bool,
}

/// The condition that ends a loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeadKind {
    /// Only a jump: `loop`, `while true`.
    #[default]
    Endless,
    /// A condition.
    Condition,
    /// The end of a range of numbers.
    Numbers,
    /// The end of a collection or an iterator.
    Items,
}
