//! Forwards, losses and backwards, each with the earlier forwards and losses that its inputs depend on.

use super::{Deps, PathId, SiteId};
use crate::stage::Stage;

/// A set of sites. A set with too many sites is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sites(Deps);

impl Sites {
    /// The set of one site.
    pub fn one(site: SiteId) -> Self {
        Self(Deps::one(site))
    }

    /// The sites, sorted; empty if the set is unknown.
    pub fn known(&self) -> &[SiteId] {
        self.0.paths()
    }

    /// Whether the set is unknown.
    pub fn is_unknown(&self) -> bool {
        self.0 == Deps::Anything
    }

    /// Whether the site may be in the set.
    pub fn may_hold(&self, site: SiteId) -> bool {
        self.is_unknown() || self.known().contains(&site)
    }

    /// The union of two sets.
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0))
    }
}

/// The forwards and losses that a value was computed from, directly or through other operations.
///
/// A plain number has no past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The forwards and losses.
    pub computed: Sites,
    /// The collections and sums through which the value passed.
    pub collected: Deps,
    /// The opaque calls that returned the value itself, or one of the inputs of its computation.
    pub calls: Sites,
    /// Whether the value also depends on a value that may have a separate graph.
    pub open: bool,
}

impl Past {
    /// The union of two pasts.
    pub fn union(&self, other: &Self) -> Self {
        Self {
            computed: self.computed.union(&other.computed),
            collected: self.collected.union(&other.collected),
            calls: self.calls.union(&other.calls),
            open: self.open || other.open,
        }
    }
}

/// Whether autograd records a computation. Closures and guards such as `no_grad` turn recording
/// off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The computation is recorded: no closure or guard turns recording off.
    Yes,
    /// The computation is not recorded: a closure or a guard turns recording off.
    No,
    /// The computation may be recorded: a guard that turns recording off may be in scope.
    Maybe,
}

/// A forward, a loss or a backward.
#[derive(Clone, Debug)]
pub struct Computation {
    /// The stage: forward, loss or backward.
    pub stage: Stage,
    /// The place of the model, for a forward.
    pub model: Option<PathId>,
    /// The model of a forward, or the models that a loss was computed from.
    pub models: Deps,
    /// The places that the model of a forward was built from, without the places of the input.
    pub own: Deps,
    /// The places in the arguments, without the receiver.
    pub given: Deps,
    /// The forwards and losses that the receiver and the arguments were computed from.
    pub past: Past,
    /// Whether the computation is recorded.
    pub recorded: Recorded,
    /// The value of the training flag among the arguments; `None` if there is no such flag.
    pub told: Option<bool>,
    /// The `detach` that was applied to one of the arguments.
    pub detached: Option<SiteId>,
}

impl Computation {
    /// Joins these facts with the facts from another visit of the same site.
    pub(crate) fn join(&mut self, other: &Self) {
        self.models = self.models.union(&other.models);
        self.own = self.own.union(&other.own);
        self.given = self.given.union(&other.given);
        self.past = self.past.union(&other.past);
        if self.recorded != other.recorded {
            self.recorded = Recorded::Maybe;
        }
    }
}
