//! The solver: a work list that joins the states of a function's blocks until it reaches a
//! fixpoint.

use std::collections::BTreeSet;

use super::state::FlowState;
use super::visit::{Case, Visit, collect};
use crate::cfg::{BlockId, Cfg, Event};
use crate::limits;

/// The states of a function at the fixpoint.
#[derive(Debug, Default)]
pub struct Solution {
    /// The state at the start of each block.
    pub starts: Vec<FlowState>,
    /// The visits of events, earlier iterations first.
    pub visits: Vec<Visit>,
    /// The states under each path condition, for the visits whose states differ by path condition.
    pub cases: Vec<Vec<Case>>,
    /// Whether the function has too many path conditions to distinguish.
    pub coarse: bool,
    /// Whether the analysis was cut short, so that no conclusion is possible.
    pub gave_up: bool,
}

impl Solution {
    /// The followed question that decides whether the states at a visit are bad, with the answer
    /// for which the states are bad.
    ///
    /// The states are bad on every path with this answer, and on no path with the opposite answer.
    pub fn decides(&self, cfg: &Cfg, visit: &Visit, bad: u8) -> Option<(usize, bool)> {
        let cases = &self.cases[visit.cases?];
        let decides = |bit: usize, yes: bool| cases.iter().all(|case| case.is_decided_by(bit, yes, bad));
        // An answer that a value is one constant is more specific than an answer that it is not
        // another constant.
        let bits = 0..cfg.questions.followed.len();
        let constants = bits.clone().filter(|bit| cfg.questions.followed[*bit].of_constant);
        let all = bits.flat_map(|bit| [(bit, true), (bit, false)]);
        constants.map(|bit| (bit, true)).chain(all).find(|(bit, yes)| decides(*bit, *yes))
    }

    /// Calls `look` for all reached events in the order of lowering, with the states before and
    /// after the event.
    pub(crate) fn replay<'c>(&self, cfg: &'c Cfg, mut look: impl FnMut(&'c Event, &FlowState, &FlowState)) {
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

    /// The gradient states after each event of a block, for the margin of the printed control-flow graph.
    pub fn margin(&self, cfg: &Cfg, block: BlockId) -> Vec<String> {
        let mut state = self.starts[block].clone();
        let column = |state: &FlowState| {
            let optimizers = cfg.optimizers.iter().enumerate();
            let states = optimizers.filter_map(|(id, optimizer)| {
                Some(format!("{} {}", optimizer.name, state.gradients(id)?.all))
            });
            states.collect::<Vec<_>>().join("  ")
        };
        let after = |event| {
            state.apply(cfg, event);
            column(&state)
        };
        cfg.blocks[block].events.iter().map(after).collect()
    }
}

/// Computes the states of a function at the fixpoint, then collects the visits of its events.
pub fn solve(cfg: &Cfg, annotated: bool) -> Solution {
    let mut solution =
        Solution { starts: vec![FlowState::default(); cfg.blocks.len()], ..Solution::default() };
    if cfg.gave_up || cfg.optimizers.is_empty() && cfg.graphs.is_empty() {
        return solution;
    }
    solution.starts[0] = FlowState::entry(cfg, annotated);
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
        if !state.is_unreachable() {
            open.extend(propagate(cfg, block, &state, &mut solution.starts));
        }
    }
    solution.coarse = solution.starts.iter().any(|state| state.coarse);
    (solution.visits, solution.cases) = collect(cfg, &solution.starts);
    solution
}

/// Joins the state at the end of a block into its successors; returns the successors that changed.
fn propagate(cfg: &Cfg, block: BlockId, end: &FlowState, starts: &mut [FlowState]) -> Vec<BlockId> {
    let edges = cfg.blocks[block].edges.iter();
    let changed = edges.filter(|edge| {
        if edge.skips { starts[edge.to].join(&end.skipped()) } else { starts[edge.to].join(end) }
    });
    changed.map(|edge| edge.to).collect()
}
