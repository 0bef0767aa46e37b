//! The work list, and the one pass that follows it.

use std::collections::BTreeSet;

use super::effect::{Reach, has_graph, reaches};
use super::{Cell, State, Used};
use crate::cfg::{Action, BlockId, Cfg, OptimizerId, SiteId};
use crate::stage::Effect;

/// Visits of a block after which it is taken as unknown; a fixpoint comes far earlier.
const MOST_VISITS: usize = 400;

/// What happens at a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "almost all visits are of the large kind")]
pub enum What {
    /// A stage acts on the gradients of an optimizer, which were as the cell says.
    Gradients(OptimizerId, Effect, Cell),
    /// A backward runs through a graph whose use was as said.
    Backward(usize, Used),
    /// An optimizer is built.
    Build(OptimizerId),
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
}

/// The fixpoint.
#[derive(Debug, Default)]
pub struct Solution {
    /// The state at the start of each block.
    pub starts: Vec<State>,
    /// The events on which lints judge, earlier rounds first.
    pub visits: Vec<Visit>,
    /// It was cut short: nothing may be concluded.
    pub gave_up: bool,
}

impl Solution {
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
        if visits[block] > MOST_VISITS {
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
    solution.visits = collect(cfg, &solution.starts);
    solution
}

fn collect(cfg: &Cfg, starts: &[State]) -> Vec<Visit> {
    let mut visits = Vec::new();
    let mut rank = 0;
    for (block, start) in cfg.blocks.iter().zip(starts) {
        if start.is_unreachable() {
            rank += block.events.len();
            continue;
        }
        let mut state = start.clone();
        for event in &block.events {
            rank += 1;
            let visit = |what| Visit {
                what,
                site: event.site,
                rank,
                maybe_not_first: event.maybe_not_first,
                first: event.first,
            };
            visits.extend(judged(cfg, &state, &event.action).into_iter().map(visit));
            state.apply(cfg, event);
            if state.is_unreachable() {
                break;
            }
        }
    }
    visits
}

/// What lints see of an event.
fn judged(cfg: &Cfg, state: &State, action: &Action) -> Vec<What> {
    let on =
        |id: OptimizerId, effect: Effect| state.gradients(id).map(|cell| What::Gradients(id, effect, cell));
    let reached = |deps, effect| {
        let ids = (0..cfg.optimizers.len()).filter(move |id| reaches(cfg, *id, deps) == Reach::Yes);
        ids.filter_map(move |id| on(id, effect))
    };
    match action {
        Action::Build(id) => vec![What::Build(*id)],
        Action::Gradients(id, effect) => on(*id, *effect).into_iter().collect(),
        Action::Through(deps, effect) => reached(deps, *effect).collect(),
        Action::Backward { deps, graphs, own, .. } => {
            let graphs = graphs.iter().filter(|&&graph| *own || has_graph(cfg, graph));
            let graphs = graphs.filter_map(|&graph| Some(What::Backward(graph, state.graph(graph)?)));
            graphs.chain(reached(deps, Effect::Fill)).collect()
        }
        _ => Vec::new(),
    }
}
