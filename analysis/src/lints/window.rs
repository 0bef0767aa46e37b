//! Search for gradient accumulation windows, for the lints on accumulation.

use super::Context;
use crate::cfg::{ConditionKind, Counter, LoopId, OptimizerId, Site, SiteId};
use crate::flow::{GradientStates, GradientValue, Observed};
use crate::stage::Effect;

/// A gradient accumulation window: several `backward` calls, then one `step`.
#[derive(Debug)]
pub(super) struct Window<'a> {
    pub optimizer: OptimizerId,
    /// The first `step` of the optimizer in source order.
    pub step: SiteId,
    /// The loop that runs `backward` once in each iteration.
    pub batch_loop: LoopId,
    pub backwards: Vec<SiteId>,
    /// The counter condition around the step, or `None` for a step after the loop.
    pub counter: Option<(SiteId, &'a Counter)>,
}

impl<'a> Context<'a> {
    /// The windows whose step is in the loop that runs `backward`, under a condition on an
    /// iteration counter.
    pub(super) fn counted_windows(&self) -> Vec<Window<'a>> {
        self.windows(|cx, optimizer, steps, fills| {
            let step = *steps.first()?;
            let batch_loop = *cx.site(step).loops.last()?;
            let here = |site: &SiteId| cx.site(*site).loops.contains(&batch_loop);
            let (guard, counter) = cx.full_guard(step)?;
            let of_the_count = |other: &SiteId| {
                let same = |known: &(usize, bool)| cx.cfg.same_guard(*known, guard);
                cx.site(*other).loops.last() == Some(&batch_loop) && cx.site(*other).guards.iter().any(same)
            };
            let backwards: Vec<SiteId> = fills.iter().copied().filter(here).collect();
            let every_round =
                |site: &SiteId| cx.site(*site).loops.last() == Some(&batch_loop) && !of_the_count(site);
            (counter.every.number != Some(1)
                && steps.iter().filter(|step| here(step)).all(of_the_count)
                && !backwards.is_empty()
                && backwards.iter().all(every_round)
                && !cx.takes_turns(optimizer, &backwards, |other| {
                    other.loops.last() == Some(&batch_loop) && !cx.cfg.runs_with(cx.site(step), other)
                }))
            .then(|| Window {
                optimizer,
                step,
                batch_loop,
                backwards,
                counter: Some((cx.cfg.guards[guard.0].site, counter)),
            })
        })
    }

    /// Whether another optimizer uses a `backward` of a window in iterations of the loop in which the window's step
    /// does not run, as `apart` tells of the other's steps.
    ///
    /// The condition then selects the optimizer: no iteration is wasted, and none is accumulated.
    fn takes_turns(&self, id: OptimizerId, backwards: &[SiteId], apart: impl Fn(&Site) -> bool) -> bool {
        let shares = |other: &OptimizerId| {
            self.acting(*other, Effect::Fill).iter().any(|fill| backwards.contains(fill))
        };
        let mut others = (0..self.cfg.optimizers.len()).filter(|other| *other != id).filter(shares);
        others.any(|other| self.acting(other, Effect::Take).iter().any(|step| apart(self.site(*step))))
    }

    /// The counted windows that accumulate gradients, because no `zero_grad` runs in every
    /// iteration.
    pub(super) fn accumulating_windows(&self) -> Vec<Window<'a>> {
        let mut windows = self.counted_windows();
        windows.retain(|window| self.in_every_iteration(window, Effect::Zero).is_empty());
        windows
    }

    /// The windows whose step is under an opaque condition, such as `if it_is_time()`.
    ///
    /// The condition depends on nothing in the iteration.
    pub(super) fn opaque_windows(&self) -> Vec<Window<'a>> {
        self.windows(|cx, optimizer, steps, fills| {
            steps.iter().find_map(|step| cx.opaque_window_at(optimizer, *step, steps, fills))
        })
    }

    fn opaque_window_at(
        &self,
        optimizer: OptimizerId,
        step: SiteId,
        steps: &[SiteId],
        fills: &[SiteId],
    ) -> Option<Window<'a>> {
        let batch_loop = *self.site(step).loops.last()?;
        let here = |site: &SiteId| self.site(*site).loops.contains(&batch_loop);
        let calls = |guard: &&(usize, bool)| {
            let guard = &self.cfg.guards[guard.0];
            matches!(guard.kind, ConditionKind::Asks)
        };
        let guard = *self.site(step).guards.iter().find(calls)?;
        let under_it = |other: &SiteId| {
            let same = |known: &(usize, bool)| self.cfg.same_guard(*known, guard);
            self.site(*other).loops.last() == Some(&batch_loop) && self.site(*other).guards.iter().any(same)
        };
        // The condition may guard a whole inner loop without being a guard of the sites in the loop.
        let asks_it = |other: usize| self.cfg.asks_the_same(other, guard.0);
        let asked_before = |site: SiteId| {
            self.cfg.guards.iter().enumerate().any(|(id, known)| known.site < site && asks_it(id))
        };
        let backwards: Vec<SiteId> = fills.iter().copied().filter(here).collect();
        let every_round = |site: &SiteId| match self.site(*site).loops.last() {
            around if around == Some(&batch_loop) => !under_it(site),
            _ => *site < step && !asked_before(*site),
        };
        // Full windows in a deeper loop have their own steps; this step is for the batches that remain.
        let of_a_window =
            |other: &SiteId| self.site(*other).loops.last() != Some(&batch_loop) && self.is_periodic(*other);
        (steps.iter().filter(|step| here(step)).all(|step| under_it(step) || of_a_window(step))
            && !backwards.is_empty()
            && backwards.iter().all(every_round)
            && !self.takes_turns(optimizer, &backwards, |other| {
                let otherwise = (guard.0, !guard.1);
                other.loops.last() == Some(&batch_loop)
                    && other.guards.iter().any(|known| self.cfg.same_guard(*known, otherwise))
            }))
        .then_some(Window { optimizer, step, batch_loop, backwards, counter: None })
    }

    /// The windows whose step follows a loop that zeroes the gradients, each with the site of this
    /// `zero_grad`.
    ///
    /// The `zero_grad` runs before a `backward` in every iteration of this loop or of a deeper loop, or at
    /// the end of every window.
    pub(super) fn discarding_windows(&self) -> Vec<(Window<'a>, SiteId)> {
        // A loop without iterations discards nothing.
        let known = |gradients: &GradientValue| !gradients.direct.meets(GradientStates::UNKNOWN);
        self.windows_where(known, |cx, optimizer, steps, fills| {
            let windows = cx.acting(optimizer, Effect::Zero).into_iter().filter_map(|zero| {
                let around = &cx.site(zero).loops;
                let outside = |step: &SiteId| {
                    let loops = &cx.site(*step).loops;
                    loops.len() < around.len() && around.starts_with(loops)
                };
                let step = steps.iter().copied().find(|step| *step > zero && outside(step))?;
                let outermost = around[cx.site(step).loops.len()];
                // A `backward` between the loop and the step may be the only one that the step is meant to use. One
                // before the loop is not: the `zero_grad` discards its gradients.
                let (backwards, others): (Vec<_>, Vec<_>) =
                    fills.iter().copied().partition(|fill| cx.site(*fill).loops.starts_with(around));
                let batch_loop = *around.last()?;
                let window = Window { optimizer, step, batch_loop, backwards, counter: None };
                (!steps.iter().any(|step| cx.site(*step).loops.contains(&outermost))
                    && others.iter().all(|fill| *fill > step || *fill < zero)
                    && (window.backwards.iter().any(|fill| zero < *fill && *fill < step)
                        && cx.runs_every_iteration(&window, zero)
                        || window.backwards.iter().any(|fill| *fill < step)
                            && cx.is_periodic(zero)
                            && !cx.is_passed_on(optimizer)))
                .then_some((window, zero))
            });
            windows.min_by_key(|(_, zero)| *zero)
        })
    }

    /// The windows whose step follows the loop that runs `backward`.
    pub(super) fn windows_before_step(&self) -> Vec<Window<'a>> {
        self.windows(|cx, optimizer, steps, fills| {
            let backward = *fills.first()?;
            let loops = &cx.site(backward).loops;
            let (batch_loop, outside) = loops.split_last()?;
            let step = steps.iter().copied().find(|step| cx.site(*step).loops == outside)?;
            let inside = |site: &SiteId| cx.site(*site).loops.contains(batch_loop);
            (fills.iter().all(|fill| &cx.site(*fill).loops == loops)
                && !steps.iter().any(inside)
                && backward < step)
                .then(|| Window {
                    optimizer,
                    step,
                    batch_loop: *batch_loop,
                    backwards: fills.to_vec(),
                    counter: None,
                })
        })
    }

    /// Whether a counter that fires periodically is the only condition on a site.
    pub(super) fn is_periodic(&self, site: SiteId) -> bool {
        let guards = &self.site(site).guards;
        self.full_guard(site).is_some_and(|(guard, counter)| {
            // A counter that fires once, in the last iteration, does not recur.
            counter.divides && !counter.every.whole_loop && guards.iter().all(|known| *known == guard)
        })
    }

    /// Calls `window` for each optimizer whose gradients are known at each `step`, and returns the
    /// windows that it finds.
    pub(super) fn windows<T>(
        &self,
        window: impl Fn(&Self, OptimizerId, &[SiteId], &[SiteId]) -> Option<T>,
    ) -> Vec<T> {
        self.windows_where(|gradients| !gradients.all.meets(GradientStates::UNKNOWN), window)
    }

    /// Calls `window` for each optimizer whose gradients satisfy `known` at each `step`, and returns the
    /// windows that it finds.
    fn windows_where<T>(
        &self,
        known: impl Fn(&GradientValue) -> bool,
        window: impl Fn(&Self, OptimizerId, &[SiteId], &[SiteId]) -> Option<T>,
    ) -> Vec<T> {
        let known = |id: &OptimizerId| {
            self.solution.visits.iter().all(|visit| match visit.what {
                Observed::Effect(of, Effect::Take, gradients) => of != *id || known(&gradients),
                _ => true,
            })
        };
        let ids = (0..self.cfg.optimizers.len()).filter(|id| !self.cfg.optimizers[*id].lost).filter(known);
        ids.filter_map(|id| {
            let fused = |sites: Vec<SiteId>| sites.iter().any(|site| self.site(*site).fused);
            let (steps, fills) = (self.acting(id, Effect::Take), self.acting(id, Effect::Fill));
            if fused(steps.clone()) { None } else { window(self, id, &steps, &fills) }
        })
        .collect()
    }

    /// The guard that lets a site run only when a counter of the innermost loop completes a window.
    /// The result includes this counter.
    fn full_guard(&self, site: SiteId) -> Option<((usize, bool), &'a Counter)> {
        let cfg = self.cfg;
        let site = &cfg.sites[site];
        let around = site.loops.last()?;
        site.guards.iter().find_map(|&guard| {
            cfg.full(guard).filter(|counter| counter.rounds_of == *around).map(|counter| (guard, counter))
        })
    }

    /// The optimizer whose gradients are pending at a site on every path: a `backward` has computed
    /// them, and a `step` follows. The result includes the sites of the `backward` and the `step`.
    pub(super) fn mid_update(&self, site: SiteId) -> Option<(OptimizerId, SiteId, SiteId)> {
        let looks = || {
            self.solution.visits.iter().filter_map(move |visit| match visit.what {
                Observed::Look(optimizer, gradients) if visit.site == site => Some((optimizer, gradients)),
                _ => None,
            })
        };
        let pending = GradientStates::FILLED | GradientStates::STALE;
        looks().find_map(|(optimizer, gradients)| {
            let always = looks()
                .filter(|(of, _)| *of == optimizer)
                .all(|(_, gradients)| gradients.all.within(pending));
            let backward = gradients.all.states().find_map(|state| gradients.provenance(state).filled)?;
            let steps = self.acting(optimizer, Effect::Take);
            let after =
                |step: &SiteId| *step > site && self.site(site).loops.starts_with(&self.site(*step).loops);
            let step = steps.into_iter().find(after)?;
            (always && gradients.all.meets(pending)).then_some((optimizer, backward, step))
        })
    }

    /// The sites with this effect on the window's optimizer that run in every iteration of the window's loop.
    pub(super) fn in_every_iteration(&self, window: &Window<'_>, effect: Effect) -> Vec<SiteId> {
        let mut sites = self.acting(window.optimizer, effect);
        sites.retain(|site| self.runs_every_iteration(window, *site));
        sites
    }

    /// Whether `site` has an opaque guard that `other` lacks.
    pub(super) fn has_extra_opaque_guard(&self, site: SiteId, other: SiteId) -> bool {
        let (site, other) = (self.site(site), self.site(other));
        let further = |guard: &(usize, bool)| {
            let known = &self.cfg.guards[guard.0];
            matches!(known.kind, ConditionKind::Asks)
                && !other.guards.iter().any(|shared| self.cfg.same_guard(*guard, *shared))
        };
        site.loops == other.loops && self.cfg.runs_with(other, site) && site.guards.iter().any(further)
    }

    /// The `zero_grad` calls on a window's optimizer that do not depend on the opaque condition of the step.
    pub(super) fn unconditional_zeroes(&self, window: &Window<'_>) -> Vec<SiteId> {
        let step = self.site(window.step);
        let asked = |guard: &(usize, bool)| {
            let guard = &self.cfg.guards[guard.0];
            matches!(guard.kind, ConditionKind::Asks)
        };
        let beside = |zero: SiteId| {
            let site = self.site(zero);
            site.loops == step.loops
                && !site.fused
                && zero > window.step
                && !site.guards.is_empty()
                && !site.guards.iter().any(asked)
                && self.cfg.runs_with(site, step)
        };
        let mut sites = self.acting(window.optimizer, Effect::Zero);
        sites.retain(|site| self.runs_every_iteration(window, *site) || beside(*site));
        sites.sort_by_key(|site| !beside(*site));
        sites
    }

    /// Whether a site runs in every iteration of the window's loop over batches.
    pub(super) fn runs_every_iteration(&self, window: &Window<'_>, site: SiteId) -> bool {
        let site = self.site(site);
        let guarded_unseen = site.conditional && site.guards.is_empty();
        site.loops.last() == Some(&window.batch_loop)
            && !site.fused
            && !guarded_unseen
            && window.backwards.iter().any(|backward| self.cfg.runs_with(site, self.site(*backward)))
    }

    /// How often a window's step runs, as the predicate of a sentence about the step.
    pub(super) fn step_frequency(&self, window: &Window<'_>) -> String {
        let head = &self.cfg.loops[window.batch_loop];
        match window.counter {
            Some((guard, counter)) if counter.fires => format!("runs only when `{}`", self.site(guard).text),
            Some((guard, _)) => format!("does not run while `{}`", self.site(guard).text),
            None if self.of_spec() => "runs once for all the batches of a window".to_owned(),
            None => format!("runs once for all iterations of `{}` on line {}", head.text, head.line),
        }
    }

    /// The help for a spec: where in `train_order` to put the call that advances the schedule.
    pub(super) fn schedule_in_order(&self, site: SiteId) -> String {
        let moves = if self.is_clause(site) {
            "schedule".to_owned()
        } else {
            format!("{{ {}; }}", self.site(site).text)
        };
        format!("put `{moves}` after `step` in `train_order`")
    }

    /// A note that names the step of a window and says how often the step runs.
    pub(super) fn step_note(&self, window: &Window<'_>) -> String {
        format!("{} {}", self.call_at(window.step), self.step_frequency(window))
    }
}

impl Window<'_> {
    /// The number of batches in one update, as written in the source.
    pub(super) fn size(&self) -> String {
        match self.counter {
            Some((_, counter)) => format!("`{}`", counter.every.text),
            None => "all".to_owned(),
        }
    }
}
