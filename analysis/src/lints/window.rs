//! Updates that gather the gradients of several batches: what several lints know of them.

use super::Context;
use crate::cfg::{ConditionKind, Counter, LoopId, OptimizerId, SiteId};
use crate::flow::{GradientStates, GradientValue, Observed};
use crate::stage::Effect;

/// An optimizer whose step comes once in several backwards.
#[derive(Debug)]
pub(super) struct Window<'a> {
    pub optimizer: OptimizerId,
    /// The first of the steps.
    pub step: SiteId,
    /// The loop with one backward in each round.
    pub rounds: LoopId,
    pub backwards: Vec<SiteId>,
    /// The condition around the step; `None` where the step stands after the loop.
    pub counter: Option<(SiteId, &'a Counter)>,
}

impl<'a> Context<'a> {
    /// Steps under a condition that counts the rounds of the loop in which the backwards run.
    pub(super) fn counted(&self) -> Vec<Window<'a>> {
        self.windows(|cx, optimizer, steps, fills| {
            let step = *steps.first()?;
            let rounds = *cx.site(step).loops.last()?;
            let here = |site: &SiteId| cx.site(*site).loops.contains(&rounds);
            let (guard, counter) = cx.full_guard(step)?;
            let of_the_count = |other: &SiteId| {
                let same = |known: &(usize, bool)| cx.cfg.same_guard(*known, guard);
                cx.site(*other).loops.last() == Some(&rounds) && cx.site(*other).guards.iter().any(same)
            };
            let backwards: Vec<SiteId> = fills.iter().copied().filter(here).collect();
            let every_round =
                |site: &SiteId| cx.site(*site).loops.last() == Some(&rounds) && !of_the_count(site);
            (counter.every.number != Some(1)
                && steps.iter().filter(|step| here(step)).all(of_the_count)
                && !backwards.is_empty()
                && backwards.iter().all(every_round))
            .then(|| Window {
                optimizer,
                step,
                rounds,
                backwards,
                counter: Some((cx.cfg.guards[guard.0].site, counter)),
            })
        })
    }

    /// Those of them that really gather: no `zero_grad` runs in each round.
    pub(super) fn gathered(&self) -> Vec<Window<'a>> {
        let mut windows = self.counted();
        windows.retain(|window| self.each_round(window, Effect::Zero).is_empty());
        windows
    }

    /// Steps under a condition that asks something unseen, and nothing of this round: `if it_is_time()`.
    pub(super) fn asked(&self) -> Vec<Window<'a>> {
        self.windows(|cx, optimizer, steps, fills| {
            steps.iter().find_map(|step| cx.asked_at(optimizer, *step, steps, fills))
        })
    }

    fn asked_at(
        &self,
        optimizer: OptimizerId,
        step: SiteId,
        steps: &[SiteId],
        fills: &[SiteId],
    ) -> Option<Window<'a>> {
        let rounds = *self.site(step).loops.last()?;
        let here = |site: &SiteId| self.site(*site).loops.contains(&rounds);
        let calls = |guard: &&(usize, bool)| {
            let guard = &self.cfg.guards[guard.0];
            matches!(guard.kind, ConditionKind::Asks)
        };
        let guard = *self.site(step).guards.iter().find(calls)?;
        let under_it = |other: &SiteId| {
            let same = |known: &(usize, bool)| self.cfg.same_guard(*known, guard);
            self.site(*other).loops.last() == Some(&rounds) && self.site(*other).guards.iter().any(same)
        };
        // A loop in it may stand under the condition as a whole, which its sites do not say.
        let asks_it = |other: usize| self.cfg.asks_the_same(other, guard.0);
        let asked_before = |site: SiteId| {
            self.cfg.guards.iter().enumerate().any(|(id, known)| known.site < site && asks_it(id))
        };
        let backwards: Vec<SiteId> = fills.iter().copied().filter(here).collect();
        let every_round = |site: &SiteId| match self.site(*site).loops.last() {
            around if around == Some(&rounds) => !under_it(site),
            _ => *site < step && !asked_before(*site),
        };
        // Full windows in a deeper loop have steps of their own, and this one is for what they leave.
        let of_a_window =
            |other: &SiteId| self.site(*other).loops.last() != Some(&rounds) && self.recurs(*other);
        (steps.iter().filter(|step| here(step)).all(|step| under_it(step) || of_a_window(step))
            && !backwards.is_empty()
            && backwards.iter().all(every_round))
        .then_some(Window { optimizer, step, rounds, backwards, counter: None })
    }

    /// Steps that follow a loop in whose rounds the gradients are zeroed before a backward, in it or deeper; or
    /// at the end of each window.
    pub(super) fn thrown_away(&self) -> Vec<(Window<'a>, SiteId)> {
        // Where no round runs there is nothing to throw away.
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
                // What a backward between the loop and the step adds may be all that is meant to be used.
                let (backwards, others): (Vec<_>, Vec<_>) =
                    fills.iter().copied().partition(|fill| cx.site(*fill).loops.starts_with(around));
                let rounds = *around.last()?;
                let window = Window { optimizer, step, rounds, backwards, counter: None };
                (!steps.iter().any(|step| cx.site(*step).loops.contains(&outermost))
                    && others.iter().all(|fill| *fill > step)
                    && (window.backwards.iter().any(|fill| zero < *fill && *fill < step)
                        && cx.runs_each_round(&window, zero)
                        || window.backwards.iter().any(|fill| *fill < step)
                            && cx.recurs(zero)
                            && !cx.is_handed_on(optimizer)))
                .then_some((window, zero))
            });
            windows.min_by_key(|(_, zero)| *zero)
        })
    }

    /// Steps that follow a loop in which the backwards run.
    pub(super) fn looped(&self) -> Vec<Window<'a>> {
        self.windows(|cx, optimizer, steps, fills| {
            let backward = *fills.first()?;
            let loops = &cx.site(backward).loops;
            let (rounds, outside) = loops.split_last()?;
            let step = steps.iter().copied().find(|step| cx.site(*step).loops == outside)?;
            let inside = |site: &SiteId| cx.site(*site).loops.contains(rounds);
            (fills.iter().all(|fill| &cx.site(*fill).loops == loops)
                && !steps.iter().any(inside)
                && backward < step)
                .then(|| Window {
                    optimizer,
                    step,
                    rounds: *rounds,
                    backwards: fills.to_vec(),
                    counter: None,
                })
        })
    }

    /// Whether a site stands under no condition but that so many rounds have gone by, again and again.
    pub(super) fn recurs(&self, site: SiteId) -> bool {
        let guards = &self.site(site).guards;
        self.full_guard(site).is_some_and(|(guard, counter)| {
            // A counter that fires once, in the last iteration, does not recur.
            counter.divides && !counter.every.whole_loop && guards.iter().all(|known| *known == guard)
        })
    }

    fn windows<T>(&self, window: impl Fn(&Self, OptimizerId, &[SiteId], &[SiteId]) -> Option<T>) -> Vec<T> {
        self.windows_where(|gradients| !gradients.all.meets(GradientStates::UNKNOWN), window)
    }

    /// The windows of the optimizers whose gradients are known well enough at each of their steps.
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

    /// The guard of a site that counts the rounds of its innermost loop, when they are full.
    fn full_guard(&self, site: SiteId) -> Option<((usize, bool), &'a Counter)> {
        let cfg = self.cfg;
        let site = &cfg.sites[site];
        let around = site.loops.last()?;
        site.guards.iter().find_map(|&guard| {
            cfg.full(guard).filter(|counter| counter.rounds_of == *around).map(|counter| (guard, counter))
        })
    }

    /// The optimizer, the backward and the step between which a site stands for certain.
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

    /// The sites of one effect on an optimizer that run in each round of a window's loop.
    pub(super) fn each_round(&self, window: &Window<'_>, effect: Effect) -> Vec<SiteId> {
        let mut sites = self.acting(window.optimizer, effect);
        sites.retain(|site| self.runs_each_round(window, *site));
        sites
    }

    /// Whether a site runs with another only if something unseen is so besides.
    pub(super) fn asks_besides(&self, site: SiteId, other: SiteId) -> bool {
        let (site, other) = (self.site(site), self.site(other));
        let further = |guard: &(usize, bool)| {
            let known = &self.cfg.guards[guard.0];
            matches!(known.kind, ConditionKind::Asks)
                && !other.guards.iter().any(|shared| self.cfg.same_guard(*guard, *shared))
        };
        site.loops == other.loops && self.cfg.runs_with(other, site) && site.guards.iter().any(further)
    }

    /// The zeroing that runs wherever the condition of an asked window is met, however that comes out.
    pub(super) fn dropping(&self, window: &Window<'_>) -> Vec<SiteId> {
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
        sites.retain(|site| self.runs_each_round(window, *site) || beside(*site));
        sites.sort_by_key(|site| !beside(*site));
        sites
    }

    /// Whether a site runs in each round of a window's loop in which a backward runs.
    pub(super) fn runs_each_round(&self, window: &Window<'_>, site: SiteId) -> bool {
        let site = self.site(site);
        let guarded_unseen = site.conditional && site.guards.is_empty();
        site.loops.last() == Some(&window.rounds)
            && !site.fused
            && !guarded_unseen
            && window.backwards.iter().any(|backward| self.cfg.runs_with(site, self.site(*backward)))
    }

    /// How rarely a window's step runs, as a sentence about it goes on.
    pub(super) fn how_rarely(&self, window: &Window<'_>) -> String {
        let head = &self.cfg.loops[window.rounds];
        match window.counter {
            Some((guard, counter)) if counter.fires => format!("runs only when `{}`", self.site(guard).text),
            Some((guard, _)) => format!("does not run while `{}`", self.site(guard).text),
            None if self.of_spec() => "runs once for all the batches of a window".to_owned(),
            None => format!("runs once for all rounds of `{}` on line {}", head.text, head.line),
        }
    }

    /// Where a spec has place for what moves its schedule.
    pub(super) fn schedule_in_order(&self, site: SiteId) -> String {
        let moves = if self.is_clause(site) {
            "schedule".to_owned()
        } else {
            format!("{{ {}; }}", self.site(site).text)
        };
        format!("put `{moves}` after `step` in `train_order`")
    }

    /// What a window's step is called in a note: with its line by hand.
    pub(super) fn its_step(&self, window: &Window<'_>) -> String {
        format!("{} {}", self.call_at(window.step), self.how_rarely(window))
    }
}

impl Window<'_> {
    /// How many batches make one update, in words.
    pub(super) fn size(&self) -> String {
        match self.counter {
            Some((_, counter)) => format!("`{}`", counter.every.text),
            None => "all".to_owned(),
        }
    }
}
