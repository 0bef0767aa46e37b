//! The head of a loop, reduced to what lints ask for.

use std::collections::BTreeSet;

use super::ExpressionId;

/// The head of a loop.
#[derive(Debug, Default)]
pub struct Head {
    /// What ends the loop.
    pub kind: HeadKind,
    /// All names in it.
    pub names: BTreeSet<String>,
    /// The variables that it binds in each iteration.
    pub binds: BTreeSet<String>,
    /// The names in the expression that it iterates over.
    pub over: BTreeSet<String>,
}

/// The data that a loop iterates over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The whole expression, without references.
    pub whole: ExpressionId,
    /// The expression without the methods that make an iterator of it.
    pub data: ExpressionId,
}

/// What ends a loop.
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
