//! How a function is checked.

use crate::diagnostic::Place;
use crate::suppress::Levels;
use crate::vocabulary::Vocabularies;

/// Who wrote the loop that is checked: decides how findings are worded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A person; findings stand on calls and name lines.
    #[default]
    Hand,
    /// The generator; findings stand on the tokens of a spec and name its clauses.
    Spec,
}

/// How a function is checked.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub struct CheckOptions {
    /// Who wrote the loop.
    pub origin: Origin,
    /// The function carries the attribute: what comes from the caller counts as zeroed.
    pub annotated: bool,
    /// What is done with each lint's findings.
    pub levels: Levels,
    /// Names told to be optimizers.
    pub optimizers: Vec<String>,
    /// Names told to be models.
    pub models: Vec<String>,
    /// The vocabularies of the library that the attribute names (`crate = tch`); otherwise the file's imports select.
    pub library: Option<Vocabularies>,
    /// A function that is seen calls it, so that what lies between two calls is seen there.
    pub called: bool,
    /// It stands in an annotated module or `impl` in which nothing that is seen steps, and nothing there calls it.
    pub unstepped: bool,
    /// Where a spec has statements of its own that run in evaluation.
    pub evaluates: Vec<Place>,
    /// The schedule of a spec says itself that it counts epochs.
    pub per_epoch: bool,
    /// The optimizer of a spec, whose updates its loop counts, as the loop names it.
    pub counted: Option<String>,
}
