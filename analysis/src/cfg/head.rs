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
    /// The variables that the head binds in each iteration.
    pub binds: BTreeSet<String>,
    /// The names in the iterated expression.
    pub over: BTreeSet<String>,
    /// The variables in the iterated expression.
    pub variables: Vec<PathId>,
    /// The data that the loop iterates over.
    pub source: Option<Source>,
    /// The variable to which the head binds the whole item: `batch` in `for batch in train`.
    pub item: Option<Item>,
    /// The number of iterations, if the items are unused numbers: `for _ in 0..4`.
    pub repeats: Option<Period>,
    /// The number of batches in each item, if the items are groups of batches.
    pub groups: Option<Groups>,
}

/// The data that a loop iterates over.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The iterated expression, without references.
    pub whole: Versioned,
    /// The iterated expression without `iter` and similar calls.
    pub collection: Versioned,
    /// The iterated expression without any methods of iterators.
    pub data: Versioned,
}

/// The variable that is bound to an item.
#[derive(Clone, Debug)]
pub struct Item {
    /// The name of the variable.
    pub name: String,
    /// The value of the variable.
    pub value: Versioned,
}

/// Items that are groups of batches.
#[derive(Clone, Debug)]
pub struct Groups {
    /// The number of batches in each group.
    pub size: Period,
    /// Whether each group comes with the weights of its batches.
    pub weighs: bool,
}

/// The condition that ends a loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeadKind {
    /// The loop ends only by a jump: `loop`, `while true`.
    #[default]
    Endless,
    /// A condition ends the loop.
    Condition,
    /// The end of a range of numbers ends the loop.
    Numbers,
    /// The end of a collection or an iterator ends the loop.
    Items,
    /// The loop represents a step that evaluates its closure several times.
    Evaluations,
}
