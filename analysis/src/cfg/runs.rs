//! What is computed where: forwards, losses and backwards, with what is behind them.

use super::{Action, Cfg, Deps, LoopId, OptimizerId, PathId, SiteId};
use crate::stage::Stage;
use std::collections::{BTreeMap, BTreeSet};

/// A set of sites; of too many it only says that they are not known.
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

    /// Whether there are more than can be told apart.
    pub fn is_unknown(&self) -> bool {
        self.0 == Deps::Anything
    }

    /// Whether the site may be among them.
    pub fn may_hold(&self, site: SiteId) -> bool {
        self.is_unknown() || self.known().contains(&site)
    }

    /// Both together.
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0))
    }
}

/// What is behind a value, whatever it went through since; a plain number has nothing behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Where forwards and losses were computed.
    pub computed: Sites,
    /// What collected it on the way: vectors it was pushed into, sums it was added to.
    pub collected: Deps,
    /// Something came in, while recording, that may have a graph of its own.
    pub open: bool,
}

impl Past {
    /// Both together.
    pub fn union(&self, other: &Self) -> Self {
        Self {
            computed: self.computed.union(&other.computed),
            collected: self.collected.union(&other.collected),
            open: self.open || other.open,
        }
    }
}

/// Whether what is computed has a graph, as far as closures and guards decide that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// No closure and no guard is around it.
    Yes,
    /// One is.
    No,
    /// A guard may be in scope.
    Maybe,
}

/// A forward, a loss or a backward.
#[derive(Clone, Debug)]
pub struct Run {
    /// Which of them.
    pub stage: Stage,
    /// The place of the model, of a forward.
    pub model: Option<PathId>,
    /// The models of a forward, or behind a loss.
    pub models: Deps,
    /// What it is given, its receiver left out.
    pub given: Deps,
    /// What is behind what it is given.
    pub past: Past,
    /// Whether it is recorded.
    pub recorded: Recorded,
    /// The mode, where an argument tells it.
    pub told: Option<bool>,
    /// The `detach` call that an argument is computed with.
    pub detached: Option<SiteId>,
}

/// A tensor with its graph that is added to a sum or put into a collection.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Where.
    pub site: SiteId,
    /// Into what.
    pub into: PathId,
    /// The tensor, as the source writes it.
    pub text: String,
    /// What is behind it.
    pub past: Past,
    /// It is added, not put beside others.
    pub added: bool,
}

/// Sums and collections of tensors.
#[derive(Clone, Debug, Default)]
pub struct Keeping {
    /// All that is put into them.
    pub kept: Vec<Kept>,
    /// What is set anew or emptied, in each of the loops around that.
    pub emptied: BTreeSet<(PathId, LoopId)>,
    /// What the caller or code that is not seen gets.
    pub left: BTreeSet<PathId>,
}

/// A schedule that is built in the function.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Where it lives.
    pub path: PathId,
    /// Its constructor.
    pub built: SiteId,
    /// How often it is named.
    pub named: usize,
    /// How often it is only looked at.
    pub looked_at: usize,
}

/// A call that moves a schedule.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    /// Where the schedule lives, if it has a place.
    pub schedule: Option<PathId>,
    /// Its type says that it is a schedule, not only its name.
    pub typed: bool,
    /// It is given a copy of this optimizer.
    pub copy_of: Option<OptimizerId>,
}

impl Cfg {
    /// Second moves of one schedule with nothing since the first, each with the first and with what it moves.
    pub(crate) fn moved_twice(&self) -> BTreeMap<SiteId, (SiteId, Option<OptimizerId>)> {
        let mut pairs = BTreeMap::new();
        for block in &self.blocks {
            let mut last: Option<(SiteId, Option<OptimizerId>)> = None;
            for event in &block.events {
                match event.action {
                    Action::Schedule(of) => {
                        if let Some((first, known)) = last
                            && known == of
                            && self.moves_again(first, event.site)
                        {
                            pairs.entry(event.site).or_insert((first, of));
                        }
                        last = Some((event.site, of));
                    }
                    Action::Mark(Stage::Schedule) => {}
                    _ => last = None,
                }
            }
        }
        pairs
    }

    /// Whether two calls move the same schedule in the same words, and always both.
    fn moves_again(&self, first: SiteId, second: SiteId) -> bool {
        let of =
            |site| self.moves.get(&site).filter(|how| how.copy_of.is_none()).and_then(|how| how.schedule);
        let (a, b) = (&self.sites[first], &self.sites[second]);
        first != second
            && of(first).is_some()
            && of(first) == of(second)
            && a.text == b.text
            && a.loops == b.loops
            && a.call == b.call
            && !a.conditional
            && !b.conditional
    }
}
