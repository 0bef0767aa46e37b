//! Optimizers and graphs: the objects that the flow analysis tracks.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use syn::{Expr, Local, LocalInit, Pat, Type};

use crate::attribute::may_leave_out;
use crate::cfg::{Deps, Graph, GraphId, Optimizer, OptimizerId, PathId, StoreId, User, Versioned};
use crate::limits;
use crate::lower::Lower;
use crate::vocabulary::{copies_deeply, is_same_in_every_mode};

/// The argument of a step, if the gradients in the argument are unknown. The flag tells whether the
/// step is in the first iteration of a loop.
type Taken = (Versioned, bool);

/// What the name of a place says about parameters in it.
#[derive(Clone, Copy)]
pub(super) struct Says {
    pub store: bool,
    pub settings: bool,
    pub data: bool,
}

/// The objects that the flow analysis tracks, by their places.
#[derive(Default)]
pub(in crate::lower) struct Objects {
    optimizers: BTreeMap<PathId, OptimizerId>,
    /// For the place of each model that updates itself, the place that represents the model's
    /// gradients.
    pub holders: BTreeMap<PathId, PathId>,
    graphs: BTreeMap<PathId, GraphId>,
    accumulators: BTreeMap<PathId, StoreId>,
    /// For each optimizer, the argument of its last step, if the gradients in the argument were
    /// unknown.
    taken: BTreeMap<OptimizerId, Option<Taken>>,
    /// For each optimizer that gets its model in each step, the model of its last step.
    stepped: BTreeMap<OptimizerId, PathId>,
    /// The graphs of tensors in fields, in order of creation.
    field_graphs: Vec<(PathId, GraphId)>,
    /// What the name of each place says about parameters.
    pub(super) by_name: RefCell<BTreeMap<PathId, Says>>,
    /// The variables that hold one layer, which computes the same in every mode.
    layers: BTreeSet<PathId>,
}

impl Objects {
    pub(in crate::lower) fn optimizers(&self) -> impl Iterator<Item = (PathId, OptimizerId)> {
        self.optimizers.iter().map(|(path, id)| (*path, *id))
    }

    /// Records the argument of a step, if the gradients in the argument are unknown. Returns the
    /// argument that was recorded for the previous step.
    pub(in crate::lower) fn taken_before(&mut self, id: OptimizerId, now: Option<Taken>) -> Option<Taken> {
        self.taken.insert(id, now).flatten()
    }

    /// Records the model of an optimizer's step. Returns the model of the previous step.
    pub(in crate::lower) fn stepped_before(&mut self, id: OptimizerId, model: PathId) -> Option<PathId> {
        self.stepped.insert(id, model)
    }

    /// Whether a place holds a model that a step got.
    pub(in crate::lower) fn is_stepped(&self, model: PathId) -> bool {
        self.stepped.values().any(|stepped| *stepped == model)
    }

    /// The accumulator that a place holds.
    pub(in crate::lower) fn accumulator(&self, path: PathId) -> Option<StoreId> {
        self.accumulators.get(&path).copied()
    }

    pub(in crate::lower) fn hold_accumulator(&mut self, path: PathId, store: StoreId) {
        self.accumulators.insert(path, store);
    }

    pub(in crate::lower) fn graph_of(&self, path: PathId) -> Option<GraphId> {
        self.graphs.get(&path).copied()
    }

    pub(in crate::lower) fn field_graphs(&self) -> &[(PathId, GraphId)] {
        &self.field_graphs
    }
}

impl Lower<'_> {
    /// Whether a variable holds a layer that computes the same in training mode and in evaluation mode.
    pub(in crate::lower) fn is_same_layer(&self, path: PathId) -> bool {
        self.objects.layers.contains(&path)
    }

    /// Records a variable of the type of a layer that ignores the mode, and a clone of such a variable.
    pub(in crate::lower) fn note_layer(&mut self, name: &str, local: &Local) {
        let of_layer = match (&local.pat, &local.init) {
            (Pat::Type(typed), _) => self.is_layer_of_every_mode(&typed.ty),
            (_, Some(LocalInit { expr, .. })) => match &**expr {
                Expr::MethodCall(call) if call.args.is_empty() && copies_deeply(&call.method.to_string()) => {
                    let Expr::Path(from) = &*call.receiver else { return };
                    let from = from.path.get_ident().and_then(|from| self.lookup(&from.to_string()));
                    from.is_some_and(|from| self.is_same_layer(from))
                }
                _ => false,
            },
            _ => false,
        };
        if let Some(path) = self.lookup(name).filter(|_| of_layer) {
            self.objects.layers.insert(path);
        }
    }

    /// Whether a type is a layer of a library that ignores the mode.
    fn is_layer_of_every_mode(&self, ty: &Type) -> bool {
        let Type::Path(path) = ty else { return false };
        let last = path.path.segments.last();
        let own = self.resolver.type_of(ty, self.inlining.function).is_some();
        !own && last.is_some_and(|last| is_same_in_every_mode(&last.ident.to_string()))
    }

    /// Records that an optimizer under `#[cfg]` may be left out of the program, together with the code that uses it.
    pub(in crate::lower) fn may_be_left_out(&mut self, name: &str, local: &Local) {
        if let Some(path) = self.lookup(name).filter(|_| may_leave_out(&local.attrs))
            && let Some(&id) = self.objects.optimizers.get(&path)
        {
            self.cfg.optimizers[id].unused = false;
        }
    }

    /// The optimizer in a place. It is created if the place has no optimizer yet. The places in
    /// `owned` are added to the parameters that the optimizer updates.
    pub(in crate::lower) fn optimizer(
        &mut self,
        path: PathId,
        owned: Option<Deps>,
        from_caller: bool,
    ) -> OptimizerId {
        if let Some(&known) = self.objects.optimizers.get(&path) {
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
        let id = self.cfg.optimizers.len();
        self.cfg.optimizers.push(Optimizer {
            name: self.cfg.paths.name(path).to_owned(),
            path,
            owned,
            claimed: Deps::none(),
            from_caller,
            given: false,
            exclusive: false,
            escapes: false,
            lost: false,
            several: false,
            adds_up: true,
            unused: false,
            kept: false,
            built: Vec::new(),
            models: Vec::new(),
        });
        self.objects.optimizers.insert(path, id);
        id
    }

    /// The optimizer in a place.
    ///
    /// The optimizer belongs to the caller if the variable of the place is a parameter.
    pub(in crate::lower) fn optimizer_of(&mut self, path: PathId) -> OptimizerId {
        let from_caller = self.env.parameters.contains(&self.cfg.paths.root_of(path));
        self.optimizer(path, None, from_caller)
    }

    /// The graph of the tensor in a place.
    pub(in crate::lower) fn graph(&mut self, path: PathId) -> GraphId {
        if let Some(&known) = self.objects.graphs.get(&path) {
            return known;
        }
        let name = self.cfg.paths.name(path).to_owned();
        self.cfg.graphs.push(Graph { name, ..Graph::default() });
        let graph = self.cfg.graphs.len() - 1;
        self.objects.graphs.insert(path, graph);
        if self.cfg.paths.root_of(path) != path {
            self.objects.field_graphs.push((path, graph));
        }
        graph
    }

    /// Records a user of a graph. At most two users are recorded, because further users make no
    /// difference.
    pub(in crate::lower) fn uses(&mut self, graph: GraphId, user: User) {
        let user = (user, self.control.innermost());
        let users = &mut self.cfg.graphs[graph].users;
        if users.len() < 2 && !users.contains(&user) {
            users.push(user);
        }
    }

    /// Marks these optimizers as unknown: nothing is reported about them.
    pub(in crate::lower) fn lose(&mut self, optimizers: Vec<OptimizerId>) {
        for id in optimizers {
            self.cfg.optimizers[id].lost = true;
        }
    }

    /// The optimizers in these places.
    pub(in crate::lower) fn optimizers_in(&self, deps: &Deps) -> Vec<OptimizerId> {
        let overlaps = |path: PathId| deps.paths().iter().any(|&dep| self.cfg.paths.overlap(dep, path));
        self.objects.optimizers().filter(|(path, _)| overlaps(*path)).map(|(_, id)| id).collect()
    }

    /// For each optimizer in the places `deps`, the place of the optimizer.
    pub(in crate::lower) fn paths_in(&self, deps: &Deps) -> Deps {
        self.optimizers_in(deps)
            .into_iter()
            .fold(Deps::none(), |all, id| all.union(&Deps::one(self.cfg.optimizers[id].path)))
    }

    /// Whether some optimizer owns parameters in these places.
    pub(in crate::lower) fn is_owned(&self, deps: &Deps) -> bool {
        let mut owned = self.cfg.optimizers.iter().filter_map(|optimizer| optimizer.owned.as_ref());
        owned.any(|owned| owned.overlaps(deps, &self.cfg.paths) == Some(true))
    }
}
