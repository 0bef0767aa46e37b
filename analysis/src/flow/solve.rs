//! The work list, and the one pass that follows it.

use std::collections::BTreeSet;

use super::effect::{Reach, ancestors, has_graph, reaches};
use super::{Books, Cell, Facts, LOST, State, Used, Words};
use crate::cfg::{Action, BlockId, Cfg, Deps, Event, GraphId, OptimizerId, SiteId};
use crate::limits;
use crate::stage::Effect;

/// What happens at a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A stage acts on the gradients of an optimizer, which were as the cell says.
    Gradients(OptimizerId, Effect, Cell),
    /// A backward runs through a graph whose use was as said.
    Backward(usize, Used),
    /// A clip or a step of an optimizer, with what is known of its gradients beside the automaton.
    Books(OptimizerId, Effect, Books),
    /// An optimizer is built.
    Build(OptimizerId),
    /// Somebody takes the parameters as they stand, the gradients being as the cell says.
    Look(OptimizerId, Cell),
    /// A forward or a loss: the model's mode, if it is followed, and whether a switch stops recording.
    Run(Option<Words>, Words),
    /// A schedule moves: whether its optimizer has stepped, or each of those that it may move.
    Schedule(Words),
}

/// One event on which lints judge, with what held before it.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// What happens, and what held before.
    pub what: What,
    /// Where in the source.
    pub site: SiteId,
    /// Counts the events of the function as lowered, so that earlier rounds come first.
    pub rank: usize,
    /// It stands in a first round that a condition may leave out.
    pub maybe_not_first: bool,
    /// It stands in a first round.
    pub first: bool,
    /// Index into [`Solution::cases`], if assumptions make a difference.
    pub cases: Option<usize>,
}

/// What may hold of what a visit meets, under one combination of assumptions.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Which conditions are decided, as bits.
    known: u32,
    /// How they are decided.
    holds: u32,
    /// The words of the gradients, the mode or the graph on the paths that pass over no loop, as bits.
    words: u8,
}

/// The fixpoint.
#[derive(Debug, Default)]
pub struct Solution {
    /// The state at the start of each block.
    pub starts: Vec<State>,
    /// The events on which lints judge, earlier rounds first.
    pub visits: Vec<Visit>,
    /// How visits differ by what is assumed.
    pub cases: Vec<Vec<Case>>,
    /// Assumptions were too many to be kept apart.
    pub coarse: bool,
    /// It was cut short: nothing may be concluded.
    pub gave_up: bool,
}

impl Solution {
    /// The condition that decides whether what a visit meets is bad, and how it comes out then.
    ///
    /// Wherever it comes out so it is bad on every path, and nowhere else on any.
    pub fn decides(&self, cfg: &Cfg, visit: &Visit, bad: u8) -> Option<(usize, bool)> {
        let cases = &self.cases[visit.cases?];
        let deciding = |bit: usize, outcome: bool| {
            let bit = 1 << bit;
            cases.iter().all(|case| {
                let so = (case.holds & bit != 0) == outcome;
                let as_said = case.words & if so { !bad } else { bad } == 0;
                case.known & bit != 0 && as_said
            })
        };
        // That something is a variant tells more than that it is not another.
        let bits = 0..cfg.questions.followed.len();
        let constants = bits.clone().filter(|bit| cfg.questions.of_bit(*bit).of_constant);
        let all = bits.flat_map(|bit| [(bit, true), (bit, false)]);
        constants.map(|bit| (bit, true)).chain(all).find(|(bit, outcome)| deciding(*bit, *outcome))
    }

    /// Goes through all events that are reached, in the order in which they were lowered, with what held
    /// before each.
    pub(crate) fn replay<'c>(&self, cfg: &'c Cfg, mut look: impl FnMut(&'c Event, &State, &State)) {
        for (block, start) in cfg.blocks.iter().zip(&self.starts) {
            let mut state = start.clone();
            for event in &block.events {
                if state.is_unreachable() {
                    break;
                }
                let before = state.clone();
                state.apply(cfg, event);
                look(event, &before, &state);
            }
        }
    }

    /// What the gradients may be after each event of a block, for the column beside a drawing.
    pub fn margin(&self, cfg: &Cfg, block: BlockId) -> Vec<String> {
        let mut state = self.starts[block].clone();
        let column = |state: &State| {
            let cells = cfg.optimizers.iter().enumerate();
            let cells = cells.filter_map(|(id, optimizer)| {
                Some(format!("{} {}", optimizer.name, state.gradients(id)?.all))
            });
            cells.collect::<Vec<_>>().join("  ")
        };
        let after = |event| {
            state.apply(cfg, event);
            column(&state)
        };
        cfg.blocks[block].events.iter().map(after).collect()
    }
}

/// Runs the states to the fixpoint, then collects the visits.
pub fn solve(cfg: &Cfg, annotated: bool) -> Solution {
    let mut solution = Solution { starts: vec![State::default(); cfg.blocks.len()], ..Solution::default() };
    if cfg.gave_up || cfg.optimizers.is_empty() && cfg.graphs.is_empty() {
        return solution;
    }
    solution.starts[0] = State::entry(cfg, annotated);
    let mut visits = vec![0_usize; cfg.blocks.len()];
    let mut open: BTreeSet<BlockId> = BTreeSet::from([0]);
    while let Some(block) = open.pop_first() {
        visits[block] += 1;
        if visits[block] > limits::VISITS {
            solution.gave_up = true;
            return solution;
        }
        let mut state = solution.starts[block].clone();
        for event in &cfg.blocks[block].events {
            state.apply(cfg, event);
        }
        if state.is_unreachable() {
            continue;
        }
        for edge in &cfg.blocks[block].edges {
            let changed = if edge.skips {
                solution.starts[edge.to].join(&state.skipped())
            } else {
                solution.starts[edge.to].join(&state)
            };
            if changed {
                open.insert(edge.to);
            }
        }
    }
    solution.coarse = solution.starts.iter().any(|state| state.coarse);
    let (visits, cases) = collect(cfg, &solution.starts);
    Solution { visits, cases, ..solution }
}

fn collect(cfg: &Cfg, starts: &[State]) -> (Vec<Visit>, Vec<Vec<Case>>) {
    let mut visits = Vec::new();
    let mut all_cases = Vec::new();
    let mut rank = 0;
    for (block, start) in cfg.blocks.iter().zip(starts) {
        if start.is_unreachable() {
            rank += block.events.len();
            continue;
        }
        let mut state = start.clone();
        let first = rank;
        for event in &block.events {
            rank += 1;
            for what in judged(cfg, &state, &event.action) {
                let differing = match (what, &event.action) {
                    (What::Gradients(id, ..) | What::Look(id, _), _) => {
                        state.cases(|facts| facts.cells[id].direct.bits())
                    }
                    (What::Backward(graph, _), _) => state.cases(|facts| facts.used(graph).direct),
                    (What::Run(Some(_), _), Action::Run(Some(model))) => {
                        let mode = |facts: &Facts| facts.tracks.mode(cfg, *model);
                        state.cases(|facts| mode(facts).map_or(0, |words| words.direct.bits()))
                    }
                    _ => Vec::new(),
                };
                let cases = (!differing.is_empty()).then_some(all_cases.len());
                all_cases.extend(cases.map(|_| differing));
                visits.push(Visit {
                    what,
                    site: event.site,
                    rank,
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
        rank = first + block.events.len();
    }
    (visits, all_cases)
}

impl State {
    /// What something may be under each combination of assumptions, if that differs.
    fn cases(&self, words: impl Fn(&Facts) -> u8) -> Vec<Case> {
        let case = |facts: &Facts| Case { known: facts.known, holds: facts.holds, words: words(facts) };
        let reached = |case: &Case| case.words != 0;
        let cases: Vec<Case> = self.variants.iter().map(case).filter(reached).collect();
        let differ = cases.iter().any(|case| case.words != cases[0].words);
        if differ { cases } else { Vec::new() }
    }
}

/// What lints see of an event.
fn judged(cfg: &Cfg, state: &State, action: &Action) -> Vec<What> {
    let on =
        |id: OptimizerId, effect: Effect| state.gradients(id).map(|cell| What::Gradients(id, effect, cell));
    let books = |id: OptimizerId, effect: Effect| {
        let judged = matches!(effect, Effect::Clip | Effect::Take);
        state.books(id).filter(|_| judged).map(|books| What::Books(id, effect, books))
    };
    let reached = |deps, effect| {
        let ids = (0..cfg.optimizers.len()).filter(move |id| reaches(cfg, *id, deps) == Reach::Yes);
        ids.filter_map(move |id| on(id, effect))
    };
    match action {
        Action::Build(id) => vec![What::Build(*id)],
        Action::Look(deps) => {
            let ids = (0..cfg.optimizers.len())
                .filter(|id| *deps == Deps::Anything || reaches(cfg, *id, deps) == Reach::Yes);
            ids.filter_map(|id| Some(What::Look(id, state.gradients(id)?))).collect()
        }
        Action::Run(model) => {
            let mode = model.and_then(|model| state.words(|tracks| tracks.mode(cfg, model)));
            let recording = state.words(|tracks| Some(tracks.recording()));
            recording.map(|recording| What::Run(mode, recording)).into_iter().collect()
        }
        Action::Schedule(moved) => {
            let ids = (0..cfg.optimizers.len()).filter(|id| moved.is_none_or(|moved| moved == *id));
            let words = ids.filter_map(|id| state.words(|tracks| Some(tracks.stepped(id))));
            let joined = words.reduce(|mut all, words| {
                all.join(&words);
                all
            });
            joined.map(What::Schedule).into_iter().collect()
        }
        Action::Gradients(id, effect) => on(*id, *effect).into_iter().chain(books(*id, *effect)).collect(),
        Action::Through(deps, effect) => {
            let seen: Vec<What> = reached(deps, *effect).collect();
            let more = seen.iter().filter_map(|what| match what {
                What::Gradients(id, ..) => books(*id, *effect),
                _ => None,
            });
            seen.iter().copied().chain(more).collect()
        }
        Action::Backward { deps, graphs, own, .. } => {
            let graphs = graphs.iter().filter(|&&graph| *own || has_graph(cfg, graph));
            let graphs = graphs.filter_map(|&graph| {
                let used = state.graph(graph)?;
                let (graph, used) = used_up_before(cfg, state, graph).unwrap_or((graph, used));
                Some(What::Backward(graph, used))
            });
            graphs.chain(reached(deps, Effect::Fill)).collect()
        }
        _ => Vec::new(),
    }
}

/// What a tensor was computed from that is used up although the tensor itself is not, as the trunk of two
/// heads is; several tensors in one need not have their graph in common.
fn used_up_before(cfg: &Cfg, state: &State, graph: GraphId) -> Option<(GraphId, Used)> {
    let itself = state.graph(graph)?;
    if itself.all & LOST != 0 || itself.certainty().is_some() {
        return None;
    }
    let candidates = ancestors(cfg, &[graph]).into_iter().skip(1);
    let mut candidates = candidates.filter(|&graph| !cfg.graphs[graph].several && has_graph(cfg, graph));
    candidates.find_map(|graph| {
        let used = state.graph(graph)?;
        used.certainty().map(|_| (graph, used))
    })
}
