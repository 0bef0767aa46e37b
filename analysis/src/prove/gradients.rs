//! Facts about the gradients of each optimizer.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{Emptied, Entry, Ledger, follow};
use super::{Asked, Fact, Verdict};
use crate::cfg::{Computation, Mark, OptimizerId, Recorded, Root, Site, SiteId};
use crate::flow::{GradientStates, GradientValue, Observed, StateSet};
use crate::stage::{Effect, Stage};

mod left;
mod unused;

/// The states of gradients that no step has used so far.
const PENDING: GradientStates = GradientStates::FILLED.or(GradientStates::STALE);

/// One optimizer with the history of its gradients.
struct Of<'a> {
    asked: &'a Asked<'a>,
    id: OptimizerId,
    /// Each step with the state and the history of the gradients before it.
    steps: Vec<(SiteId, GradientValue, Entry)>,
    ledger: Ledger,
    /// The sites after which the optimizer's gradients are unknown.
    lost: BTreeSet<SiteId>,
}

/// The facts about the gradients of each optimizer of a function.
pub(super) fn facts(asked: &Asked<'_>) -> Vec<Fact> {
    let all: Vec<Of<'_>> = (0..asked.cfg.optimizers.len()).map(|id| Of::new(asked, id)).collect();
    let mut facts: Vec<Fact> = all.iter().filter(|of| !of.steps.is_empty()).map(Of::own_gradients).collect();
    facts.extend(every_backward_stepped(asked, &all));
    let clips = all.iter().filter(|of| !of.steps.is_empty() && !of.sites(Effect::Clip).is_empty());
    facts.extend(clips.map(Of::clipped));
    facts
}

/// The fact that no gradients are lost.
///
/// On every path from a backward, an optimizer steps with the gradients of the backward. The step
/// comes before any `zero_grad`, any new optimizer and the end of the function.
fn every_backward_stepped(asked: &Asked<'_>, all: &[Of<'_>]) -> Option<Fact> {
    let mut backwards: BTreeSet<SiteId> = asked.cfg.sites_with(Effect::Fill).map(|(site, _)| site).collect();
    let reached: BTreeSet<SiteId> = all.iter().flat_map(|of| of.sites(Effect::Fill)).collect();
    backwards.extend(&reached);
    if backwards.is_empty() || all.is_empty() {
        return None;
    }
    let line = |site: SiteId| asked.cfg.sites[site].place.line();
    let mut pairs: Vec<String> = Vec::new();
    let mut lines: BTreeSet<usize> = backwards.iter().map(|site| line(*site)).collect();
    let idle = all.iter().find(|of| of.steps.is_empty() && !of.sites(Effect::Fill).is_empty());
    let mut against = idle.and_then(|of| backwards.iter().find_map(|fill| of.left_behind(*fill)));
    for &fill in &backwards {
        let filled = all.iter().filter(|of| of.sites(Effect::Fill).contains(&fill));
        // One that steps says best why another does not count.
        let (stepping, others): (Vec<_>, Vec<_>) = filled.partition(|of| of.steps_of(fill).next().is_some());
        if stepping.is_empty() && others.is_empty() {
            let why = format!("whose gradients line {} computes", line(fill));
            against.get_or_insert(Verdict::Undecided(why));
            continue;
        }
        let verdicts: Vec<_> = stepping.iter().chain(&others).map(|of| (of, of.left_behind(fill))).collect();
        match verdicts.iter().find(|(_, why)| why.is_none()) {
            Some((of, _)) => {
                let steps: BTreeSet<usize> = of.steps_of(fill).map(line).collect();
                let told: Vec<String> = steps.iter().map(ToString::to_string).collect();
                pairs.push(format!("{} → {}", line(fill), told.join(" or ")));
                lines.extend(steps);
            }
            None => against = against.or_else(|| verdicts.into_iter().find_map(|(_, why)| why)),
        }
    }
    let against = against.or_else(|| unused::doubt(asked).map(Verdict::Undecided));
    pairs.dedup();
    let proved = || Verdict::Proved(format!("{}; no exit between them", pairs.join(", ")));
    Some(Fact {
        name: "every_backward_stepped",
        sentence: "every backward is stepped".to_owned(),
        verdict: against.unwrap_or_else(proved),
        lines: lines.into_iter().collect(),
    })
}

impl<'a> Of<'a> {
    fn new(asked: &'a Asked<'a>, id: OptimizerId) -> Self {
        let ledger = follow(asked.cfg, asked.solution, id);
        let step = |(index, entry): (&usize, &Entry)| {
            let visit = asked.solution.visits[*index];
            match visit.what {
                Observed::Effect(_, Effect::Take, gradients) => Some((visit.site, gradients, entry.clone())),
                _ => None,
            }
        };
        let steps = ledger.before.iter().filter_map(step).collect();
        let mut lost = BTreeSet::new();
        asked.solution.replay(asked.cfg, |event, before, after| {
            let unknown = |state: &crate::flow::FlowState| {
                state.gradients(id).is_some_and(|gradients| gradients.all.meets(GradientStates::UNKNOWN))
            };
            if unknown(after) && !unknown(before) {
                lost.insert(event.site);
            }
        });
        Self { asked, id, steps, ledger, lost }
    }

    fn site(&self, site: SiteId) -> &'a Site {
        &self.asked.cfg.sites[site]
    }

    fn line(&self, site: SiteId) -> usize {
        self.site(site).place.line()
    }

    /// A sentence about this optimizer. The sentence is `one` if the function has a single
    /// optimizer. Otherwise it is `many`, with the optimizer's name in place of `{}`.
    fn named(&self, one: &str, many: &str) -> String {
        let optimizers = &self.asked.cfg.optimizers;
        if optimizers.len() == 1 {
            one.to_owned()
        } else {
            many.replace("{}", &format!("`{}`", optimizers[self.id].name))
        }
    }

    /// The sites with this effect on the optimizer's gradients, each with the state of the gradients
    /// before the site.
    fn visits(&self, effect: Effect) -> impl Iterator<Item = (SiteId, GradientValue)> {
        self.asked.solution.visits.iter().filter_map(move |visit| match visit.what {
            Observed::Effect(id, done, gradients) if id == self.id && done == effect => {
                Some((visit.site, gradients))
            }
            _ => None,
        })
    }

    fn sites(&self, effect: Effect) -> BTreeSet<SiteId> {
        self.visits(effect).map(|(site, _)| site).collect()
    }

    fn lines(&self, sites: impl IntoIterator<Item = SiteId>) -> BTreeSet<usize> {
        sites.into_iter().map(|site| self.line(site)).collect()
    }

    fn told(&self, sites: impl IntoIterator<Item = SiteId>) -> String {
        let lines = self.lines(sites);
        lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    }

    /// The verdict for gradients whose state is unknown. The verdict names the call that made the
    /// state unknown.
    fn unknown(&self) -> Verdict {
        let optimizer = &self.asked.cfg.optimizers[self.id];
        let name = &optimizer.name;
        let seen = self.lost.iter().find(|site| **site != 0);
        Verdict::Undecided(match seen {
            Some(&site) => {
                let (text, line) = (&self.site(site).text, self.line(site));
                format!("whether `{text}` at line {line} changes the gradients of `{name}`")
            }
            None => format!("what happens to `{name}` is not all seen"),
        })
    }

    fn fact(
        &self,
        name: &'static str,
        sentence: String,
        verdict: Verdict,
        sites: impl IntoIterator<Item = SiteId>,
    ) -> Fact {
        Fact { name, sentence, verdict, lines: self.lines(sites).into_iter().collect() }
    }

    /// The fact that every step uses exactly the gradients of its own iteration, or of its own accumulation
    /// window.
    fn own_gradients(&self) -> Fact {
        let undecided =
            self.steps.iter().find_map(|(step, gradients, entry)| self.against(*step, gradients, entry));
        let old = |entry: &Entry| entry.fills.values().any(|fill| fill.old);
        // The states know conditions, so they know better whether anything is added up at all.
        let adds_up = self.visits(Effect::Fill).any(|(_, gradients)| gradients.all.meets(PENDING));
        let window = undecided.is_none() && adds_up && self.steps.iter().any(|(_, _, entry)| old(entry));
        let of = if window { "window" } else { "batch" };
        let sentence = self.named(
            &format!("every step uses the gradients of its own {of}"),
            &format!("every step of {{}} uses the gradients of its own {of}"),
        );
        let sites = self.steps.iter().flat_map(|(step, _, entry)| {
            let emptied = entry.emptied.iter().filter_map(|emptied| match emptied {
                Emptied::Caller | Emptied::New => None,
                Emptied::Built(site) | Emptied::Zeroed(site) => Some(*site),
            });
            emptied.chain(entry.fills.keys().copied()).chain([*step])
        });
        let verdict = undecided.unwrap_or_else(|| Verdict::Proved(self.chain()));
        self.fact("own_gradients", sentence, verdict, sites)
    }

    /// The reason why a step is not proved to use the gradients of its own batch; `None` without
    /// such a reason.
    fn against(&self, step: SiteId, gradients: &GradientValue, entry: &Entry) -> Option<Verdict> {
        let (name, line) = (&self.asked.cfg.optimizers[self.id].name, self.line(step));
        let from_caller = entry.emptied.contains(&Emptied::Caller);
        let filled = gradients.all == GradientStates::FILLED || is_filled_if_loops_run(gradients);
        if let Some(empty) = entry.fills.keys().find(|fill| !self.has_graph(**fill)) {
            let why = format!("whether line {} computes any gradient", self.line(*empty));
            return Some(Verdict::Undecided(why));
        }
        if let Some(why) = self.may_replace(entry) {
            return Some(why);
        }
        if let Some(call) = gradients.provenance(GradientStates::FILLED).assumed.filter(|_| filled) {
            let (text, line) = (&self.site(call).text, self.line(call));
            let why = format!("whether `{text}` at line {line} changes the gradients of `{name}`");
            return Some(Verdict::Undecided(why));
        }
        if self.asked.cfg.named_after(self.id).is_some() {
            return Some(Verdict::Undecided(format!(
                "whether `{name}` belongs to the model that it is named after"
            )));
        }
        if filled && (self.asked.annotated || !from_caller) {
            return None;
        }
        if gradients.all.meets(GradientStates::UNKNOWN) {
            return Some(self.unknown());
        }
        Some(Verdict::Undecided(if filled || gradients.all.meets(GradientStates::ENTRY) {
            format!("whether the caller leaves something in the gradients of `{name}`")
        } else if gradients.all.meets(GradientStates::STALE) {
            format!("whether gradients that a step used are zeroed before line {line}")
        } else if gradients.all.meets(GradientStates::DISCARDED) {
            format!("whether a `zero_grad` takes the gradients away before line {line}")
        } else {
            format!("whether a `backward` runs before each `step` at line {line}")
        }))
    }

    /// The verdict on accumulation over several iterations that no code zeroes: a `backward` that replaces the
    /// gradients, instead of adding to them, would keep only those of the last iteration.
    fn may_replace(&self, entry: &Entry) -> Option<Verdict> {
        if let Some((site, _)) =
            entry.fills.iter().find(|(site, _)| self.asked.cfg.facts.is(**site, Mark::MayAdd))
        {
            let why = format!("whether the gradients with which line {} starts are empty", self.line(*site));
            return Some(Verdict::Undecided(why));
        }
        let adds_up = self.asked.cfg.optimizers[self.id].adds_up;
        let old = entry.fills.iter().find(|(_, fill)| fill.old && !fill.stepped)?;
        let why =
            || format!("whether line {} adds to the gradients of earlier iterations", self.line(*old.0));
        (!adds_up).then(|| Verdict::Undecided(why()))
    }

    /// Whether a backward has a graph: its loss is not detached, and one of its known forwards is recorded.
    fn has_graph(&self, backward: SiteId) -> bool {
        let cfg = self.asked.cfg;
        if cfg.facts.at::<Root>(backward).is_some_and(|root| root.origin.cut.is_some()) {
            return false;
        }
        let Some(run) = cfg.facts.at::<Computation>(backward) else { return true };
        let is_forward = |site: &&SiteId| {
            cfg.facts.at::<Computation>(**site).is_some_and(|run| run.stage == Stage::Forward)
        };
        let forwards: Vec<SiteId> = run.past.computed.known().iter().filter(is_forward).copied().collect();
        let recorded = |forward: &SiteId| {
            let mut visits = self.asked.solution.visits.iter().filter(|visit| visit.site == *forward);
            let on = |what: &Observed| !matches!(what, Observed::Computation(_, recording) if recording.all != StateSet::ON);
            cfg.facts.at::<Computation>(*forward).is_some_and(|run| run.recorded == Recorded::Yes)
                && visits.all(|visit| on(&visit.what))
        };
        forwards.is_empty() || forwards.iter().any(recorded)
    }

    /// The order of `zero_grad`, backwards and steps as text, with the line of each call.
    ///
    /// `zero_grad 11 < backward 12 < step 13, on all paths, first round and later ones`
    fn chain(&self) -> String {
        let mut chains: BTreeMap<SiteId, Entry> = BTreeMap::new();
        for (step, _, entry) in &self.steps {
            let known = chains.entry(*step).or_insert_with(|| entry.clone());
            known.emptied.extend(&entry.emptied);
            known.fills.extend(&entry.fills);
        }
        let chain = |(step, entry): (&SiteId, &Entry)| {
            let mut parts = Vec::new();
            let zeroed = entry.emptied.iter().filter_map(|by| match by {
                Emptied::Zeroed(site) => Some(*site),
                _ => None,
            });
            let zeroed = self.told(zeroed);
            let built = entry.emptied.iter().filter_map(|by| match by {
                Emptied::Built(site) => Some(*site),
                _ => None,
            });
            let built = self.told(built);
            if !built.is_empty() {
                parts.push(format!("built {built}"));
            }
            if entry.emptied.contains(&Emptied::Caller) {
                parts.push("zeroed by the caller".to_owned());
            }
            if !zeroed.is_empty() {
                parts.push(format!("zero_grad {zeroed}"));
            }
            let fills = self.lines(entry.fills.keys().copied());
            let fills: Vec<String> = fills.iter().map(ToString::to_string).collect();
            let before = if parts.is_empty() { String::new() } else { format!("{} < ", parts.join(" or ")) };
            format!("{before}backward {} < step {}", fills.join(", "), self.line(*step))
        };
        let text = chains.iter().map(chain).collect::<Vec<_>>().join("; ");
        let in_a_loop = chains.keys().any(|step| !self.site(*step).loops.is_empty());
        let rounds = if in_a_loop { ", first round and later ones" } else { "" };
        let skips = self.steps.iter().any(|(_, gradients, _)| gradients.all != GradientStates::FILLED);
        let skips = if skips { ", wherever the loop with the backward runs at all" } else { "" };
        format!("{text}, on all paths{rounds}{skips}")
    }

    /// The steps that may use the gradients of a backward.
    fn steps_of(&self, fill: SiteId) -> impl Iterator<Item = SiteId> {
        self.steps.iter().filter(move |(_, _, entry)| entry.fills.contains_key(&fill)).map(|step| step.0)
    }

    /// The fact that every step uses gradients that were clipped after the last backward.
    fn clipped(&self) -> Fact {
        let sentence = self.named(
            "gradients are clipped between backward and step",
            "the gradients of {} are clipped between backward and step",
        );
        let loose = self.steps.iter().find(|(_, gradients, entry)| {
            let filled = gradients.all == GradientStates::FILLED || is_filled_if_loops_run(gradients);
            !filled || !entry.clipped
        });
        let clips: BTreeSet<SiteId> = self.steps.iter().flat_map(|step| step.2.clips.clone()).collect();
        let scaled = self.asked.solution.visits.iter().find(|visit| {
            matches!(visit.what, Observed::Facts(of, Effect::Clip, known)
                if of == self.id && known.scale.all.meets(StateSet::SCALED))
        });
        let verdict = match loose {
            Some((_, gradients, _)) if gradients.all.meets(GradientStates::UNKNOWN) => self.unknown(),
            None if scaled.is_some() => {
                Verdict::Undecided("whether a scaler's factor is out of them by then".to_owned())
            }
            Some((step, ..)) => Verdict::Undecided(format!(
                "whether they are clipped on every path to the step at line {}",
                self.line(*step)
            )),
            None => {
                let fills = self.steps.iter().flat_map(|step| step.2.fills.keys().copied());
                let steps = self.steps.iter().map(|step| step.0);
                let clipped = self.told(clips.iter().copied());
                format_chain(&self.told(fills), &clipped, &self.told(steps))
            }
        };
        self.fact("clipped", sentence, verdict, clips.into_iter().chain(self.steps.iter().map(|step| step.0)))
    }
}

/// Whether the gradients before a step are always filled, unless a loop runs zero times.
fn is_filled_if_loops_run(gradients: &GradientValue) -> bool {
    gradients.direct == GradientStates::FILLED
        && gradients.all.within(GradientStates::FILLED | GradientStates::EMPTY)
}

fn format_chain(fills: &str, clips: &str, steps: &str) -> Verdict {
    Verdict::Proved(format!("backward {fills} < clip {clips} < step {steps}"))
}
