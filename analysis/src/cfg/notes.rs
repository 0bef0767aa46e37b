//! What a loop keeps count of, how variables are used for it, and what its heads and choices look like.

use std::collections::BTreeMap;

use super::{LoopId, PathId, SiteId};

/// One use of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Where.
    pub site: SiteId,
    /// What for.
    pub kind: UseKind,
}

/// What a variable is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseKind {
    /// Its value is asked for.
    Read,
    /// Something is added to it; whether that was measured on a model's output.
    Add {
        /// It comes from a forward or a loss, or is named so.
        measured: bool,
    },
    /// It gets another value.
    Set,
    /// It is lent out to be changed.
    Lent,
    /// Its forward is computed here.
    Forward,
    /// It is trained: its mode is switched, its parameters are asked for, its gradients are acted on.
    Train,
}

/// A branch that is taken when a measure is better than the best so far, which it then becomes.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The condition.
    pub site: SiteId,
    /// The measure.
    pub measure: Measure,
    /// The call by which the branch keeps the model.
    pub keeps: String,
}

/// A number that tells how good a model is.
#[derive(Clone, Debug, Default)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// The names of what it was computed from.
    pub names: Vec<String>,
    /// The forwards behind it, as far as they are seen.
    pub forwards: Vec<SiteId>,
}

/// A loop whose head ends it, or leaves an item out, when the data cannot be read.
#[derive(Clone, Debug)]
pub struct Swallow {
    /// The head's condition, or what the loop goes through.
    pub site: SiteId,
    /// The loop.
    pub of: LoopId,
    /// The error leaves one item out; else it ends the loop.
    pub drops: bool,
    /// The head that lets errors through.
    pub instead: String,
    /// The variable that gives them, if it is one.
    pub from: Option<PathId>,
}

/// What was noted of one function.
#[derive(Debug, Default)]
pub struct Notes {
    /// Its name.
    pub function: String,
    /// It gives something back beside an error.
    pub returns: bool,
    /// It is run by the test harness.
    pub is_test: bool,
    /// Something is printed or logged.
    pub prints: bool,
    /// How variables are used that are assigned, or hold a model that is built here.
    pub uses: BTreeMap<PathId, Vec<Use>>,
    /// What a variable is divided by: the names in each divisor.
    pub divisors: BTreeMap<PathId, Vec<PathId>>,
    /// The words of its string literals.
    pub says: Vec<String>,
    /// Choices of the best model.
    pub choices: Vec<Choice>,
    /// Heads that swallow errors.
    pub swallows: Vec<Swallow>,
    /// What each loop goes through, as a place.
    pub heads: BTreeMap<LoopId, SiteId>,
}
