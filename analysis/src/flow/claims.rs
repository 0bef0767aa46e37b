//! Claims decide which optimizer a loss belongs to, if the optimizer's parameters cannot be
//! compared with the models of the loss.
//!
//! In `fn fit(vs: &VarStore, net: &Net)`, an optimizer that is built from `vs` may or may not
//! update `net`. If the loss of `net` did not reach the optimizer, a step of the optimizer would
//! have no gradients, which would itself be a fault. The optimizer therefore claims the loss.

use std::collections::{BTreeMap, BTreeSet};

use super::reach::{Reach, is_comparable, reaches};
use crate::cfg::{Action, Cfg, Claim, Computation, Deps, Event, OptimizerId, PathId, SiteId, Sites};
use crate::stage::Effect;

/// A backward, a step or a `zero_grad`, in the order of the source.
enum Move {
    /// A backward from a loss that was computed from these places.
    Backward(Deps),
    Step(OptimizerId),
    Zero,
}

type Moves = BTreeMap<SiteId, Move>;

/// Records the losses that each optimizer claims, and the models of these losses.
pub(crate) fn claim(cfg: &mut Cfg) {
    settle_handed(cfg);
    let moves = moves(cfg);
    let claimed = match cfg.optimizers.len() {
        0 => return,
        1 => of_the_only_one(cfg, &moves),
        _ => of_several(cfg, &moves),
    };
    for (site, id) in claimed {
        let Some(Move::Backward(deps)) = moves.get(&site) else { continue };
        let models = models_in(cfg, deps);
        let optimizer = &mut cfg.optimizers[id];
        optimizer.claimed = optimizer.claimed.union(&models);
        cfg.facts.set(site, Claim(id));
    }
}

/// Drops the events in which opaque code gets a loss, if the function itself runs `backward` from
/// this loss.
///
/// A second `backward` through the same graph would be a fault, so the opaque code is assumed to
/// run none. The function's own `backward` must run whenever the opaque code runs.
fn settle_handed(cfg: &mut Cfg) {
    let mut own: BTreeMap<SiteId, Deps> = BTreeMap::new();
    for (_, event) in cfg.events() {
        if let Action::Backward { deps, .. } = &event.action {
            let known = own.entry(event.site).or_insert_with(Deps::none);
            *known = known.union(deps);
        }
    }
    let is_settled = |event: &Event| match &event.action {
        Action::Handed { deps, past, named: false } => own.iter().any(|(backward, of)| {
            runs_with(cfg, *backward, event.site) && is_one_loss(cfg, *backward, of, deps, past)
        }),
        _ => false,
    };
    let settled: BTreeSet<SiteId> =
        cfg.events().filter(|(_, event)| is_settled(event)).map(|(_, event)| event.site).collect();
    for block in &mut cfg.blocks {
        block.events.retain(|event| {
            !matches!(event.action, Action::Handed { named: false, .. }) || !settled.contains(&event.site)
        });
    }
}

/// Whether a `backward` runs whenever a call runs. One of them must be inside all loops of the
/// other, and each condition of the `backward` must also be a condition of the call.
fn runs_with(cfg: &Cfg, backward: SiteId, call: SiteId) -> bool {
    let (backward, call) = (&cfg.sites[backward], &cfg.sites[call]);
    let nested = backward.loops.starts_with(&call.loops) || call.loops.starts_with(&backward.loops);
    nested && backward.guards.iter().all(|guard| call.guards.contains(guard))
}

/// Whether a `backward` runs from a loss that was computed from `deps` by the forwards and losses in `past`.
fn is_one_loss(cfg: &Cfg, backward: SiteId, of: &Deps, deps: &Deps, past: &Sites) -> bool {
    let Some(run) = cfg.facts.at::<Computation>(backward) else { return false };
    let mine = &run.past.computed;
    if mine.known().is_empty() || past.known().is_empty() {
        return of.overlaps(deps, &cfg.paths) != Some(false);
    }
    mine.known().iter().any(|site| past.may_hold(*site))
}

fn moves(cfg: &Cfg) -> Moves {
    let mut moves = Moves::new();
    for (_, event) in cfg.events() {
        let next = match &event.action {
            Action::Backward { deps, .. } => match moves.get(&event.site) {
                Some(Move::Backward(known)) => Move::Backward(known.union(deps)),
                _ => Move::Backward(deps.clone()),
            },
            Action::Effect(id, Effect::Take) => Move::Step(*id),
            Action::Effect(_, Effect::Zero) => Move::Zero,
            _ => continue,
        };
        moves.insert(event.site, next);
    }
    moves
}

/// The losses that the only optimizer of the function claims.
///
/// A backward counts if it is inside all loops around a step. If the step is outside of loops, the
/// backward must be before the step. If the function has no step, a `zero_grad` of the optimizer
/// takes the place of the step, because the missing step is then the fault.
fn of_the_only_one(cfg: &Cfg, moves: &Moves) -> Vec<(SiteId, OptimizerId)> {
    let sites = |wanted: fn(&Move) -> bool| {
        moves.iter().filter(move |(_, next)| wanted(next)).map(|(site, _)| *site).collect::<Vec<SiteId>>()
    };
    let steps = sites(|next| matches!(next, Move::Step(_)));
    let anchors = if steps.is_empty() { sites(|next| matches!(next, Move::Zero)) } else { steps };
    let near = |site: SiteId| {
        anchors.iter().any(|&anchor| {
            let outside = cfg.sites[anchor].loops.is_empty();
            is_inside(cfg, anchor, site) && (!outside || site < anchor || moves_zero(moves, anchor))
        })
    };
    let backwards: Vec<SiteId> =
        sites(|next| matches!(next, Move::Backward(_))).into_iter().filter(|site| near(*site)).collect();
    let last = backwards.iter().rev().find(|site| anchors.iter().any(|anchor| anchor > *site));
    attributed(cfg, moves, &backwards, last.or(backwards.last()).copied(), 0)
}

fn moves_zero(moves: &Moves, site: SiteId) -> bool {
    matches!(moves.get(&site), Some(Move::Zero))
}

/// The losses that one of several optimizers claims.
///
/// An optimizer claims backwards if it is the only optimizer that steps between them and the next
/// backward.
fn of_several(cfg: &Cfg, moves: &Moves) -> Vec<(SiteId, OptimizerId)> {
    let mut claimed = Vec::new();
    let mut backwards: Vec<SiteId> = Vec::new();
    let mut steps: Vec<(SiteId, OptimizerId)> = Vec::new();
    let mut close = |backwards: &mut Vec<SiteId>, steps: &mut Vec<(SiteId, OptimizerId)>| {
        if let Some(&(step, id)) = steps.first()
            && steps.iter().all(|(_, other)| *other == id)
        {
            backwards.retain(|site| is_inside(cfg, step, *site));
            claimed.extend(attributed(cfg, moves, backwards, backwards.last().copied(), id));
        }
        backwards.clear();
        steps.clear();
    };
    for (site, next) in moves {
        match next {
            Move::Backward(_) => {
                if !steps.is_empty() {
                    close(&mut backwards, &mut steps);
                }
                backwards.push(*site);
            }
            Move::Step(id) => steps.push((*site, *id)),
            Move::Zero => {}
        }
    }
    close(&mut backwards, &mut steps);
    claimed
}

/// Whether every loop around the step is also around the backward.
fn is_inside(cfg: &Cfg, step: SiteId, backward: SiteId) -> bool {
    cfg.sites[backward].loops.starts_with(&cfg.sites[step].loops)
}

/// The backwards that the optimizer claims: the last one, and those that run through the same models.
fn attributed(
    cfg: &Cfg,
    moves: &Moves,
    backwards: &[SiteId],
    last: Option<SiteId>,
    id: OptimizerId,
) -> Vec<(SiteId, OptimizerId)> {
    let deps = |site: SiteId| match moves.get(&site) {
        Some(Move::Backward(deps)) => Some(deps),
        _ => None,
    };
    // A loss that certainly reaches the optimizer leaves the others undecided.
    let certain = |site: &SiteId| deps(*site).is_some_and(|deps| reaches(cfg, id, deps) == Reach::Yes);
    let Some(last) = last.filter(|_| !backwards.iter().any(certain)) else { return Vec::new() };
    let Some(of_last) = deps(last).map(|deps| models_in(cfg, deps)) else { return Vec::new() };
    let alike = |site: SiteId| {
        deps(site).is_some_and(|deps| {
            let models = models_in(cfg, deps);
            models.is_empty() || of_last.is_empty() || models.overlaps(&of_last, &cfg.paths) != Some(false)
        })
    };
    let belongs = |site: SiteId| deps(site).is_some_and(|deps| may_belong(cfg, id, deps));
    let claimed = backwards.iter().copied().filter(|&site| site == last || alike(site));
    claimed.filter(|&site| belongs(site)).map(|site| (site, id)).collect()
}

/// Whether a loss that was computed from `deps` may belong to the optimizer, and belongs to no other one.
fn may_belong(cfg: &Cfg, id: OptimizerId, deps: &Deps) -> bool {
    let optimizer = &cfg.optimizers[id];
    if optimizer.lost || optimizer.several || reaches(cfg, id, deps) != Reach::Maybe {
        return false;
    }
    let others = cfg.optimizers.iter().enumerate().filter(|(other, _)| *other != id);
    let mut owned = others.filter_map(|(_, other)| other.owned.as_ref());
    if owned.any(|owned| owned.overlaps(deps, &cfg.paths) == Some(true)) {
        return false;
    }
    let is_model =
        |path: &&PathId| Deps::one(**path).overlaps(&cfg.function.models, &cfg.paths) == Some(true);
    let mut models = deps.paths().iter().filter(is_model).peekable();
    let Some(owned) = &optimizer.owned else { return true };
    models.peek().is_none() || models.any(|model| !is_comparable(cfg, owned, *model))
}

/// The places of a loss that may hold a model: those that hold no data.
fn models_in(cfg: &Cfg, deps: &Deps) -> Deps {
    let places = deps.paths().iter().filter(|path| !cfg.is_data(**path));
    places.fold(Deps::none(), |all, &path| all.union(&Deps::one(path)))
}
