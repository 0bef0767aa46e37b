//! The input of lints: the reached events, each with the states before it.

use std::collections::BTreeSet;

use super::facts::OptimizerFacts;
use super::graph::GraphUse;
use super::path::{PathCondition, PathState};
use super::reach::{Reach, ancestors, fills, has_graph, reaches_through};
use super::state::FlowState;
use super::states::AbstractValue;
use super::value::GradientValue;
use crate::cfg::{Action, Cfg, Deps, Event, GraphId, Mode, OnStore, OptimizerId, PathId, SiteId};
use crate::stage::Effect;

/// An event, and the states that a lint may query. The states are those before the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// A stage acts on the gradients of an optimizer.
    Effect(OptimizerId, Effect, GradientValue),
    /// A backward runs through a graph.
    Backward(GraphId, GraphUse),
    /// A clip or a step of an optimizer, with the facts about the optimizer.
    Facts(OptimizerId, Effect, OptimizerFacts),
    /// An optimizer is constructed.
    Build(OptimizerId),
    /// The current parameters of an optimizer are read.
    Look(OptimizerId, GradientValue),
    /// A forward or a loss. The first value is the mode of the model, if the mode is tracked. The
    /// second value tells whether a switch has turned recording off.
    Computation(Option<AbstractValue>, AbstractValue),
    /// A forward of a model, with a part of the model and the mode of the part.
    Part(PathId, AbstractValue),
    /// A model is switched to training mode. The values are the model or a part of it, and the mode
    /// of this model or part before the switch.
    Switch(PathId, AbstractValue),
    /// A schedule advances. The value tells whether the schedule's optimizer has stepped. If the
    /// optimizer is unknown, the values of all optimizers are joined.
    Schedule(AbstractValue),
}

/// One visit of an event.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// The event with the states before it.
    pub what: Observed,
    /// The place of the event in the source.
    pub site: SiteId,
    /// The index of the event among the lowered events of the function. Earlier iterations come first.
    pub rank: usize,
    /// Whether the event is in the first iteration of some loop, where a condition may skip it.
    pub maybe_not_first: bool,
    /// Whether the event is in the first iteration of the innermost loop around it, or in no loop.
    pub first: bool,
    /// The index of the visit's cases in `Solution::cases`, if the states at the visit differ by
    /// path condition.
    pub cases: Option<usize>,
}

/// The states at a visit under one path condition.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    condition: PathCondition,
    /// The states of the gradients, of the mode or of the graph, as bits. Paths on which some loop
    /// does not run at all are left out.
    states: u8,
}

impl Case {
    /// Whether all states are bad if the answer to the question equals `yes`, and none is bad
    /// otherwise. Returns `false` if the case has no answer to the question.
    pub(super) fn is_decided_by(&self, bit: usize, yes: bool, bad: u8) -> bool {
        self.condition.answer(bit).is_some_and(|answer| {
            let excluded = if answer == yes { !bad } else { bad };
            self.states & excluded == 0
        })
    }
}

/// All visits, and the cases of the visits whose states differ by path condition.
pub(super) fn collect(cfg: &Cfg, starts: &[FlowState]) -> (Vec<Visit>, Vec<Vec<Case>>) {
    let mut visits = Vec::new();
    let mut all_cases = Vec::new();
    let mut rank = 0;
    for (block, start) in cfg.blocks.iter().zip(starts) {
        let first = rank;
        rank += block.events.len();
        if start.is_unreachable() {
            continue;
        }
        let mut state = start.clone();
        for (index, event) in block.events.iter().enumerate() {
            for what in observed(cfg, &state, event) {
                let differing = differing_cases(cfg, &state, &what, &event.action);
                let cases = (!differing.is_empty()).then_some(all_cases.len());
                all_cases.extend(cases.map(|_| differing));
                visits.push(Visit {
                    what,
                    site: event.site,
                    rank: first + index + 1,
                    maybe_not_first: event.maybe_not_first,
                    first: event.first,
                    cases,
                });
            }
            state.apply(cfg, event);
            if state.is_unreachable() {
                break;
            }
        }
    }
    (visits, all_cases)
}

/// The states at a visit under each path condition, if these states differ.
fn differing_cases(cfg: &Cfg, state: &FlowState, what: &Observed, action: &Action) -> Vec<Case> {
    let cases = |states: &dyn Fn(&PathState) -> u8| {
        let case = |path: &PathState| Case { condition: path.condition, states: states(path) };
        let cases: Vec<Case> = state.paths.iter().map(case).filter(|case| case.states != 0).collect();
        let differ = cases.iter().any(|case| case.states != cases[0].states);
        if differ { cases } else { Vec::new() }
    };
    match *what {
        Observed::Effect(id, ..) | Observed::Look(id, _) => cases(&|path| path.gradients(id).direct.bits()),
        Observed::Backward(graph, _) => cases(&|path| path.graph(graph).direct()),
        Observed::Computation(Some(_), _) => match action {
            Action::Computation(Some(model)) => {
                cases(&|path| path.tracked.mode(cfg, *model).map_or(0, |mode| mode.direct.bits()))
            }
            _ => Vec::new(),
        },
        Observed::Computation(None, _)
        | Observed::Facts(..)
        | Observed::Build(_)
        | Observed::Schedule(_)
        | Observed::Part(..)
        | Observed::Switch(..) => Vec::new(),
    }
}

/// The observations of an event for lints. `state` has the states before the event.
fn observed(cfg: &Cfg, state: &FlowState, event: &Event) -> Vec<Observed> {
    let all = 0..cfg.optimizers.len();
    let effect_on = |id: OptimizerId, effect: Effect| {
        state.gradients(id).map(|gradients| Observed::Effect(id, effect, gradients))
    };
    let facts_at = |id: OptimizerId, effect: Effect| match effect {
        Effect::Clip | Effect::Take => state.facts(id).map(|facts| Observed::Facts(id, effect, facts)),
        Effect::Nothing | Effect::Zero | Effect::Fill | Effect::Unscale => None,
    };
    let reached = |deps: &Deps| -> Vec<OptimizerId> {
        all.clone().filter(|id| reaches_through(cfg, *id, deps) == Reach::Yes).collect()
    };
    match &event.action {
        Action::Build(id) => vec![Observed::Build(*id)],
        Action::Look(deps) => {
            let ids = if *deps == Deps::Anything { all.collect() } else { reached(deps) };
            ids.into_iter().filter_map(|id| Some(Observed::Look(id, state.gradients(id)?))).collect()
        }
        Action::Computation(model) => {
            let mode = model.and_then(|model| state.tracked(|tracked| tracked.mode(cfg, model)));
            let recording = state.tracked(|tracked| Some(tracked.recording()));
            let computed = recording.map(|recording| Observed::Computation(mode, recording));
            let parts = model.iter().flat_map(|model| parts(cfg, state, *model));
            computed.into_iter().chain(parts.map(|(part, mode)| Observed::Part(part, mode))).collect()
        }
        Action::Schedule(advanced) => {
            let ids = all.filter(|id| advanced.is_none_or(|advanced| advanced == *id));
            let stepped = ids.filter_map(|id| Some(state.facts(id)?.stepped));
            let joined = stepped.reduce(|mut all, stepped| {
                all.join(&stepped);
                all
            });
            joined.map(Observed::Schedule).into_iter().collect()
        }
        Action::Effect(id, effect) => {
            effect_on(*id, *effect).into_iter().chain(facts_at(*id, *effect)).collect()
        }
        Action::Through(deps, effect) => {
            let ids = reached(deps);
            let effects = ids.iter().filter_map(|id| effect_on(*id, *effect));
            effects.chain(ids.iter().filter_map(|id| facts_at(*id, *effect))).collect()
        }
        Action::Backward { deps, graphs, own, store, .. } => {
            let filled = all.clone().filter(|id| fills(cfg, *id, deps, *store, event.site) == Reach::Yes);
            let graphs = graphs.iter().filter(|&&graph| *own || has_graph(cfg, graph));
            let graphs = graphs.filter_map(|&graph| {
                let (graph, used) = freed_before(cfg, state, graph).or(Some((graph, state.graph(graph)?)))?;
                Some(Observed::Backward(graph, used))
            });
            graphs.chain(filled.filter_map(|id| effect_on(id, Effect::Fill))).collect()
        }
        Action::OnStores(stores, OnStore::Effect(effect)) => {
            let ids: BTreeSet<OptimizerId> = stores.iter().flat_map(|store| cfg.takers(*store)).collect();
            let effects = ids.iter().filter_map(|id| effect_on(*id, *effect));
            effects.chain(ids.iter().filter_map(|id| facts_at(*id, *effect))).collect()
        }
        Action::Mode(model, Some(Mode::Train)) => {
            let whole = state.tracked(|tracked| tracked.mode(cfg, *model)).map(|mode| (*model, mode));
            let all = whole.into_iter().chain(parts(cfg, state, *model));
            all.map(|(part, mode)| Observed::Switch(part, mode)).collect()
        }
        Action::Forget(_)
        | Action::Handed { .. }
        | Action::OnStores(_, OnStore::Present(_) | OnStore::End | OnStore::Doubt)
        | Action::Compute(..)
        | Action::LoseGraph(_)
        | Action::Touch(_)
        | Action::Replace(_)
        | Action::Assume(..)
        | Action::Unassume(_)
        | Action::Mark(_)
        | Action::Mode(_, Some(Mode::Eval) | None)
        | Action::LoseMode(_)
        | Action::Recording(_)
        | Action::KeepMode(_)
        | Action::Collective(_)
        | Action::RestoreMode(..) => Vec::new(),
    }
}

/// A freed graph among the ancestors of a tensor, if the tensor's own graph is fresh. An example is
/// the graph of a trunk that two heads share.
///
/// An ancestor that belongs to several tensors is left out, because these tensors need not share a graph.
fn freed_before(cfg: &Cfg, state: &FlowState, graph: GraphId) -> Option<(GraphId, GraphUse)> {
    let itself = state.graph(graph)?;
    if itself.is_lost() || itself.certainty().is_some() {
        return None;
    }
    let candidates = ancestors(cfg, &[graph]).into_iter().skip(1);
    let mut candidates = candidates.filter(|&graph| !cfg.graphs[graph].several && has_graph(cfg, graph));
    candidates.find_map(|graph| {
        let used = state.graph(graph)?;
        used.certainty().map(|_| (graph, used))
    })
}

/// The tracked parts of a model, each with its mode.
fn parts<'s>(
    cfg: &'s Cfg,
    state: &'s FlowState,
    model: PathId,
) -> impl Iterator<Item = (PathId, AbstractValue)> + 's {
    let tracked = cfg.modes.models.iter().map(|(path, _)| *path);
    let inside = tracked.filter(move |&path| path != model && cfg.paths.holds(model, path));
    inside.filter_map(|path| Some((path, state.tracked(|tracked| tracked.mode(cfg, path))?)))
}
