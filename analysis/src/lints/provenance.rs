//! What the lints on losses and data ask of where values come from.

use super::Context;
use crate::cfg::{Certain, Computation, Deps, Excerpt, LoopId, Measure, Root, SiteId};
use crate::stage::Effect;
use crate::vocabulary::{Phase, phase_of_name};

impl Context<'_> {
    /// Whether an optimizer of this function moves one of these models, as far as that is known.
    pub(super) fn is_trained(&self, models: &Deps) -> bool {
        let optimizers = &self.cfg.optimizers;
        let known = |owned: &Option<Deps>| owned.as_ref()?.overlaps(models, &self.cfg.paths);
        !models.is_empty()
            && optimizers
                .iter()
                .any(|one| known(&one.owned) == Some(true) || (one.owned.is_none() && optimizers.len() == 1))
    }

    /// The value that was detached before a forward pass behind the loss of this `backward`: `fake` of
    /// `net_d.forward(&fake.detach())`.
    pub(super) fn detached(&self, backward: SiteId) -> Option<Excerpt> {
        let roots = self.cfg.facts.at::<Root>(backward).into_iter();
        let mut forwards = roots.flat_map(|root| &root.origin.forwards);
        forwards.find_map(|forward| {
            self.site(self.cfg.facts.at::<Computation>(*forward)?.detached?).receiver.clone()
        })
    }

    /// Whether both sites stand in the same loops, so that one round runs both.
    pub(super) fn in_one_round(&self, a: SiteId, b: SiteId) -> bool {
        self.site(a).loops == self.site(b).loops
    }

    /// Whether a `backward` or a step stands in a loop, or in a loop inside it.
    pub(super) fn trains_in(&self, around: LoopId) -> bool {
        let within = |effect| self.cfg.sites_with(effect).any(|(_, site)| site.loops.contains(&around));
        within(Effect::Fill) || within(Effect::Take)
    }

    /// Whether a `backward` runs through what this forward computed; `None` if that is not known.
    pub(super) fn is_learnt(&self, forward: SiteId) -> Option<bool> {
        if self.backwards().any(|(_, run)| run.past.computed.known().contains(&forward)) {
            return Some(true);
        }
        (!self.backwards().any(|(_, run)| run.past.computed.is_unknown())).then_some(false)
    }

    /// On which data a number was measured: by its name, else by the forwards behind it.
    pub(super) fn phase(&self, measure: &Measure) -> Option<Phase> {
        let by_forwards = || {
            let learnt: Option<Vec<bool>> =
                measure.forwards.iter().map(|&forward| self.is_learnt(forward)).collect();
            match learnt?.as_slice() {
                [] => None,
                all if all.iter().all(|learnt| *learnt) => Some(Phase::Train),
                all if all.iter().all(|learnt| !learnt) => Some(Phase::Valid),
                _ => None,
            }
        };
        let by_parts = || {
            let mut phases = measure.names.iter().filter_map(|name| phase_of_name(name));
            let first = phases.next()?;
            phases.all(|phase| phase == first).then_some(first)
        };
        phase_of_name(&measure.name).or_else(by_forwards).or_else(by_parts)
    }

    /// Reports a fault of one place, which does not depend on the state of gradients.
    pub(super) fn report_alone(&mut self, site: SiteId, message: impl Into<String>) -> super::Report<'_> {
        let name = self.lint.map_or("", |lint| lint.name);
        // What is wrong with the loss itself is told rather than what follows from it at the same place.
        self.report(site, super::Cause::Alone(site, name), 0, Certain::Every, message)
    }
}
