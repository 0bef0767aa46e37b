//! Facts about graphs, constructors, evaluation and schedules.

use std::collections::BTreeSet;

use super::{Asked, Fact, Verdict};
use crate::cfg::{Action, Computation, Recorded, Root, SiteId, Source, Write};
use crate::flow::{AbstractValue, Observed, StateSet};
use crate::stage::{Effect, Stage};

/// The facts in a fixed order. A fact about an object that the function does not have, such as a
/// schedule, is left out.
pub(super) fn facts(asked: &Asked<'_>) -> Vec<Fact> {
    let mut facts: Vec<Fact> = graphs_run_once(asked).into_iter().collect();
    facts.extend((0..asked.cfg.optimizers.len()).filter_map(|id| built_once(asked, id)));
    facts.extend(evaluation_apart(asked));
    facts.extend(schedule_after_step(asked));
    facts
}

fn fact(
    asked: &Asked<'_>,
    name: &'static str,
    sentence: &str,
    verdict: Verdict,
    sites: impl IntoIterator<Item = SiteId>,
) -> Fact {
    let lines: BTreeSet<usize> = sites.into_iter().map(|site| line(asked, site)).collect();
    Fact { name, sentence: sentence.to_owned(), verdict, lines: lines.into_iter().collect() }
}

fn line(asked: &Asked<'_>, site: SiteId) -> usize {
    asked.cfg.sites[site].place.line()
}

fn told(asked: &Asked<'_>, sites: impl IntoIterator<Item = SiteId>, between: &str) -> String {
    let lines: BTreeSet<usize> = sites.into_iter().map(|site| line(asked, site)).collect();
    lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// The fact that no graph is back-propagated twice.
fn graphs_run_once(asked: &Asked<'_>) -> Option<Fact> {
    let cfg = asked.cfg;
    let mut backwards: BTreeSet<SiteId> = BTreeSet::new();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut why: Option<String> = None;
    let at = |site: SiteId| format!("`{}` at line {}", cfg.sites[site].text, line(asked, site));
    asked.solution.replay(cfg, |event, _, _| {
        let Action::Backward { graphs, retain, .. } = &event.action else { return };
        backwards.insert(event.site);
        let computed = || {
            let root = cfg.facts.at::<Root>(event.site);
            root.is_some_and(|root| root.origin.source == Source::Computed)
        };
        let of_caller = graphs.iter().find(|graph| cfg.graphs[**graph].defined.is_none());
        if *retain {
            why.get_or_insert_with(|| format!("{} keeps its graph to run through it again", at(event.site)));
        } else if let Some(&graph) = of_caller.filter(|graph| !cfg.graphs[**graph].assigned) {
            let name = &cfg.graphs[graph].name;
            why.get_or_insert_with(|| format!("where `{name}` was computed is not seen"));
        } else if graphs.is_empty() && !computed() {
            why.get_or_insert_with(|| format!("what {} runs through is not seen", at(event.site)));
        }
        names.extend(graphs.iter().map(|graph| cfg.graphs[*graph].name.as_str()));
    });
    for visit in &asked.solution.visits {
        let Observed::Backward(graph, used) = visit.what else { continue };
        if !used.is_fresh() {
            let (name, call) = (&cfg.graphs[graph].name, at(visit.site));
            why.get_or_insert_with(|| format!("whether `{name}` is computed anew before each {call}"));
        }
    }
    if backwards.is_empty() || cfg.optimizers.is_empty() {
        return None;
    }
    let why = why.or_else(|| recorded_write(asked));
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let named = if names.is_empty() { "what it runs through".to_owned() } else { names.join(", ") };
    let by = format!("{named} new before each backward {}", told(asked, backwards.iter().copied(), ", "));
    let verdict = why.map_or(Verdict::Proved(by), Verdict::Undecided);
    Some(fact(asked, "graphs_run_once", "no graph is run through twice", verdict, backwards))
}

/// The doubt about a write to the parameters that becomes a part of the next graph.
fn recorded_write(asked: &Asked<'_>) -> Option<String> {
    let cfg = asked.cfg;
    let owned = cfg.optimizers.iter().filter_map(|optimizer| optimizer.owned.as_ref());
    let parameters = owned.fold(cfg.function.models.clone(), |all, owned| all.union(owned));
    let mut writes = cfg.facts.all::<Write>();
    let (site, _) = writes.find(|(_, write)| parameters.overlaps(&write.0, &cfg.paths) == Some(true))?;
    Some(format!("whether the graph includes `{}` at line {}", cfg.sites[site].text, line(asked, site)))
}

/// The fact that the optimizer is constructed outside the loop in which it steps.
fn built_once(asked: &Asked<'_>, id: usize) -> Option<Fact> {
    let cfg = asked.cfg;
    let optimizer = &cfg.optimizers[id];
    let takes = |what: &Observed| matches!(what, Observed::Effect(of, Effect::Take, _) if *of == id);
    let visits = asked.solution.visits.iter().filter(|visit| takes(&visit.what));
    let steps: BTreeSet<SiteId> = visits.map(|visit| visit.site).collect();
    let loops: BTreeSet<usize> =
        steps.iter().filter_map(|step| cfg.sites[*step].loops.last().copied()).collect();
    if loops.is_empty() {
        return None;
    }
    let sentence = if cfg.optimizers.len() == 1 {
        "the optimizer is built once, outside the loop in which it steps".to_owned()
    } else {
        format!("`{}` is built once, outside the loop in which it steps", optimizer.name)
    };
    let built: Vec<SiteId> = optimizer.built.iter().map(|(site, _)| *site).collect();
    let inside = built.iter().find(|site| cfg.sites[**site].loops.iter().any(|of| loops.contains(of)));
    let forgotten = cfg.events().find(|(_, event)| matches!(event.action, Action::Forget(of) if of == id));
    let heads: BTreeSet<usize> = loops.iter().map(|of| cfg.loops[*of].line).collect();
    let heads = heads.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let replaced = asked.solution.visits.iter().find_map(|visit| match visit.what {
        Observed::Facts(of, Effect::Take, known) if of == id => known.parameters.by(StateSet::REPLACED),
        _ => None,
    });
    let replaced = replaced.map(|site| format!("line {} replaces what it moves", line(asked, site)));
    let verdict = match (inside, forgotten) {
        _ if replaced.is_some() => Verdict::Undecided(replaced.unwrap_or_default()),
        (Some(site), _) => Verdict::Undecided(format!("it is built at line {}", line(asked, *site))),
        (None, Some((_, event))) => {
            Verdict::Undecided(format!("where it comes from at line {} is not seen", line(asked, event.site)))
        }
        (None, None) if optimizer.lost => Verdict::Undecided("not all that happens to it is seen".to_owned()),
        (None, None) if built.is_empty() && !optimizer.from_caller => {
            Verdict::Undecided("where it comes from is not seen".to_owned())
        }
        (None, None) if built.is_empty() => {
            Verdict::Proved(format!("it comes from the caller; loop {heads}"))
        }
        (None, None) => {
            let built = told(asked, built.iter().copied(), " or ");
            Verdict::Proved(format!("built {built}; loop {heads}"))
        }
    };
    Some(fact(asked, "built_once", &sentence, verdict, built.into_iter().chain(steps)))
}

/// The fact that forwards without recording run in evaluation mode, and recorded forwards in training mode.
fn evaluation_apart(asked: &Asked<'_>) -> Option<Fact> {
    let cfg = asked.cfg;
    let trains = cfg.sites_with(Effect::Fill).next().is_some();
    let (mut evaluations, mut switches) = (BTreeSet::new(), [BTreeSet::new(), BTreeSet::new()]);
    let mut why: Option<String> = None;
    for visit in &asked.solution.visits {
        let Observed::Computation(mode, recording) = visit.what else { continue };
        let Some(run) = cfg.facts.at::<Computation>(visit.site).filter(|run| run.stage == Stage::Forward)
        else {
            continue;
        };
        let off = run.recorded == Recorded::No || recording.all == StateSet::OFF;
        let on = run.recorded == Recorded::Yes && recording.all == StateSet::ON;
        let (wanted, name) = if off { (StateSet::EVAL, "evaluation") } else { (StateSet::TRAIN, "training") };
        if off {
            evaluations.insert(visit.site);
        }
        let holds = match (run.told, mode) {
            (Some(training), _) => training != off,
            (None, Some(mode)) => mode.all == wanted,
            (None, None) => false,
        };
        if !holds || !(on || off) {
            let call = format!("`{}` at line {}", cfg.sites[visit.site].text, line(asked, visit.site));
            why.get_or_insert_with(|| format!("whether {call} runs in {name} mode"));
        }
        let by = mode.and_then(|mode: AbstractValue| mode.by(wanted));
        switches[usize::from(!off)].extend(by);
    }
    if evaluations.is_empty() || !trains {
        return None;
    }
    let [eval, train] = switches;
    let mut by = Vec::new();
    if !eval.is_empty() {
        by.push(format!("eval {}", told(asked, eval.iter().copied(), ", ")));
    }
    by.push(format!("no gradient recorded at {}", told(asked, evaluations.iter().copied(), ", ")));
    if !train.is_empty() {
        by.push(format!("train {} on the way back", told(asked, train.iter().copied(), ", ")));
    }
    let verdict = why.map_or_else(|| Verdict::Proved(by.join(", ")), Verdict::Undecided);
    let sites = evaluations.into_iter().chain(eval).chain(train);
    Some(fact(asked, "evaluation_apart", "evaluation leaves the model alone", verdict, sites))
}

/// The fact that the schedule never advances before the first step.
fn schedule_after_step(asked: &Asked<'_>) -> Option<Fact> {
    let mut schedules = BTreeSet::new();
    let mut steps = BTreeSet::new();
    let (mut early, mut skips) = (None, false);
    for visit in &asked.solution.visits {
        let Observed::Schedule(stepped) = visit.what else { continue };
        schedules.insert(visit.site);
        steps.extend(stepped.by(StateSet::AFTER));
        // A loop with the step that does not run at all moves nothing that the schedule could be early for.
        skips |= stepped.all != StateSet::AFTER;
        if stepped.direct != StateSet::AFTER || !stepped.all.within(StateSet::AFTER | StateSet::BEFORE) {
            early.get_or_insert(visit.site);
        }
    }
    if schedules.is_empty() {
        return None;
    }
    let verdict = if let Some(site) = early {
        Verdict::Undecided(format!("whether a step comes before line {}", line(asked, site)))
    } else if let Some(site) = asked.cfg.moved_per_batch().into_keys().next() {
        Verdict::Undecided(format!(
            "whether line {} moves a schedule of epochs with each batch",
            line(asked, site)
        ))
    } else if let Some((second, (first, _))) = asked.cfg.moved_twice().into_iter().next() {
        let (first, second) = (line(asked, first), line(asked, second));
        Verdict::Undecided(format!("whether lines {first} and {second} may both move it for one step"))
    } else {
        let steps = told(asked, steps.iter().copied(), " or ");
        let schedules = told(asked, schedules.iter().copied(), ", ");
        let skips = if skips { ", wherever the loop with the step runs at all" } else { "" };
        Verdict::Proved(format!("step {steps} < schedule {schedules}{skips}"))
    };
    let sites = schedules.into_iter().chain(steps);
    Some(fact(asked, "schedule_after_step", "the schedule moves after steps", verdict, sites))
}
