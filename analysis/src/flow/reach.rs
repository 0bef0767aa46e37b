//! Determines the optimizers that an action on some places reaches, and the graphs that a backward
//! runs through.

use crate::cfg::{Cfg, Claim, Deps, GraphId, Optimizer, OptimizerId, PathId, SiteId, StoreId};
use crate::limits;
use crate::vocabulary::Keeping;

/// Whether an action on some places reaches an optimizer's gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Yes,
    No,
    Maybe,
}

/// Whether it is certain that a loss does not depend on the parameters of an optimizer.
fn is_told_apart(cfg: &Cfg, owned: &Deps, deps: &Deps) -> bool {
    let is_model = |path: PathId| Deps::one(path).overlaps(&cfg.function.models, &cfg.paths) == Some(true);
    let apart = |path: PathId| deps.paths().iter().all(|&from| cfg.independent(path, from));
    owned.paths().iter().all(|&path| is_model(path) || apart(path))
}

/// Whether the gradient of a loss reaches this optimizer, when the loss was computed from `deps`.
pub(super) fn reaches(cfg: &Cfg, id: OptimizerId, deps: &Deps) -> Reach {
    let alone = cfg.optimizers.len() == 1;
    let overlaps =
        |optimizer: &Optimizer| optimizer.owned.as_ref().and_then(|owned| owned.overlaps(deps, &cfg.paths));
    let optimizer = &cfg.optimizers[id];
    match (&optimizer.owned, overlaps(optimizer)) {
        // The action may leave out one of several optimizers.
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

/// Whether the parameters in `owned` are known not to be those of a model.
pub(super) fn is_comparable(cfg: &Cfg, owned: &Deps, model: PathId) -> bool {
    let apart = |path: PathId| cfg.independent(path, model) || cfg.are_exclusive(path, model);
    *owned != Deps::Anything && owned.paths().iter().all(|&path| apart(path))
}

/// Whether the loss of a `backward` reaches this optimizer. The loss was computed from `deps`.
///
/// The loss reaches the optimizer that claims the `backward`.
fn reaches_from(cfg: &Cfg, id: OptimizerId, deps: &Deps, backward: SiteId) -> Reach {
    match reaches(cfg, id, deps) {
        Reach::Maybe if cfg.facts.at::<Claim>(backward).is_some_and(|claim| claim.0 == id) => Reach::Yes,
        reach => reach,
    }
}

/// Whether an action on these places, such as a `zero_grad` of a model, reaches this optimizer.
pub(super) fn reaches_through(cfg: &Cfg, id: OptimizerId, deps: &Deps) -> Reach {
    match reaches(cfg, id, deps) {
        Reach::Maybe if cfg.optimizers[id].claimed.overlaps(deps, &cfg.paths) == Some(true) => Reach::Yes,
        reach => reach,
    }
}

/// Whether a `backward` of a loss computed from `deps` fills this optimizer's gradients.
///
/// Gradients that are a separate value belong to the optimizers whose steps take this value.
pub(super) fn fills(
    cfg: &Cfg,
    id: OptimizerId,
    deps: &Deps,
    store: Option<StoreId>,
    backward: SiteId,
) -> Reach {
    let Some(store) = store.filter(|store| cfg.keeping(Some(*store)) != Keeping::InPlace) else {
        return reaches_from(cfg, id, deps, backward);
    };
    let takers = cfg.takers(store);
    if takers.contains(&id) {
        Reach::Yes
    } else if cfg.escapes(store) {
        Reach::Maybe
    } else if !takers.is_empty() {
        Reach::No
    } else if cfg.optimizers.len() == 1 {
        Reach::Yes
    } else {
        reaches(cfg, id, deps)
    }
}

/// Whether an action on these places acts on all parameters of an optimizer.
pub(super) fn is_whole(cfg: &Cfg, id: OptimizerId, deps: &Deps) -> bool {
    let optimizer = &cfg.optimizers[id];
    optimizer.owned.as_ref().is_some_and(|owned| covers(cfg, deps, owned))
        || covers(cfg, deps, &optimizer.claimed)
}

/// Whether each place in `owned` is a part of some place in `deps`.
fn covers(cfg: &Cfg, deps: &Deps, owned: &Deps) -> bool {
    let inside = |part| deps.paths().iter().any(|&whole| cfg.paths.holds(whole, part));
    !owned.is_empty() && owned.paths().iter().all(|&part| inside(part))
}

/// The graphs in `graphs`, and all graphs that they were computed from.
pub(super) fn ancestors(cfg: &Cfg, graphs: &[GraphId]) -> Vec<GraphId> {
    let mut open = graphs.to_vec();
    let mut seen: Vec<GraphId> = Vec::new();
    while let Some(graph) = open.pop() {
        if !seen.contains(&graph) && seen.len() < limits::ANCESTORS {
            seen.push(graph);
            open.extend(&cfg.graphs[graph].parents);
        }
    }
    seen
}

/// Whether a tensor is known to have a graph. It has one if a model with an optimizer or a store in
/// the function computed it.
pub(super) fn has_graph(cfg: &Cfg, graph: GraphId) -> bool {
    let of_store = cfg.function.stores.overlaps(&cfg.graphs[graph].models, &cfg.paths) == Some(true);
    of_store || is_owned(cfg, graph)
}

/// Whether an optimizer of the function has the parameters of the model that computed a tensor.
fn is_owned(cfg: &Cfg, graph: GraphId) -> bool {
    let models = &cfg.graphs[graph].models;
    cfg.optimizers.iter().any(|optimizer| {
        optimizer.owned.as_ref().and_then(|owned| owned.overlaps(models, &cfg.paths)) == Some(true)
    })
}
