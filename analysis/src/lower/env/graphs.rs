//! Named tensors, and the graphs of named tensors.

use crate::cfg::{Action, GraphId, PathId, User};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Value};

impl<'a> Lower<'a> {
    /// Gives all tensors of one computation the same graph.
    ///
    /// A `backward` through one of these tensors frees the graph for all of them.
    pub(in crate::lower) fn common_graph(&mut self, node: usize, mut value: Value<'a>) -> Value<'a> {
        if value.computed && value.tensor.is_none() && !matches!(value.kind, Kind::Tuple(_)) {
            let key = (node, self.nodes.chain);
            let paths = &mut self.cfg.paths;
            let path = *self.nodes.roots.entry(key).or_insert_with(|| paths.root("the whole"));
            self.tensor(path, false, &mut value);
            if let Some(graph) = value.tensor {
                self.cfg.graphs[graph].several = true;
            }
        }
        value
    }

    /// Names a tensor. The flow analysis uses the name to track whether `backward` has freed the
    /// tensor's graph.
    pub(in crate::lower) fn tensor(&mut self, path: PathId, assigned: bool, value: &mut Value<'a>) {
        if !value.computed {
            self.no_tensor(path, assigned, value);
            return;
        }
        if value.tensor.is_some() && !assigned {
            return;
        }
        let graph = self.graph(path);
        let from = value.through();
        self.define(graph, assigned);
        for &parent in &from {
            self.uses(parent, User::Tensor(graph));
        }
        let models = &mut self.cfg.graphs[graph].models;
        *models = models.union(&value.models);
        if !assigned {
            let parents = &mut self.cfg.graphs[graph].parents;
            for &parent in &from {
                if !parents.contains(&parent) {
                    parents.push(parent);
                }
            }
        }
        self.emit(Action::Compute(graph, from), 0);
        value.tensor = Some(graph);
        value.graphs.clear();
    }

    /// Names a value that is not a computed tensor. Such a value has a graph only if it is a part
    /// of a computed value.
    fn no_tensor(&mut self, path: PathId, assigned: bool, value: &mut Value<'a>) {
        if value.tensor.is_some() || !value.graphs.is_empty() {
            value.graphs.clear();
            value.tensor = None;
        }
        let from = if assigned { value.parts() } else { Vec::new() };
        if !from.is_empty() {
            self.carry(path, from, value);
        } else if let Some(graph) = self.objects.graph_of(path) {
            self.emit(Action::Compute(graph, Vec::new()), 0);
        }
    }

    /// Assigns a part of a value with a graph to a variable. An example is the state that a
    /// recurrent model returns.
    fn carry(&mut self, path: PathId, from: Vec<GraphId>, value: &mut Value<'a>) {
        let graph = self.graph(path);
        for &whole in &from {
            self.uses(whole, User::Tensor(graph));
            let models = self.cfg.graphs[graph].models.union(&self.cfg.graphs[whole].models);
            self.cfg.graphs[graph].models = models;
        }
        self.define(graph, true);
        self.emit(Action::Compute(graph, from), 0);
        value.gather(graph);
    }

    fn define(&mut self, graph: GraphId, assigned: bool) {
        self.cfg.graphs[graph].assigned |= assigned;
        self.cfg.graphs[graph].defined = Some(self.control.innermost());
    }

    /// The possible graphs of a tensor in a field of the value `whole`.
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

    /// The graphs of the tensors in parts of a place.
    pub(in crate::lower) fn graphs_in(&self, place: PathId) -> Vec<GraphId> {
        let parts = self.objects.field_graphs().iter();
        parts.filter(|(part, _)| self.cfg.paths.holds(place, *part)).map(|(_, graph)| *graph).collect()
    }

    /// Records that the tensors in parts of a place may have been recomputed.
    pub(in crate::lower) fn lose_parts(&mut self, place: PathId) {
        for index in 0..self.objects.field_graphs().len() {
            let (part, graph) = self.objects.field_graphs()[index];
            if part != place && self.cfg.paths.holds(place, part) {
                self.emit(Action::LoseGraph(graph), 0);
            }
        }
    }
}
