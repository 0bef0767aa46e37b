//! Learning-rate schedules: the optimizer of each schedule, and the calls that advance the
//! schedule.

use std::collections::BTreeMap;

use super::{Action, Cfg, HeadKind, LoopId, Mark, OptimizerId, PathId, SiteId};
use crate::stage::{Effect, Stage};
use crate::vocabulary::names_epoch;

/// A schedule that is constructed in the function.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The site of the schedule's constructor.
    pub built: SiteId,
    /// The number of mentions of the schedule's variable in the function.
    pub named: usize,
    /// The number of mentions that only read the schedule.
    pub looked_at: usize,
}

/// The optimizer that the constructor of a schedule receives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScheduleOf {
    /// The optimizer that is passed to the constructor, directly or as a copy.
    pub(crate) optimizer: OptimizerId,
    /// Whether the constructor receives a copy of the optimizer.
    pub(crate) copy: bool,
}

/// A call that advances a schedule. The result of the call is unused.
#[derive(Clone, Copy, Debug)]
pub struct Advance {
    /// The place of the schedule, if it has one.
    pub schedule: Option<PathId>,
    /// Whether the schedule is recognised by its type, and not only by its name.
    pub typed: bool,
    /// The optimizer whose copy the schedule holds.
    pub copy_of: Option<OptimizerId>,
    /// The expression of the call. Equal calls have equal expressions.
    pub call: super::Versioned,
}

impl Cfg {
    /// The calls that advance a schedule directly after an equal call. Each call is mapped to the
    /// earlier call and to the optimizer of the schedule.
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

    /// The calls in a batch loop that advance a schedule whose unit is an epoch. Each call is
    /// mapped to the constructor of the schedule and to a step in the same batch loop.
    pub(crate) fn moved_per_batch(&self) -> BTreeMap<SiteId, (SiteId, SiteId)> {
        let moved = |(site, advance): (SiteId, &Advance)| {
            let schedule = self.facts.variable(advance.schedule?)?.schedule.as_ref()?;
            let counts = self.facts.is(schedule.built, Mark::CountsEpochs) && advance.copy_of.is_none();
            let step = self.step_of_batch(site).filter(|_| counts)?;
            Some((site, (schedule.built, step)))
        };
        self.facts.all::<Advance>().filter_map(moved).collect()
    }

    /// The first step in the innermost loop around a call that advances a schedule. `None` if this
    /// loop is not a batch loop, or if the call does not run in every iteration.
    ///
    /// A loop counts as a batch loop if it iterates over items inside another loop, or if the head
    /// of a loop around it names epochs. Its own head must not name epochs.
    fn step_of_batch(&self, schedule: SiteId) -> Option<SiteId> {
        let site = &self.sites[schedule];
        let (round, around) = site.loops.split_last()?;
        let head = &self.loops[*round].head;
        let of_epochs = |round: &LoopId| self.loops[*round].head.names.iter().any(|name| names_epoch(name));
        let nested = head.kind == HeadKind::Items && !around.is_empty();
        let of_batches = !of_epochs(round) && (nested || around.iter().any(of_epochs));
        if site.conditional || !site.guards.is_empty() || !of_batches {
            return None;
        }
        self.sites_with(Effect::Take).find(|(_, step)| step.loops == site.loops).map(|(step, _)| step)
    }

    /// Whether two calls advance the same schedule with the same arguments, and always run together.
    fn moves_again(&self, first: SiteId, second: SiteId) -> bool {
        let advance = |site| self.facts.at::<Advance>(site).filter(|how| how.copy_of.is_none());
        let (Some(one), Some(other)) = (advance(first), advance(second)) else { return false };
        let (a, b) = (&self.sites[first], &self.sites[second]);
        first != second
            && one.schedule.is_some()
            && one.schedule == other.schedule
            && one.call == other.call
            && a.loops == b.loops
            && a.call == b.call
            && !a.conditional
            && !b.conditional
    }
}
