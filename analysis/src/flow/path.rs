//! The possible states at one point under one path condition.

use super::facts::AllFacts;
use super::gradients::GradientStates;
use super::graph::GraphUse;
use super::reach::{Reach, ancestors, fills, has_graph, is_whole, reaches_through};
use super::tracked::TrackedState;
use super::value::GradientValue;
use crate::cfg::{Action, Cfg, Deps, Event, GraphId, Mark, Optimizer, OptimizerId, SiteId, StoreId};
use crate::stage::Effect;
use crate::vocabulary::Keeping;

/// The known answers to followed questions on the paths to a point, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PathCondition {
    /// The questions whose answer is known.
    known: u32,
    /// The questions whose known answer is yes.
    yes: u32,
}

impl PathCondition {
    /// The condition with one more answer. If the answer is yes, the questions in `excludes` get
    /// the answer no.
    ///
    /// `None` if the new answers contradict the condition.
    fn assuming(self, bit: usize, yes: bool, excludes: u32) -> Option<Self> {
        let bit = 1 << bit;
        let (decides, value) = if yes { (bit | excludes, bit) } else { (bit, 0) };
        (self.yes & decides == value & self.known)
            .then_some(Self { known: self.known | decides, yes: (self.yes & !decides) | value })
    }

    /// The condition without its answer to one question.
    fn forgetting(self, bit: usize) -> Self {
        let bit = 1 << bit;
        Self { known: self.known & !bit, yes: self.yes & !bit }
    }

    /// The answer to one question, if it is known.
    pub(super) fn answer(self, bit: usize) -> Option<bool> {
        let bit = 1 << bit;
        (self.known & bit != 0).then_some(self.yes & bit != 0)
    }
}

/// The possible states at one point under one path condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathState {
    pub(super) condition: PathCondition,
    /// Whether the point is reached by a path on which every loop runs at least once.
    direct: bool,
    /// The optimizers whose parameters a backward may have reached, as bits.
    reached: u32,
    /// The gradients of each optimizer.
    pub(super) gradients: Vec<GradientValue>,
    /// The uses of graphs, sorted. A graph that is fresh on every path has no entry.
    graphs: Vec<(GraphId, GraphUse)>,
    pub(super) tracked: TrackedState,
    pub(super) facts: AllFacts,
}

impl PathState {
    /// The state at the entry of the function.
    pub(super) fn entry(cfg: &Cfg, annotated: bool) -> Self {
        let start = |optimizer: &Optimizer| {
            GradientValue::new(match (optimizer.lost, optimizer.from_caller, annotated) {
                (true, _, _) | (false, false, _) => GradientStates::UNKNOWN,
                (false, true, true) => GradientStates::EMPTY,
                (false, true, false) => GradientStates::ENTRY,
            })
        };
        Self {
            condition: PathCondition::default(),
            direct: true,
            reached: 0,
            gradients: cfg.optimizers.iter().map(start).collect(),
            graphs: Vec::new(),
            tracked: TrackedState::entry(cfg),
            facts: AllFacts::entry(cfg, annotated),
        }
    }

    /// The gradients of one optimizer.
    pub(super) fn gradients(&self, id: OptimizerId) -> GradientValue {
        self.gradients[id]
    }

    /// The use of one graph.
    pub(super) fn graph(&self, graph: GraphId) -> GraphUse {
        match self.graphs.binary_search_by_key(&graph, |(id, _)| *id) {
            Ok(index) => self.graphs[index].1,
            Err(_) => GraphUse::fresh(self.direct),
        }
    }

    fn set_graph(&mut self, graph: GraphId, used: GraphUse) {
        let found = self.graphs.binary_search_by_key(&graph, |(id, _)| *id);
        match (found, used.is_fresh()) {
            (Ok(index), true) => drop(self.graphs.remove(index)),
            (Ok(index), false) => self.graphs[index].1 = used,
            (Err(_), true) => {}
            (Err(index), false) => self.graphs.insert(index, (graph, used)),
        }
    }

    /// Joins the state of another path; returns whether anything changed.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut changed = other.direct && !self.direct;
        for (mine, theirs) in self.gradients.iter_mut().zip(&other.gradients) {
            changed |= mine.join(theirs);
        }
        let ids: Vec<GraphId> = self.graphs.iter().chain(&other.graphs).map(|(id, _)| *id).collect();
        for id in ids {
            let mine = self.graph(id);
            let both = mine.join(other.graph(id));
            if both != mine {
                changed = true;
                self.set_graph(id, both);
            }
        }
        changed |= self.reached | other.reached != self.reached;
        self.reached |= other.reached;
        self.direct |= other.direct;
        changed | self.tracked.join(&other.tracked) | self.facts.join(&other.facts)
    }

    /// Updates the state along an edge that bypasses a loop.
    pub(super) fn skip(&mut self) {
        self.direct = false;
        self.gradients.iter_mut().for_each(GradientValue::skip);
        self.graphs.iter_mut().for_each(|(_, used)| used.skip());
        self.tracked.skip();
        self.facts.skip();
    }

    /// Adds the answer to a question. Returns whether the answer is possible.
    pub(super) fn assume(&mut self, bit: usize, yes: bool, excludes: u32) -> bool {
        let condition = self.condition.assuming(bit, yes, excludes);
        self.condition = condition.unwrap_or(self.condition);
        condition.is_some()
    }

    /// Drops the answer to a question.
    pub(super) fn unassume(&mut self, bit: usize) {
        self.condition = self.condition.forgetting(bit);
    }

    /// Updates the state for an event.
    pub(super) fn apply(&mut self, cfg: &Cfg, event: &Event) {
        self.tracked.apply(cfg, event);
        self.facts.apply(cfg, event);
        match &event.action {
            // Gradients that are a value stay what they are.
            Action::Build(id) if self.holds_value(cfg, *id) => {}
            // A backward before the constructor may have filled the gradients, because the
            // gradients are in the parameters.
            Action::Build(id) if self.reached & (1 << id) != 0 => self.put(cfg, *id, GradientStates::UNKNOWN),
            Action::Build(id) => self.put(cfg, *id, GradientStates::EMPTY),
            Action::Forget(id) => self.put(cfg, *id, GradientStates::UNKNOWN),
            Action::Effect(id, effect) => {
                self.change(cfg, *id, *effect, event.site);
                self.neighbours(cfg, *id, *effect, event.site);
            }
            Action::Through(deps, effect) => self.through(cfg, deps, *effect, event.site),
            Action::OnStores(stores, what) => self.on_stores(cfg, stores, *what, event.site),
            Action::Backward { deps, graphs, own, retain, store, .. } => {
                self.fill(cfg, deps, *store, event.site);
                if !retain {
                    let graphs = graphs.iter().copied().filter(|&graph| *own || has_graph(cfg, graph));
                    self.free(cfg, &graphs.collect::<Vec<_>>(), event.site);
                }
            }
            Action::Compute(graph, from) => {
                if cfg.graphs[*graph].watched {
                    self.set_graph(*graph, self.inherited(cfg, *graph, from));
                }
            }
            Action::LoseGraph(graph) => {
                if cfg.graphs[*graph].watched {
                    self.set_graph(*graph, GraphUse::lost(self.direct));
                }
            }
            Action::Touch(deps) => self.touch(cfg, deps, event.site),
            Action::Handed { deps, .. } => self.may_differentiate(cfg, deps),
            Action::Replace(_)
            | Action::Assume(..)
            | Action::Unassume(_)
            | Action::Mark(_)
            | Action::Look(_)
            | Action::Computation(_)
            | Action::Schedule(_)
            | Action::Mode(..)
            | Action::LoseMode(_)
            | Action::Recording(_)
            | Action::KeepMode(_)
            | Action::Collective(_)
            | Action::RestoreMode(..) => {}
        }
    }

    pub(super) fn put(&mut self, cfg: &Cfg, id: OptimizerId, state: GradientStates) {
        if !cfg.optimizers[id].lost {
            self.gradients[id].set(state);
        }
    }

    pub(super) fn change(&mut self, cfg: &Cfg, id: OptimizerId, effect: Effect, site: SiteId) {
        if !cfg.optimizers[id].lost {
            self.gradients[id].apply(effect, site);
        }
    }

    /// Applies an effect on one optimizer to all other optimizers that share parameters with it.
    fn neighbours(&mut self, cfg: &Cfg, id: OptimizerId, effect: Effect, site: SiteId) {
        let Some(owned) = &cfg.optimizers[id].owned else { return };
        if matches!(effect, Effect::Clip | Effect::Unscale | Effect::Nothing) {
            return;
        }
        for other in (0..self.gradients.len()).filter(|other| *other != id) {
            let Some(theirs) = &cfg.optimizers[other].owned else { continue };
            if effect == Effect::Zero && owned == theirs {
                self.change(cfg, other, effect, site);
            } else if owned.overlaps(theirs, &cfg.paths) != Some(false) {
                self.put(cfg, other, GradientStates::UNKNOWN);
            }
        }
    }

    /// Applies the effect of a stage that is called on a model or its parameters.
    fn through(&mut self, cfg: &Cfg, deps: &Deps, effect: Effect, site: SiteId) {
        for id in 0..self.gradients.len() {
            let whole = is_whole(cfg, id, deps);
            match (reaches_through(cfg, id, deps), effect) {
                (Reach::Yes, _) if whole || cfg.optimizers[id].owned.is_none() => {
                    self.change(cfg, id, effect, site);
                }
                (Reach::No, _) | (_, Effect::Clip | Effect::Nothing) => {}
                (_, Effect::Zero | Effect::Fill | Effect::Take | Effect::Unscale) => {
                    self.put(cfg, id, GradientStates::UNKNOWN);
                }
            }
        }
    }

    /// Applies a backward. It fills the gradients of each optimizer that its loss reaches.
    fn fill(&mut self, cfg: &Cfg, deps: &Deps, store: Option<StoreId>, site: SiteId) {
        for id in 0..self.gradients.len() {
            let reach = fills(cfg, id, deps, store, site);
            // A fresh value stays apart from an optimizer that is built later.
            let leaves = reach != Reach::No && cfg.keeping(store) != Keeping::Fresh;
            self.reached |= u32::from(leaves) << id;
            match reach {
                Reach::Yes => match cfg.keeping(store) {
                    Keeping::InPlace | Keeping::Threaded => self.change(cfg, id, Effect::Fill, site),
                    Keeping::Fresh | Keeping::Accumulated => self.renew(cfg, id, store, site),
                },
                Reach::Maybe if !cfg.optimizers[id].lost => self.gradients[id].may_fill(),
                Reach::Maybe | Reach::No => {}
            }
        }
    }

    /// Applies opaque code that may have changed the gradients of these places.
    pub(super) fn touch(&mut self, cfg: &Cfg, deps: &Deps, site: SiteId) {
        if *deps == Deps::Anything {
            self.reached = u32::MAX;
        }
        let gives_loss = *deps != Deps::Anything && cfg.facts.is(site, Mark::GivesLoss);
        for id in 0..self.gradients.len() {
            if !cfg.touches(id, deps) || self.holds_value(cfg, id) {
                continue;
            }
            // A call that gets the model and returns the loss leaves the gradients to the function's `backward`.
            let itself = Deps::one(cfg.optimizers[id].path).overlaps(deps, &cfg.paths) != Some(false);
            if gives_loss && !itself {
                self.gradients[id].assume(site);
            } else {
                self.put(cfg, id, GradientStates::UNKNOWN);
            }
        }
    }

    /// Applies opaque code that gets a loss, and may run `backward` from it.
    fn may_differentiate(&mut self, cfg: &Cfg, deps: &Deps) {
        for id in 0..self.gradients.len() {
            if reaches_through(cfg, id, deps) != Reach::No && !self.holds_value(cfg, id) {
                self.reached |= 1 << id;
                self.put(cfg, id, GradientStates::UNKNOWN);
            }
        }
    }

    /// Applies a backward. It frees the graphs that it runs through, and all their ancestors.
    fn free(&mut self, cfg: &Cfg, graphs: &[GraphId], site: SiteId) {
        for graph in ancestors(cfg, graphs) {
            if cfg.graphs[graph].watched {
                self.set_graph(graph, GraphUse::freed(self.direct, site));
            }
        }
    }

    /// The use of a tensor's graph, inherited from the graphs that the tensor was computed from.
    fn inherited(&self, cfg: &Cfg, graph: GraphId, from: &[GraphId]) -> GraphUse {
        let carried = cfg.graphs[graph].assigned;
        let mut result = GraphUse::fresh(self.direct);
        for graph in ancestors(cfg, from) {
            let used = self.graph(graph);
            // The backward may have run through another tensor of the same variable.
            let other = cfg.graphs[graph].several && !carried;
            if !other && !used.is_fresh() && has_graph(cfg, graph) {
                result = result.computed_from(used);
            }
        }
        result
    }
}
