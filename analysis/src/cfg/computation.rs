//! Forwards, losses and backwards, with the past of their inputs.

use super::{Deps, PathId, SiteId};
use crate::stage::Stage;

/// A set of sites; a set of too many is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sites(Deps);

impl Sites {
    /// One site.
    pub fn one(site: SiteId) -> Self {
        Self(Deps::one(site))
    }

    /// The sites, sorted; none if they are not known.
    pub fn known(&self) -> &[SiteId] {
        self.0.paths()
    }

    /// Whether the sites are unknown.
    pub fn is_unknown(&self) -> bool {
        self.0 == Deps::Anything
    }

    /// Whether the site may be in the set.
    pub fn may_hold(&self, site: SiteId) -> bool {
        self.is_unknown() || self.known().contains(&site)
    }

    /// The union of the two.
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0))
    }
}

/// The forwards and losses that a value was computed from, through any later operations; a plain number has no past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Forwards and losses.
    pub computed: Sites,
    /// Collections and sums that held it on the way.
    pub collected: Deps,
    /// It also depends on a value that may have a separate graph.
    pub open: bool,
}

impl Past {
    /// The union of the two.
    pub fn union(&self, other: &Self) -> Self {
        Self {
            computed: self.computed.union(&other.computed),
            collected: self.collected.union(&other.collected),
            open: self.open || other.open,
        }
    }
}

/// Whether a computation is recorded, as far as closures and guards decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// No closure or guard turns recording off.
    Yes,
    /// A closure or guard turns it off.
    No,
    /// A guard may be in scope.
    Maybe,
}

/// A forward, a loss or a backward.
#[derive(Clone, Debug)]
pub struct Computation {
    /// The stage: forward, loss or backward.
    pub stage: Stage,
    /// The place of the model of a forward.
    pub model: Option<PathId>,
    /// The models of a forward, or those that a loss was computed from.
    pub models: Deps,
    /// Its arguments, without the receiver.
    pub given: Deps,
    /// The past of its receiver and arguments.
    pub past: Past,
    /// Whether it is recorded.
    pub recorded: Recorded,
    /// The training flag among its arguments, if there is one.
    pub told: Option<bool>,
    /// The `detach` that an argument went through.
    pub detached: Option<SiteId>,
}

impl Computation {
    /// Joins the facts of another visit of the site.
    pub(crate) fn join(&mut self, other: &Self) {
        self.models = self.models.union(&other.models);
        self.given = self.given.union(&other.given);
        self.past = self.past.union(&other.past);
        if self.recorded != other.recorded {
            self.recorded = Recorded::Maybe;
        }
    }
}
