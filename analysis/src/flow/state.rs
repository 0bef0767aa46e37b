//! The possible states at one point, separated by path condition.

use std::borrow::Cow;

use super::facts::OptimizerFacts;
use super::graph::GraphUse;
use super::path::{PathCondition, PathState};
use super::states::AbstractValue;
use super::tracked::TrackedState;
use super::value::GradientValue;
use crate::cfg::{Action, Cfg, Event, GraphId, OptimizerId};
use crate::limits;

/// The possible states at one point, one for each path condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowState {
    /// The states, sorted by path condition.
    pub(super) paths: Vec<PathState>,
    /// Whether the states of all path conditions are joined, because there were too many.
    pub(super) coarse: bool,
}

impl FlowState {
    /// The state at the entry of the function.
    pub(super) fn entry(cfg: &Cfg, annotated: bool) -> Self {
        Self { paths: vec![PathState::entry(cfg, annotated)], coarse: false }
    }

    /// Whether no path reaches this point.
    pub fn is_unreachable(&self) -> bool {
        self.paths.is_empty()
    }

    /// Joins the state of another path; returns whether anything changed.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut changed = other.coarse && !self.coarse;
        if changed {
            self.coarsen();
        }
        for path in &other.paths {
            changed |= self.add(Cow::Borrowed(path));
        }
        changed
    }

    fn add(&mut self, mut path: Cow<'_, PathState>) -> bool {
        if self.coarse {
            path.to_mut().condition = PathCondition::default();
        }
        match self.paths.binary_search_by_key(&path.condition, |known| known.condition) {
            Ok(index) => self.paths[index].join(&path),
            Err(index) => {
                self.paths.insert(index, path.into_owned());
                if self.paths.len() > limits::VARIANTS {
                    self.coarsen();
                }
                true
            }
        }
    }

    /// Joins the states of all path conditions.
    fn coarsen(&mut self) {
        self.coarse = true;
        self.sort();
    }

    /// Joins the states of equal path conditions.
    fn sort(&mut self) {
        for path in std::mem::take(&mut self.paths) {
            self.add(Cow::Owned(path));
        }
    }

    /// Updates the states for an event.
    pub(super) fn apply(&mut self, cfg: &Cfg, event: &Event) {
        match event.action {
            Action::Assume(bit, yes) if !self.coarse => {
                let excludes = cfg.questions.followed[bit].excludes;
                self.paths.retain_mut(|path| path.assume(bit, yes, excludes));
                self.sort();
            }
            Action::Unassume(bit) if self.paths.iter().any(|path| path.condition.answer(bit).is_some()) => {
                self.paths.iter_mut().for_each(|path| path.unassume(bit));
                self.sort();
            }
            Action::Assume(..) | Action::Unassume(_) | Action::Mark(_) => {}
            Action::Build(_)
            | Action::Forget(_)
            | Action::Effect(..)
            | Action::Through(..)
            | Action::Backward { .. }
            | Action::Handed { .. }
            | Action::OnStores(..)
            | Action::Compute(..)
            | Action::LoseGraph(_)
            | Action::Touch(_)
            | Action::Replace(_)
            | Action::Look(_)
            | Action::Computation(_)
            | Action::Schedule(_)
            | Action::Mode(..)
            | Action::LoseMode(_)
            | Action::Recording(_)
            | Action::KeepMode(_)
            | Action::Collective(_)
            | Action::RestoreMode(..) => self.paths.iter_mut().for_each(|path| path.apply(cfg, event)),
        }
    }

    /// The state along an edge that bypasses a loop.
    pub(super) fn skipped(&self) -> Self {
        let mut state = self.clone();
        state.paths.iter_mut().for_each(PathState::skip);
        state
    }

    /// The gradients of one optimizer, joined over all path conditions.
    pub fn gradients(&self, id: OptimizerId) -> Option<GradientValue> {
        self.paths.iter().map(|path| path.gradients(id)).reduce(|mut all, gradients| {
            all.join(&gradients);
            all
        })
    }

    /// The use of one graph, joined over all path conditions.
    pub fn graph(&self, graph: GraphId) -> Option<GraphUse> {
        self.paths.iter().map(|path| path.graph(graph)).reduce(GraphUse::join)
    }

    /// The facts about one optimizer, joined over all path conditions.
    pub(super) fn facts(&self, id: OptimizerId) -> Option<OptimizerFacts> {
        self.paths.iter().map(|path| path.facts.of(id)).reduce(|mut all, facts| {
            all.join(&facts);
            all
        })
    }

    /// One tracked value, joined over all path conditions.
    pub(super) fn tracked(
        &self,
        of: impl Fn(&TrackedState) -> Option<AbstractValue>,
    ) -> Option<AbstractValue> {
        self.paths.iter().filter_map(|path| of(&path.tracked)).reduce(|mut all, value| {
            all.join(&value);
            all
        })
    }
}
