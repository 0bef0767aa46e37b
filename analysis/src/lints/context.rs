//! The context of a lint: the lint's queries and reports, and the deduplication of findings.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::report::{Cause, Finding, Report};
use super::study::Study;
use super::{Lint, calls};
use crate::cfg::{
    Action, Certain, Cfg, Computation, ConditionKind, Deps, Event, Mark, Opaque, OptimizerId, Site, SiteId,
};
use crate::diagnostic::{Diagnostic, Level, Note};
use crate::fix::Fix;
use crate::flow::{GradientStates, GradientValue, Observed, Solution, Visit};
use crate::options::{Author, CheckOptions};
use crate::stage::{Effect, Stage};
use crate::vocabulary::hints_at_training;

/// A solved function and the findings in it so far.
#[derive(Debug)]
pub struct Context<'a> {
    /// The function as a control-flow graph.
    pub cfg: &'a Cfg,
    /// The solved states of the function.
    pub solution: &'a Solution,
    /// The options of the check.
    pub options: &'a CheckOptions,
    /// The lint that is running.
    pub(super) lint: Option<&'static Lint>,
    findings: Vec<Finding>,
    /// The clips whose fault follows from a faulty step on the same gradients.
    explained: BTreeSet<SiteId>,
    study: OnceCell<Rc<Study<'a>>>,
}

/// A `step` or a clip on gradients in a bad state.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The bad state of the gradients.
    pub state: GradientStates,
    /// Whether the gradients are in the bad state on every path or on some path.
    pub certain: Certain,
    /// The visit of the `step` or the clip.
    pub visit: Visit,
    /// The optimizer of the gradients.
    pub optimizer: OptimizerId,
    /// The value of the gradients before the `step` or the clip.
    pub gradients: GradientValue,
}

impl<'a> Context<'a> {
    /// Whether an optimizer is one of the spec, whose updates the generated loop counts.
    pub fn counts(&self, id: OptimizerId) -> bool {
        let bare = |name: &str| name.replace(' ', "");
        let name = bare(&self.cfg.optimizers[id].name);
        self.options.counted.iter().any(|counted| bare(counted) == name)
    }

    pub(super) fn new(cfg: &'a Cfg, solution: &'a Solution, options: &'a CheckOptions) -> Self {
        let mut cx = Self {
            cfg,
            solution,
            options,
            lint: None,
            findings: Vec::new(),
            explained: BTreeSet::new(),
            study: OnceCell::new(),
        };
        for fault in cx.faults(Effect::Take) {
            if fault.certain == Certain::Every && fault.state != GradientStates::STALE {
                cx.explained.extend(fault.gradients.provenance(fault.state).clipped);
            }
        }
        cx
    }

    /// The classification of the forward passes, made for the first lint that asks for it.
    pub(super) fn study(&self) -> Rc<Study<'a>> {
        Rc::clone(self.study.get_or_init(|| Rc::new(Study::of(self))))
    }

    /// The events with this effect (`step` or clip) on gradients in a bad state.
    pub fn faults(&self, effect: Effect) -> Vec<Fault> {
        let mut bad = GradientStates::EMPTY | GradientStates::USED | GradientStates::DISCARDED;
        if effect == Effect::Take {
            bad = bad | GradientStates::STALE;
        }
        let fault = |visit: &Visit| match visit.what {
            Observed::Effect(optimizer, done, gradients) if done == effect && !visit.maybe_not_first => {
                let certain = gradients.certainty(bad)?;
                let set = if certain == Certain::Every { gradients.all } else { gradients.direct };
                let order = [
                    GradientStates::DISCARDED,
                    GradientStates::STALE,
                    GradientStates::USED,
                    GradientStates::EMPTY,
                ];
                let state = order.into_iter().find(|state| set.and(bad).meets(*state))?;
                Some(Fault { state, certain, visit: *visit, optimizer, gradients })
            }
            _ => None,
        };
        self.solution.visits.iter().filter_map(fault).collect()
    }

    /// Whether the fault of this clip follows from a faulty `step` on the same gradients.
    pub fn is_explained(&self, clip: &Fault) -> bool {
        // If several clips follow each other, the provenance records the first clip.
        let first = clip.gradients.provenance(clip.state).clipped.unwrap_or(clip.visit.site);
        self.explained.contains(&first)
    }

    /// Whether the loop was generated from a spec. The findings of a generated loop are reported at
    /// tokens of the spec.
    pub fn of_spec(&self) -> bool {
        self.options.author == Author::Generator
    }

    /// The site with this index.
    pub fn site(&self, site: SiteId) -> &'a Site {
        &self.cfg.sites[site]
    }

    /// The source text of a call, or the name of a stage of a spec, in backticks.
    pub fn call(&self, site: SiteId) -> String {
        let known = self.site(site);
        match known.stage {
            Some(stage) if self.is_clause(site) => format!("`{}`", stage.name()),
            _ => format!("`{}`", known.text),
        }
    }

    /// Whether a site is a stage of a spec, and not a call in a block or a hook of the spec.
    pub fn is_clause(&self, site: SiteId) -> bool {
        let site = self.site(site);
        let computes = |stage| matches!(stage, Stage::Forward | Stage::Loss | Stage::Metrics);
        self.of_spec() && site.stage.is_some_and(|stage| !site.own || computes(stage))
    }

    /// The source text of a call with its line number. For a stage of a spec, only the name of the
    /// stage.
    pub fn call_at(&self, site: SiteId) -> String {
        if self.is_clause(site) {
            self.call(site)
        } else {
            format!("{} on line {}", self.call(site), self.line(site))
        }
    }

    /// The line of a site in the source.
    pub fn line(&self, site: SiteId) -> usize {
        self.site(site).place.line()
    }

    /// An optimizer's name in the source.
    pub fn name(&self, optimizer: OptimizerId) -> &'a str {
        &self.cfg.optimizers[optimizer].name
    }

    /// Whether `second` runs after `first` only in the next iteration of their common loop.
    pub fn crosses_iteration(&self, first: SiteId, second: SiteId) -> bool {
        // Clauses of a spec may be in any order, but the sites of the generated loop are in
        // execution order.
        let later = if self.of_spec() { second <= first } else { self.order(second) <= self.order(first) };
        self.common_loop(first, second).is_some() && later
    }

    /// The start of a note on `first`: "in the previous iteration, " if `second` runs in the
    /// iteration after `first`, otherwise empty.
    pub fn when(&self, first: SiteId, second: SiteId) -> &'static str {
        if self.crosses_iteration(first, second) { "in the previous iteration, " } else { "" }
    }

    /// The innermost loop that contains both sites.
    pub fn common_loop(&self, a: SiteId, b: SiteId) -> Option<usize> {
        let (a, b) = (&self.site(a).loops, &self.site(b).loops);
        a.iter().zip(b).take_while(|(a, b)| a == b).map(|(a, _)| *a).last()
    }

    /// The sites of events with this effect on an optimizer.
    pub fn acting(&self, optimizer: OptimizerId, effect: Effect) -> Vec<SiteId> {
        let acts = |visit: &Visit| match visit.what {
            Observed::Effect(id, done, _) => (id == optimizer && done == effect).then_some(visit.site),
            _ => None,
        };
        let sites: BTreeSet<SiteId> = self.solution.visits.iter().filter_map(acts).collect();
        sites.into_iter().collect()
    }

    /// Whether a `backward` runs in the innermost loop around a site, or in the function if there is no loop.
    pub fn backward_near(&self, site: SiteId) -> bool {
        let around = self.site(site).loops.last();
        let mut sites = self.cfg.sites_with(Effect::Fill);
        sites.any(|(_, backward)| around.is_none_or(|around| backward.loops.contains(around)))
    }

    /// Whether `step` and `zero_grad` of an optimizer are both conditional, as in gradient accumulation.
    ///
    /// If both are conditional, a fault on some path is probably intended.
    fn is_accumulation(&self, optimizer: OptimizerId) -> bool {
        // A condition on a measured value or on an `Option` does not count as accumulation.
        let gathers = |site: &Site| {
            let mut kinds = site.guards.iter().map(|(guard, _)| &self.cfg.guards[*guard].kind);
            kinds.len() == 0
                || kinds.any(|kind| !matches!(kind, ConditionKind::Absent | ConditionKind::Measured))
        };
        // A fused call of `zero_grad` and `step` separates the iterations by itself.
        let conditional = |effect| {
            let mut sites = self.acting(optimizer, effect).into_iter().map(|site| self.site(site));
            sites.any(|site| site.conditional && !site.fused && gathers(site))
        };
        // A step on the sum of an accumulator leaves the accumulator empty.
        let empties = || conditional(Effect::Zero) || self.cfg.steps_with_sums(optimizer);
        conditional(Effect::Take) && empties()
    }

    /// Whether an opaque call in the innermost loop around a site receives the parameters of an optimizer.
    ///
    /// A `zero_grad` of the same iteration empties the gradients. If it runs whenever the site
    /// runs, only a call after it could have filled them.
    pub fn opaque_near(&self, site: SiteId, optimizer: OptimizerId, zeroed: Option<SiteId>) -> bool {
        let around = self.site(site).loops.last();
        let empties = |zero: &SiteId| {
            let (one, other) = (self.site(*zero), self.site(site));
            one.loops == other.loops && self.cfg.runs_with(one, other)
        };
        let zeroed =
            zeroed.filter(empties).map(|zero| self.order(zero)).filter(|zero| *zero < self.order(site));
        let between = |call: SiteId| {
            zeroed.as_ref().is_none_or(|zero| *zero < self.order(call) && self.order(call) < self.order(site))
        };
        self.cfg.facts.all::<Opaque>().any(|(call, opaque)| {
            around.is_none_or(|around| self.site(call).loops.contains(around))
                && self.cfg.touches(optimizer, &opaque.0)
                && between(call)
                && !self.computes_output(call)
        })
    }

    /// Whether the result of an opaque call becomes a loss, so that the call is a forward: `let output = net.run(x)`.
    fn computes_output(&self, call: SiteId) -> bool {
        let mut losses = self.cfg.facts.all::<Computation>().filter(|(_, run)| run.stage == Stage::Loss);
        let trains = self.site(call).names.iter().any(|name| hints_at_training(name));
        !trains && losses.any(|(_, run)| run.past.calls.known().contains(&call))
    }

    /// Whether a finding on the gradients of an optimizer is reported already.
    pub(super) fn is_told(&self, optimizer: OptimizerId) -> bool {
        self.findings.iter().any(|finding| finding.cause.optimizer() == Some(optimizer))
    }

    /// Whether opaque code anywhere in the function may act on an optimizer.
    pub fn is_passed_on(&self, optimizer: OptimizerId) -> bool {
        let known = &self.cfg.optimizers[optimizer];
        known.escapes
            || known.lost
            || self.cfg.events().any(|(_, event)| match &event.action {
                Action::Touch(deps) => self.cfg.touches(optimizer, deps),
                Action::Forget(id) => *id == optimizer,
                _ => false,
            })
    }

    /// Whether opaque code may step an optimizer, because the code has access to the optimizer or
    /// may update the parameters directly.
    pub fn may_step_elsewhere(&self, optimizer: OptimizerId) -> bool {
        let known = &self.cfg.optimizers[optimizer];
        let itself = Deps::one(known.path);
        let steps = |event: &Event, deps: &Deps| {
            let site = &self.cfg.sites[event.site];
            let names = &site.names;
            // A call that only computes the loss leaves the step to this function.
            let trains = !self.cfg.facts.is(event.site, Mark::GivesLoss)
                && (names.is_empty() || names.iter().any(|name| hints_at_training(name)));
            itself.overlaps(deps, &self.cfg.paths) != Some(false)
                || trains && self.cfg.touches(optimizer, deps)
        };
        known.escapes
            || known.lost
            || self.cfg.events().any(|(_, event)| match &event.action {
                Action::Touch(deps) => !deps.is_empty() && steps(event, deps),
                Action::Forget(id) => *id == optimizer,
                _ => false,
            })
    }

    /// Reports `fault` as a finding at `site`.
    pub fn report_fault(&mut self, fault: &Fault, site: SiteId, message: impl Into<String>) -> Report<'_> {
        let cause = Cause::Gradients(fault.visit.site, fault.optimizer);
        let when = self.when_not_always(&fault.visit, fault.state.bits());
        self.report(site, cause, fault.visit.rank, fault.certain, message).when(when)
    }

    /// The end of a message: the condition under which the state at a visit is in `bad`. `None`
    /// unless a single condition decides whether the state is in `bad`.
    pub fn when_not_always(&self, visit: &Visit, bad: u8) -> Option<String> {
        let (bit, outcome) = self.solution.decides(self.cfg, visit, bad)?;
        Some(self.cfg.questions.followed[bit].when(outcome))
    }

    /// Adds a finding of the running lint, and returns a builder for the details of the finding.
    pub fn report(
        &mut self,
        site: SiteId,
        cause: Cause,
        rank: usize,
        certain: Certain,
        message: impl Into<String>,
    ) -> Report<'_> {
        let Some(lint) = self.lint else { return Report { cfg: self.cfg, finding: None } };
        self.findings.push(Finding {
            lint,
            certain,
            site,
            cause,
            rank,
            message: message.into(),
            when: None,
            most: Level::Error,
            notes: Vec::new(),
            help: None,
            fix: None,
        });
        Report { cfg: self.cfg, finding: self.findings.last_mut() }
    }

    /// Whether some finding so far is about gradients or graphs.
    pub(super) fn tells_of_gradients(&self) -> bool {
        self.findings.iter().any(|finding| !matches!(finding.cause, Cause::Alone(..)))
    }

    /// Deduplicates the findings: one finding remains for each cause and for each place.
    ///
    /// A finding that is certain takes precedence over one that is only possible. Otherwise the
    /// earlier finding takes precedence.
    pub(super) fn settle(mut self) -> Vec<Diagnostic> {
        let grouped: Vec<bool> = (0..self.cfg.optimizers.len()).map(|id| self.is_accumulation(id)).collect();
        // The checker never knows whether the loop ends with a complete window.
        let counted = |id: OptimizerId| {
            let mut steps = self.acting(id, Effect::Take).into_iter();
            steps.any(|step| {
                self.site(step).guards.iter().any(|(guard, _)| self.cfg.guards[*guard].counter().is_some())
            })
        };
        let counted: Vec<bool> = (0..self.cfg.optimizers.len()).map(counted).collect();
        let is_grouped = |finding: &Finding| {
            let id = finding.cause.optimizer();
            id.is_some_and(|id| grouped[id] && (counted[id] || finding.when.is_none()))
        };
        self.findings.retain(|finding| finding.certain == Certain::Every || !is_grouped(finding));
        if self.cfg.questions.too_many || self.solution.coarse {
            self.findings.retain(|finding| finding.certain == Certain::Every);
        }
        let worst = |finding: &Finding| {
            std::cmp::Reverse((Level::from(finding.certain).min(finding.lint.level), finding.certain))
        };
        self.findings.sort_by_key(|finding| (worst(finding), finding.rank));
        let mut causes = BTreeSet::new();
        let mut places: BTreeMap<(usize, usize), Diagnostic> = BTreeMap::new();
        for mut finding in self.findings {
            if !causes.insert(finding.cause) {
                continue;
            }
            let place = self.cfg.sites[finding.site].place;
            let key = (place.line(), place.column());
            if let Some(known) = places.get_mut(&key) {
                if let Some(other) = finding.cause.optimizer().map(|id| &self.cfg.optimizers[id])
                    && known.lint == Some(finding.lint.name)
                {
                    let message = format!("the same holds for `{}`", other.name);
                    if known.notes.iter().all(|note| note.message != message)
                        && !known.message.contains(&other.name)
                    {
                        known.notes.push(Note { place: None, message });
                        known.fix = Fix::both(known.fix.take(), finding.fix);
                    }
                }
                continue;
            }
            let called = calls::notes(self.cfg, finding.site);
            let fix = finding.fix.take();
            let fix =
                fix.map(|fix| Box::new(fix.told(finding.help.as_deref(), finding.certain == Certain::Every)));
            places.entry(key).or_insert_with(|| Diagnostic {
                lint: Some(finding.lint.name),
                level: Level::from(finding.certain).min(finding.lint.level).min(finding.most),
                certain: finding.certain == Certain::Every,
                place,
                message: finding.full_message(),
                notes: finding.notes.into_iter().chain(called).collect(),
                help: finding.help,
                fix,
            });
        }
        places.into_values().collect()
    }
}
