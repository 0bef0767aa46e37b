//! Queries on the provenance of values, for the lints on losses and data.

use super::Context;
use crate::cfg::{Certain, Computation, Deps, Excerpt, LoopId, Measure, Root, SiteId};
use crate::stage::Effect;
use crate::vocabulary::{Phase, phase_of_name};

impl Context<'_> {
    /// Whether an optimizer of the function is known to update one of these models.
    pub(super) fn is_trained(&self, models: &Deps) -> bool {
        let optimizers = &self.cfg.optimizers;
        let known = |owned: &Option<Deps>| owned.as_ref()?.overlaps(models, &self.cfg.paths);
        !models.is_empty()
            && optimizers
                .iter()
                .any(|one| known(&one.owned) == Some(true) || (one.owned.is_none() && optimizers.len() == 1))
    }

    /// The detached value in the input of a forward pass that this `backward` runs through.
    ///
    /// In `net_d.forward(&fake.detach())`, the value is `fake`.
    pub(super) fn detached(&self, backward: SiteId) -> Option<Excerpt> {
        let roots = self.cfg.facts.at::<Root>(backward).into_iter();
        let mut forwards = roots.flat_map(|root| &root.origin.forwards);
        forwards.find_map(|forward| {
            self.site(self.cfg.facts.at::<Computation>(*forward)?.detached?).receiver.clone()
        })
    }

    /// Whether two sites are in the same loops, so that one iteration runs both.
    pub(super) fn in_one_iteration(&self, a: SiteId, b: SiteId) -> bool {
        self.site(a).loops == self.site(b).loops
    }

    /// Whether a loop contains a `backward` or a `step`, directly or in an inner loop.
    pub(super) fn trains_in(&self, around: LoopId) -> bool {
        let within = |effect| self.cfg.sites_with(effect).any(|(_, site)| site.loops.contains(&around));
        within(Effect::Fill) || within(Effect::Take)
    }

    /// Whether a `backward` runs through the output of a forward pass. `None` if this is unknown.
    pub(super) fn is_trained_on(&self, forward: SiteId) -> Option<bool> {
        if self.backwards().any(|(_, run)| run.past.computed.known().contains(&forward)) {
            return Some(true);
        }
        (!self.backwards().any(|(_, run)| run.past.computed.is_unknown())).then_some(false)
    }

    /// Whether a measure is computed on training or on validation data. The name of the measure
    /// decides first, then its forward passes, and then the names in its expressions.
    pub(super) fn phase(&self, measure: &Measure) -> Option<Phase> {
        let by_forwards = || {
            let learnt: Option<Vec<bool>> =
                measure.forwards.iter().map(|&forward| self.is_trained_on(forward)).collect();
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

    /// Reports a fault at one site, if the fault does not depend on the state of gradients.
    pub(super) fn report_alone(&mut self, site: SiteId, message: impl Into<String>) -> super::Report<'_> {
        let name = self.lint.map_or("", |lint| lint.name);
        // Rank 0: a fault of the loss takes precedence over its consequences at the same place.
        self.report(site, super::Cause::Alone(site, name), 0, Certain::Every, message)
    }
}
