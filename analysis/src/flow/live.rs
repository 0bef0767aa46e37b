//! Which gradients are ever used: a pass from the end of the function to its start.
//!
//! The gradients of an optimizer are alive where some path goes on to a step that uses them, or to where it
//! is not seen what becomes of them; `zero_grad` ends their life.

use std::collections::BTreeSet;

use super::effect::{Reach, covers, reaches};
use crate::cfg::{Action, BlockId, Cfg, Deps, OptimizerId, SiteId};
use crate::stage::Effect;

/// The optimizers whose gradients are alive, as bits.
type Alive = u32;

/// The backwards whose gradients no step ever uses, with the optimizers that they reach, in source order.
pub fn unused(cfg: &Cfg, annotated: bool) -> Vec<(SiteId, Vec<OptimizerId>)> {
    if cfg.optimizers.is_empty() || cfg.optimizers.len() > Alive::BITS as usize {
        return Vec::new();
    }
    let ends = solve(cfg, annotated);
    let (mut used, mut filled) = (BTreeSet::new(), std::collections::BTreeMap::new());
    for (block, &end) in cfg.blocks.iter().zip(&ends) {
        let mut alive = end;
        for event in block.events.iter().rev() {
            if let Action::Backward { deps, .. } = &event.action {
                let ids = 0..cfg.optimizers.len();
                let reached: Vec<_> = ids.filter(|id| reaches(cfg, *id, deps) != Reach::No).collect();
                let sure = reached.iter().all(|id| reaches(cfg, *id, deps) == Reach::Yes);
                if !sure || reached.is_empty() || reached.iter().any(|id| alive & (1 << id) != 0) {
                    used.insert(event.site);
                }
                filled.insert(event.site, reached);
            }
            alive = before(cfg, &event.action, alive);
        }
    }
    filled.into_iter().filter(|(site, _)| !used.contains(site)).collect()
}

/// What is alive at the end of each block.
fn solve(cfg: &Cfg, annotated: bool) -> Vec<Alive> {
    let mut into: Vec<Vec<BlockId>> = vec![Vec::new(); cfg.blocks.len()];
    for (id, block) in cfg.blocks.iter().enumerate() {
        block.edges.iter().for_each(|edge| into[edge.to].push(id));
    }
    let mut at_end: Alive = 0;
    for (id, optimizer) in cfg.optimizers.iter().enumerate() {
        if optimizer.escapes || optimizer.lost || optimizer.from_caller && !annotated {
            at_end |= 1 << id;
        }
    }
    let mut ends: Vec<Alive> = vec![0; cfg.blocks.len()];
    for (block, end) in cfg.blocks.iter().zip(&mut ends) {
        *end = if block.edges.is_empty() { at_end } else { 0 };
    }
    let mut open: BTreeSet<BlockId> = (0..cfg.blocks.len()).collect();
    while let Some(block) = open.pop_last() {
        let events = cfg.blocks[block].events.iter().rev();
        let start = events.fold(ends[block], |alive, event| before(cfg, &event.action, alive));
        for &from in &into[block] {
            if ends[from] | start != ends[from] {
                ends[from] |= start;
                open.insert(from);
            }
        }
    }
    ends
}

/// What is alive before an event, given what is alive after it.
fn before(cfg: &Cfg, action: &Action, alive: Alive) -> Alive {
    let all = |chosen: &dyn Fn(OptimizerId) -> bool| {
        (0..cfg.optimizers.len()).filter(|id| chosen(*id)).fold(0, |bits: Alive, id| bits | 1 << id)
    };
    match action {
        Action::Gradients(id, Effect::Zero) => {
            alive & !all(&|other| other == *id || owns_the_same(cfg, *id, other))
        }
        Action::Gradients(id, Effect::Take) => {
            alive | all(&|other| other == *id || may_share(cfg, *id, other))
        }
        Action::Through(deps, Effect::Zero) => alive & !all(&|id| is_whole(cfg, id, deps)),
        Action::Through(deps, Effect::Take) => alive | all(&|id| reaches(cfg, id, deps) != Reach::No),
        Action::Forget(id) => alive | 1 << id,
        Action::Touch(deps) => alive | all(&|id| cfg.touches(id, deps)),
        _ => alive,
    }
}

fn owns_the_same(cfg: &Cfg, id: OptimizerId, other: OptimizerId) -> bool {
    let (mine, theirs) = (&cfg.optimizers[id].owned, &cfg.optimizers[other].owned);
    mine.is_some() && mine == theirs
}

fn may_share(cfg: &Cfg, id: OptimizerId, other: OptimizerId) -> bool {
    let (mine, theirs) = (&cfg.optimizers[id].owned, &cfg.optimizers[other].owned);
    let overlap =
        mine.as_ref().zip(theirs.as_ref()).and_then(|(mine, theirs)| mine.overlaps(theirs, &cfg.paths));
    overlap != Some(false)
}

fn is_whole(cfg: &Cfg, id: OptimizerId, deps: &Deps) -> bool {
    let owned = cfg.optimizers[id].owned.as_ref();
    owned.is_some_and(|owned| covers(cfg, deps, owned)) && reaches(cfg, id, deps) == Reach::Yes
}
