//! Tensors that get names, and what their graphs were computed from.

use crate::cfg::{Action, GraphId, PathId, User};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Value};

impl<'a> Lower<'a> {
    /// Tensors that come out of one computation share its graph: whoever uses one up uses up all.
    pub(in crate::lower) fn common_graph(&mut self, node: usize, mut value: Value<'a>) -> Value<'a> {
        if value.computed && value.tensor.is_none() && !matches!(value.kind, Kind::Tuple(_)) {
            let key = (node, self.chain);
            let path = self.roots.get(&key).copied().unwrap_or_else(|| self.cfg.paths.root("the whole"));
            self.roots.insert(key, path);
            self.tensor(path, false, &mut value);
            if let Some(graph) = value.tensor {
                self.cfg.graphs[graph].several = true;
            }
        }
        value
    }

    /// A tensor gets a name: `backward` may use up its graph.
    pub(in crate::lower) fn tensor(&mut self, path: PathId, assigned: bool, value: &mut Value<'a>) {
        if !value.computed {
            value.graphs.clear();
            value.tensor = None;
            let from = if assigned { value.parts() } else { Vec::new() };
            if !from.is_empty() {
                self.carry(path, from, value);
            } else if let Some(&graph) = self.graphs.get(&path) {
                self.emit(Action::Compute(graph, Vec::new()), 0);
            }
            return;
        }
        if value.tensor.is_some() && !assigned {
            return;
        }
        let graph = self.graph(path);
        let from = value.through();
        self.cfg.graphs[graph].assigned |= assigned;
        self.cfg.graphs[graph].defined = Some(self.rounds.last().map(|round| round.of));
        for &parent in &from {
            self.uses(parent, User::Tensor(graph));
        }
        self.cfg.graphs[graph].models = self.cfg.graphs[graph].models.union(&value.models);
        if !assigned {
            for &parent in &from {
                if !self.cfg.graphs[graph].parents.contains(&parent) {
                    self.cfg.graphs[graph].parents.push(parent);
                }
            }
        }
        self.emit(Action::Compute(graph, from), 0);
        value.tensor = Some(graph);
        value.graphs.clear();
    }

    /// A variable is assigned what is a part of something with a graph, as a state that is carried over.
    fn carry(&mut self, path: PathId, from: Vec<GraphId>, value: &mut Value<'a>) {
        let graph = self.graph(path);
        for &whole in &from {
            self.uses(whole, User::Tensor(graph));
            let models = self.cfg.graphs[whole].models.clone();
            self.cfg.graphs[graph].models = self.cfg.graphs[graph].models.union(&models);
        }
        self.cfg.graphs[graph].assigned = true;
        self.cfg.graphs[graph].defined = Some(self.rounds.last().map(|round| round.of));
        self.emit(Action::Compute(graph, from), 0);
        value.gather(graph);
    }

    /// The graphs of which a field of this value may be a part.
    pub(in crate::lower) fn whole_graphs(&mut self, whole: &Value<'a>) -> Vec<GraphId> {
        if !whole.computed {
            return whole.part.clone();
        }
        let all = whole.through();
        for &graph in &all {
            self.cfg.graphs[graph].several = true;
        }
        all
    }

    /// Tensors with a graph in parts of a place.
    pub(in crate::lower) fn graphs_in(&self, place: PathId) -> Vec<GraphId> {
        let parts = self.field_graphs.iter().filter(|(part, _)| self.cfg.paths.holds(place, *part));
        parts.map(|(_, graph)| *graph).collect()
    }

    /// Tensors in parts of a place may have been computed anew.
    pub(in crate::lower) fn lose_parts(&mut self, place: PathId) {
        for index in 0..self.field_graphs.len() {
            let (part, graph) = self.field_graphs[index];
            if part != place && self.cfg.paths.holds(place, part) {
                self.emit(Action::LoseGraph(graph), 0);
            }
        }
    }
}
