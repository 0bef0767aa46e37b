//! What a lint sees, how it reports, and how many findings become one for each fault.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{Cause, Finding, Report};
use super::{Lint, calls};
use crate::cfg::{Action, Certain, Cfg, Deps, Event, GuardKind, OptimizerId, Site, SiteId};
use crate::diagnostic::{Diagnostic, Level, Note};
use crate::fix::Fix;
use crate::flow::{Cell, Gradients, Solution, Visit, What};
use crate::options::{CheckOptions, Origin};
use crate::stage::{Effect, Stage};
use crate::vocabulary::hints_at_training;

/// A solved function, and what was found in it so far.
#[derive(Debug)]
pub struct Context<'a> {
    /// The function.
    pub cfg: &'a Cfg,
    /// What holds where.
    pub solution: &'a Solution,
    /// How it is checked.
    pub options: &'a CheckOptions,
    /// The lint that is speaking.
    pub(super) lint: Option<&'static Lint>,
    findings: Vec<Finding>,
    /// Clips that a faulty step explains.
    explained: BTreeSet<SiteId>,
}

/// A step or a clip on gradients that are not as they should be.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// What they are.
    pub word: Gradients,
    /// On all paths or on some.
    pub certain: Certain,
    /// The step or the clip.
    pub visit: Visit,
    /// Whose gradients.
    pub optimizer: OptimizerId,
    /// Their state before.
    pub cell: Cell,
}

impl<'a> Context<'a> {
    /// Whether the loop of a spec counts the updates of this optimizer.
    pub fn counts(&self, id: OptimizerId) -> bool {
        let bare = |name: &str| name.replace(' ', "");
        let counted = self.options.counted.as_deref();
        counted.is_some_and(|counted| bare(counted) == bare(&self.cfg.optimizers[id].name))
    }

    pub(super) fn new(cfg: &'a Cfg, solution: &'a Solution, options: &'a CheckOptions) -> Self {
        let mut cx =
            Self { cfg, solution, options, lint: None, findings: Vec::new(), explained: BTreeSet::new() };
        for fault in cx.faults(Effect::Take) {
            if fault.certain == Certain::Every && fault.word != Gradients::STALE {
                cx.explained.extend(fault.cell.trail(fault.word).clipped);
            }
        }
        cx
    }

    /// Every step, or every clip, that meets gradients it should not.
    pub fn faults(&self, effect: Effect) -> Vec<Fault> {
        let mut bad = Gradients::EMPTY | Gradients::USED | Gradients::DISCARDED;
        if effect == Effect::Take {
            bad = bad | Gradients::STALE;
        }
        let fault = |visit: &Visit| match visit.what {
            What::Gradients(optimizer, done, cell) if done == effect && !visit.maybe_not_first => {
                let certain = cell.certainty(bad)?;
                let set = if certain == Certain::Every { cell.all } else { cell.direct };
                let order = [Gradients::DISCARDED, Gradients::STALE, Gradients::USED, Gradients::EMPTY];
                let word = order.into_iter().find(|word| set.and(bad).meets(*word))?;
                Some(Fault { word, certain, visit: *visit, optimizer, cell })
            }
            _ => None,
        };
        self.solution.visits.iter().filter_map(fault).collect()
    }

    /// Whether a faulty step on the same gradients explains this clip.
    pub fn is_explained(&self, clip: &Fault) -> bool {
        // Of several clips in a row the trail keeps the first.
        let first = clip.cell.trail(clip.word).clipped.unwrap_or(clip.visit.site);
        self.explained.contains(&first)
    }

    /// The loop is generated from a spec, and findings stand on its tokens.
    pub fn of_spec(&self) -> bool {
        self.options.origin == Origin::Spec
    }

    /// A site.
    pub fn site(&self, site: SiteId) -> &'a Site {
        &self.cfg.sites[site]
    }

    /// The call, in backticks, as the user wrote it; in a spec the stage's name.
    pub fn call(&self, site: SiteId) -> String {
        let known = self.site(site);
        match known.stage {
            Some(stage) if self.is_clause(site) => format!("`{}`", stage.name()),
            _ => format!("`{}`", known.text),
        }
    }

    /// Whether a site is a stage of a spec, and no call of the user's own in a block or a hook of it.
    pub fn is_clause(&self, site: SiteId) -> bool {
        let site = self.site(site);
        let computes = |stage| matches!(stage, Stage::Forward | Stage::Loss | Stage::Metrics);
        self.of_spec() && site.stage.is_some_and(|stage| !site.own || computes(stage))
    }

    /// The call with its line; a stage of a spec by its name alone.
    pub fn call_at(&self, site: SiteId) -> String {
        if self.is_clause(site) {
            self.call(site)
        } else {
            format!("{} on line {}", self.call(site), self.line(site))
        }
    }

    /// The line of a site.
    pub fn line(&self, site: SiteId) -> usize {
        self.site(site).place.line()
    }

    /// An optimizer's name in the source.
    pub fn name(&self, optimizer: OptimizerId) -> &'a str {
        &self.cfg.optimizers[optimizer].name
    }

    /// Whether the second site is reached from the first only through the next round of their loop.
    pub fn comes_round(&self, first: SiteId, second: SiteId) -> bool {
        // The clauses of a spec stand in any order; its loop is lowered in the order in which it runs.
        let later = if self.of_spec() { second <= first } else { self.order(second) <= self.order(first) };
        self.common_loop(first, second).is_some() && later
    }

    /// How a note starts that speaks of an event before another: whether a round lies between them.
    pub fn when(&self, first: SiteId, second: SiteId) -> &'static str {
        if self.comes_round(first, second) { "in the previous round of the loop, " } else { "" }
    }

    /// The innermost loop around both sites.
    pub fn common_loop(&self, a: SiteId, b: SiteId) -> Option<usize> {
        let (a, b) = (&self.site(a).loops, &self.site(b).loops);
        a.iter().zip(b).take_while(|(a, b)| a == b).map(|(a, _)| *a).last()
    }

    /// The sites at which a stage with this effect acts on an optimizer.
    pub fn acting(&self, optimizer: OptimizerId, effect: Effect) -> Vec<SiteId> {
        let acts = |visit: &Visit| match visit.what {
            What::Gradients(id, done, _) => (id == optimizer && done == effect).then_some(visit.site),
            _ => None,
        };
        let sites: BTreeSet<SiteId> = self.solution.visits.iter().filter_map(acts).collect();
        sites.into_iter().collect()
    }

    /// Whether a backward runs in the innermost loop around a site; in the function if there is none.
    pub fn backward_near(&self, site: SiteId) -> bool {
        let around = self.site(site).loops.last();
        let mut sites = self.cfg.sites_with(Effect::Fill);
        sites.any(|(_, backward)| around.is_none_or(|around| backward.loops.contains(around)))
    }

    /// Whether steps and zeroing of an optimizer both stand under conditions, as they do when several
    /// batches make one update: then a fault on some path is most likely none.
    fn is_accumulation(&self, optimizer: OptimizerId) -> bool {
        // What hangs on something measured, or on whether something is there, gathers nothing.
        let gathers = |site: &Site| {
            let mut kinds = site.guards.iter().map(|(guard, _)| &self.cfg.guards[*guard].kind);
            kinds.len() == 0 || kinds.any(|kind| !matches!(kind, GuardKind::Absent | GuardKind::Measured))
        };
        // A call that zeroes and steps at once separates its own rounds.
        let conditional = |effect| {
            let mut sites = self.acting(optimizer, effect).into_iter().map(|site| self.site(site));
            sites.any(|site| site.conditional && !site.fused && gathers(site))
        };
        conditional(Effect::Take) && conditional(Effect::Zero)
    }

    /// Whether unseen code near a site, in its innermost loop, is given what an optimizer moves.
    pub fn unseen_near(&self, site: SiteId, optimizer: OptimizerId) -> bool {
        let around = self.site(site).loops.last();
        self.cfg.unseen.iter().any(|(call, given)| {
            around.is_none_or(|around| self.site(*call).loops.contains(around))
                && self.cfg.touches(optimizer, given)
        })
    }

    /// Whether unseen code may have to do with an optimizer anywhere in the function.
    pub fn is_handed_on(&self, optimizer: OptimizerId) -> bool {
        let known = &self.cfg.optimizers[optimizer];
        known.escapes
            || known.lost
            || self.cfg.events().any(|(_, event)| match &event.action {
                Action::Touch(deps) => self.cfg.touches(optimizer, deps),
                Action::Forget(id) => *id == optimizer,
                _ => false,
            })
    }

    /// Whether opaque code may step an optimizer: it holds the optimizer, or may update its parameters by hand.
    pub fn may_step_elsewhere(&self, optimizer: OptimizerId) -> bool {
        let known = &self.cfg.optimizers[optimizer];
        let itself = Deps::one(known.path);
        let steps = |event: &Event, deps: &Deps| {
            let site = &self.cfg.sites[event.site];
            let trains = site.names.is_empty() || site.names.iter().any(|name| hints_at_training(name));
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

    /// Reports a fault that stands at `site` and that `fault` brings about.
    pub fn report_fault(&mut self, fault: &Fault, site: SiteId, message: impl Into<String>) -> Report<'_> {
        let cause = Cause::Gradients(fault.visit.site, fault.optimizer);
        let when = self.when_not_always(&fault.visit, fault.word.bits());
        self.report(site, cause, fault.visit.rank, fault.certain, message).when(when)
    }

    /// How the condition comes out that decides whether what a visit meets is bad, if one does.
    pub fn when_not_always(&self, visit: &Visit, bad: u8) -> Option<String> {
        let (id, outcome) = self.solution.decides(self.cfg, visit, bad)?;
        Some(self.cfg.conditions[id].when(outcome))
    }

    /// Reports a finding.
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

    /// One finding for each fault: certain before possible, early before late, one for each cause and
    /// one for each place.
    pub(super) fn settle(mut self) -> Vec<Diagnostic> {
        let grouped: Vec<bool> = (0..self.cfg.optimizers.len()).map(|id| self.is_accumulation(id)).collect();
        // Whether the rounds are full when the loop ends cannot be told, whatever else is known.
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
        if self.cfg.too_many_conditions || self.solution.coarse {
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
                message: finding.told(),
                notes: finding.notes.into_iter().chain(called).collect(),
                help: finding.help,
                fix,
            });
        }
        places.into_values().collect()
    }
}
