//! Calls whose result must be used, and what happens to the result.

use super::{Cfg, Deps, PathId, SiteId, Versioned};

/// A call whose result must be used.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The site of the call.
    pub site: SiteId,
    /// The function or method that is called.
    pub callee: Versioned,
    /// The kind of the result.
    pub gives: Gives,
    /// What happens to the result.
    pub fate: Fate,
}

/// The initializer of a variable that is named as a loss, if it ends in a loss or in an average of a tensor.
#[derive(Debug)]
pub(crate) struct NamedLoss {
    /// The name of the variable.
    pub(crate) name: String,
    /// The places from which the loss was computed.
    pub(crate) deps: Deps,
}

/// The kind of a call's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// The updated version of the model in this place.
    Model(PathId),
    /// The reduction of a value over all processes.
    Reduced,
    /// A reduction that was written into a copy, which nothing else mentions.
    Copy,
    /// A loss whose graph leads through a model.
    Loss,
    /// A loss whose graph leads through no known model.
    LossOfTensors,
    /// The sum of gradients in an accumulator. The call empties the accumulator.
    Gradients,
    /// The output of a forward. It may be dropped: a forward also updates the statistics of batch norm.
    Output,
}

/// What happens to a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The result is used, or may be used.
    Kept,
    /// The result is dropped at once.
    Dropped,
    /// The result is bound to this variable.
    Named(PathId),
    /// The result is bound to this variable, which is never read.
    Unread(PathId),
}

impl Cfg {
    /// Whether nothing reads the output of the forward at a site.
    pub(crate) fn is_output_unread(&self, forward: SiteId) -> bool {
        let unread = |outcome: &Outcome| {
            outcome.gives == Gives::Output && matches!(outcome.fate, Fate::Dropped | Fate::Unread(_))
        };
        self.facts.at::<Outcome>(forward).is_some_and(unread)
    }

    /// The site of the step that returns the updated version of a model; `None` without such a
    /// step.
    pub(crate) fn updated_at(&self, model: PathId) -> Option<SiteId> {
        let updates = |outcome: &Outcome| matches!(outcome.gives, Gives::Model(path) if path == model);
        self.facts.all::<Outcome>().find(|(_, outcome)| updates(outcome)).map(|(site, _)| site)
    }
}
