//! What one event does to a state.

use super::{CONSUMED, FRESH, Facts, Gradients, LOST, State, Used};
use crate::cfg::{Action, Cfg, Deps, Event, GraphId, Optimizer, OptimizerId, PathId, SiteId};
use crate::stage::Effect;

/// Whether something that is done to some places reaches an optimizer's gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Yes,
    No,
    Maybe,
}

/// Whether what an optimizer moves is known well enough to say that a loss was not computed from it.
fn is_told_apart(cfg: &Cfg, owned: &Deps, deps: &Deps) -> bool {
    let is_model = |path: PathId| Deps::one(path).overlaps(&cfg.function.models, &cfg.paths) == Some(true);
    let apart = |path: PathId| deps.paths().iter().all(|&from| cfg.independent(path, from));
    owned.paths().iter().all(|&path| is_model(path) || apart(path))
}

/// Whether the gradient of a loss computed from `deps` goes to this optimizer.
pub(super) fn reaches(cfg: &Cfg, id: OptimizerId, deps: &Deps) -> Reach {
    let alone = cfg.optimizers.len() == 1;
    let overlaps =
        |optimizer: &Optimizer| optimizer.owned.as_ref().and_then(|owned| owned.overlaps(deps, &cfg.paths));
    let optimizer = &cfg.optimizers[id];
    match (&optimizer.owned, overlaps(optimizer)) {
        // One of several may be left out.
        (Some(owned), Some(true)) if optimizer.several && !covers(cfg, deps, owned) => Reach::Maybe,
        (_, Some(true)) => Reach::Yes,
        (Some(owned), Some(false))
            if is_told_apart(cfg, owned, deps)
                && cfg.optimizers.iter().any(|other| overlaps(other) == Some(true)) =>
        {
            Reach::No
        }
        (Some(_), Some(false)) => Reach::Maybe,
        _ if alone => Reach::Yes,
        _ => Reach::Maybe,
    }
}

impl State {
    /// The state after an event.
    pub(super) fn apply(&mut self, cfg: &Cfg, event: &Event) {
        match &event.action {
            Action::Assume(index, holds) => {
                self.assume(*index, *holds, cfg.questions.of_bit(*index).excludes)
            }
            Action::Unassume(index) => self.unassume(*index),
            Action::Mark(_) => {}
            _ => self.variants.iter_mut().for_each(|facts| facts.apply(cfg, event)),
        }
    }

    fn assume(&mut self, index: usize, holds: bool, excludes: u32) {
        if self.coarse {
            return;
        }
        let bit = 1 << index;
        let (decides, value) = if holds { (bit | excludes, bit) } else { (bit, 0) };
        // What is known must agree.
        self.variants.retain(|facts| facts.holds & decides == value & facts.known);
        for facts in &mut self.variants {
            facts.known |= decides;
            facts.holds = (facts.holds & !decides) | value;
        }
        self.tidy();
    }

    fn unassume(&mut self, index: usize) {
        let bit = 1 << index;
        for facts in &mut self.variants {
            facts.known &= !bit;
            facts.holds &= !bit;
        }
        self.tidy();
    }

    /// Puts facts with the same assumptions together.
    fn tidy(&mut self) {
        let mut tidy = Self { coarse: self.coarse, ..Self::default() };
        for facts in self.variants.drain(..) {
            tidy.add(&facts);
        }
        *self = tidy;
    }
}

impl Facts {
    fn apply(&mut self, cfg: &Cfg, event: &Event) {
        self.tracks.apply(cfg, event);
        self.ledger.apply(cfg, event);
        match &event.action {
            // Gradients live in the parameters: a backward before the constructor may have filled them.
            Action::Build(id) if self.reached & (1 << id) != 0 => self.put(cfg, *id, Gradients::UNKNOWN),
            Action::Build(id) => self.put(cfg, *id, Gradients::EMPTY),
            Action::Forget(id) => self.put(cfg, *id, Gradients::UNKNOWN),
            Action::Gradients(id, effect) => {
                self.change(cfg, *id, *effect, event.site);
                self.neighbours(cfg, *id, *effect, event.site);
            }
            Action::Through(deps, effect) => self.through(cfg, deps, *effect, event.site),
            Action::Backward { deps, graphs, own, retain, .. } => {
                for id in 0..self.cells.len() {
                    let reach = reaches(cfg, id, deps);
                    self.reached |= u32::from(reach != Reach::No) << id;
                    match reach {
                        Reach::Yes => self.change(cfg, id, Effect::Fill, event.site),
                        Reach::Maybe => self.put(cfg, id, Gradients::UNKNOWN),
                        Reach::No => {}
                    }
                }
                if !retain {
                    let graphs = graphs.iter().copied().filter(|&graph| *own || has_graph(cfg, graph));
                    self.consume(cfg, &graphs.collect::<Vec<_>>(), event.site);
                }
            }
            Action::Compute(graph, from) if cfg.graphs[*graph].watched => {
                let used = self.inherited(cfg, *graph, from);
                self.set_used(*graph, used);
            }
            Action::LoseGraph(graph) if cfg.graphs[*graph].watched => {
                let direct = if self.direct { LOST } else { 0 };
                self.set_used(*graph, Used { all: LOST, direct, by: None });
            }
            Action::Touch(deps) => {
                if *deps == Deps::Anything {
                    self.reached = u32::MAX;
                }
                for id in 0..self.cells.len() {
                    if cfg.touches(id, deps) {
                        self.put(cfg, id, Gradients::UNKNOWN);
                    }
                }
            }
            _ => {}
        }
    }

    fn put(&mut self, cfg: &Cfg, id: OptimizerId, word: Gradients) {
        if !cfg.optimizers[id].lost {
            self.cells[id].set(word);
        }
    }

    fn change(&mut self, cfg: &Cfg, id: OptimizerId, effect: Effect, site: SiteId) {
        if !cfg.optimizers[id].lost {
            self.cells[id].apply(effect, site);
        }
    }

    /// Optimizers that share parameters share gradients.
    fn neighbours(&mut self, cfg: &Cfg, id: OptimizerId, effect: Effect, site: SiteId) {
        let Some(owned) = &cfg.optimizers[id].owned else { return };
        for other in 0..self.cells.len() {
            let Some(theirs) = &cfg.optimizers[other].owned else { continue };
            if other == id || matches!(effect, Effect::Clip | Effect::Unscale | Effect::Nothing) {
                continue;
            }
            if effect == Effect::Zero && owned == theirs {
                self.change(cfg, other, effect, site);
            } else if owned.overlaps(theirs, &cfg.paths) != Some(false) {
                self.put(cfg, other, Gradients::UNKNOWN);
            }
        }
    }

    /// A stage called on a model or its parameters.
    fn through(&mut self, cfg: &Cfg, deps: &Deps, effect: Effect, site: SiteId) {
        for id in 0..self.cells.len() {
            let whole = cfg.optimizers[id].owned.as_ref().is_some_and(|owned| covers(cfg, deps, owned));
            match reaches(cfg, id, deps) {
                Reach::Yes if whole || cfg.optimizers[id].owned.is_none() => {
                    self.change(cfg, id, effect, site);
                }
                Reach::No => {}
                _ if matches!(effect, Effect::Clip | Effect::Nothing) => {}
                _ => self.put(cfg, id, Gradients::UNKNOWN),
            }
        }
    }

    /// A backward uses up its graphs and those that they were computed from.
    fn consume(&mut self, cfg: &Cfg, graphs: &[GraphId], site: SiteId) {
        for graph in ancestors(cfg, graphs) {
            if cfg.graphs[graph].watched {
                let direct = if self.direct { CONSUMED } else { 0 };
                self.set_used(graph, Used { all: CONSUMED, direct, by: Some(site) });
            }
        }
    }

    /// A tensor computed from a used-up graph is no better.
    fn inherited(&self, cfg: &Cfg, graph: GraphId, from: &[GraphId]) -> Used {
        let carried = cfg.graphs[graph].assigned;
        let mut result = Used { all: FRESH, direct: if self.direct { FRESH } else { 0 }, by: None };
        for graph in ancestors(cfg, from) {
            let used = self.used(graph);
            // The backward may have gone through another of its tensors.
            let other = cfg.graphs[graph].several && !carried;
            if other || used.all == FRESH || !has_graph(cfg, graph) {
                continue;
            }
            // One used-up graph is enough: fresh only as far as all are fresh.
            let all = if used.all & FRESH == 0 { used.all } else { used.all | result.all };
            result =
                Used { all: all | (result.all & !FRESH), direct: used.direct, by: result.by.or(used.by) };
        }
        result
    }
}

/// The graphs and all that they were computed from.
pub(super) fn ancestors(cfg: &Cfg, graphs: &[GraphId]) -> Vec<GraphId> {
    let mut open = graphs.to_vec();
    let mut seen: Vec<GraphId> = Vec::new();
    while let Some(graph) = open.pop() {
        if !seen.contains(&graph) && seen.len() < 64 {
            seen.push(graph);
            open.extend(&cfg.graphs[graph].parents);
        }
    }
    seen
}

/// Whether a tensor is known to have a graph: a model that is trained here made it.
pub(super) fn has_graph(cfg: &Cfg, graph: GraphId) -> bool {
    let models = &cfg.graphs[graph].models;
    cfg.optimizers.iter().any(|optimizer| {
        optimizer.owned.as_ref().and_then(|owned| owned.overlaps(models, &cfg.paths)) == Some(true)
    })
}

/// Whether all that is owned lies in these places.
pub(super) fn covers(cfg: &Cfg, deps: &Deps, owned: &Deps) -> bool {
    let inside = |part| deps.paths().iter().any(|&whole| cfg.paths.holds(whole, part));
    !owned.is_empty() && owned.paths().iter().all(|&part| inside(part))
}
