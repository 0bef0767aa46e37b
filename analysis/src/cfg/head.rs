//! What the head of a loop says, as far as lints ask.

use std::collections::BTreeSet;

/// The head of a loop.
#[derive(Debug, Default)]
pub struct Head {
    /// What ends the loop.
    pub kind: HeadKind,
    /// All names in it.
    pub names: BTreeSet<String>,
    /// The variables that it binds in each round.
    pub binds: BTreeSet<String>,
    /// The names in what it goes through.
    pub over: BTreeSet<String>,
}

/// What ends a loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeadKind {
    /// A jump alone: `loop`, `while true`.
    #[default]
    Endless,
    /// A condition.
    Condition,
    /// The end of a range of numbers.
    Numbers,
    /// The end of what it goes through.
    Items,
}
