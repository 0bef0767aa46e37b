//! Names in scope, and the objects that they stand for.

use crate::cfg::{Action, Deps, Graph, GraphId, Optimizer, OptimizerId, PathId, User};
use crate::limits;
use crate::lower::env::value::Value;
use crate::lower::{BORDER, Lower};

impl<'a> Lower<'a> {
    pub(in crate::lower) fn lookup(&self, name: &str) -> Option<PathId> {
        let visible = |index: usize| !self.hidden.iter().any(|&(from, to)| (from..to).contains(&index));
        let known = self.names.get(name)?.iter().rev();
        known.copied().find(|(index, _)| visible(*index)).map(|(_, path)| path)
    }

    pub(in crate::lower) fn enter(&mut self, name: &str, path: PathId) {
        self.names.entry(name.to_owned()).or_default().push((self.scope.len(), path));
        self.scope.push((name.to_owned(), path));
    }

    /// Ends the scopes opened since it held `mark` names.
    pub(in crate::lower) fn leave(&mut self, mark: usize) {
        self.leave_with(mark, &Value::nothing());
    }

    /// Ends the scopes opened since it held `mark` names; a value goes on.
    pub(in crate::lower) fn leave_with(&mut self, mark: usize, value: &Value<'a>) {
        let mut kept = Vec::new();
        value.all_graphs(&mut kept);
        for (name, path) in self.scope.split_off(mark) {
            if path == BORDER {
                continue;
            }
            if let Some(known) = self.names.get_mut(&name) {
                known.pop();
            }
            self.changed_in(path);
            if let Some(&graph) = self.graphs.get(&path)
                && !kept.contains(&graph)
            {
                self.emit(Action::Compute(graph, Vec::new()), 0);
            }
            self.close_guard(path);
        }
    }

    // Objects.

    pub(in crate::lower) fn optimizer(
        &mut self,
        path: PathId,
        owned: Option<Deps>,
        from_caller: bool,
    ) -> OptimizerId {
        if let Some(&known) = self.objects.get(&path) {
            if let Some(owned) = owned {
                let now = &mut self.cfg.optimizers[known].owned;
                *now = Some(now.as_ref().map_or(owned.clone(), |before| before.union(&owned)));
            }
            return known;
        }
        if self.cfg.optimizers.len() == limits::OPTIMIZERS {
            self.cfg.gave_up = true;
            return 0;
        }
        self.cfg.optimizers.push(Optimizer {
            name: self.cfg.paths.name(path).to_owned(),
            path,
            owned,
            from_caller,
            given: false,
            escapes: false,
            lost: false,
            several: false,
            built: Vec::new(),
            models: Vec::new(),
        });
        self.objects.insert(path, self.cfg.optimizers.len() - 1);
        self.cfg.optimizers.len() - 1
    }

    pub(in crate::lower) fn graph(&mut self, path: PathId) -> GraphId {
        if let Some(&known) = self.graphs.get(&path) {
            return known;
        }
        let name = self.cfg.paths.name(path).to_owned();
        self.cfg.graphs.push(Graph { name, ..Graph::default() });
        let graph = self.cfg.graphs.len() - 1;
        self.graphs.insert(path, graph);
        if self.cfg.paths.root_of(path) != path {
            self.field_graphs.push((path, graph));
        }
        graph
    }

    pub(in crate::lower) fn uses(&mut self, graph: GraphId, user: User) {
        let user = (user, self.rounds.last().map(|round| round.of));
        let users = &mut self.cfg.graphs[graph].users;
        if users.len() < 2 && !users.contains(&user) {
            users.push(user);
        }
    }

    pub(in crate::lower) fn lose(&mut self, optimizers: Vec<OptimizerId>) {
        for id in optimizers {
            self.cfg.optimizers[id].lost = true;
        }
    }
}
