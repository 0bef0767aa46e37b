//! Liveness of gradients: an analysis from the end of the function to its start.
//!
//! The gradients of an optimizer are live where some path reaches a step that uses them, or opaque code that
//! may use them. A `zero_grad` ends the liveness.

use std::collections::BTreeSet;

use super::reach::{Reach, fills, is_whole, reaches_through};
use crate::cfg::{Action, BlockId, Cfg, OnStore, OptimizerId, SiteId};
use crate::stage::Effect;
use crate::vocabulary::Keeping;

/// The optimizers whose gradients are live, as bits.
type Live = u32;

/// The backwards whose gradients no step ever uses, in source order. Each entry has the optimizers
/// that the backward reaches.
pub fn unused(cfg: &Cfg, annotated: bool) -> Vec<(SiteId, Vec<OptimizerId>)> {
    if cfg.optimizers.is_empty() || cfg.optimizers.len() > Live::BITS as usize {
        return Vec::new();
    }
    let ends = solve(cfg, annotated);
    let (mut used, mut filled) = (BTreeSet::new(), std::collections::BTreeMap::new());
    for (block, &end) in cfg.blocks.iter().zip(&ends) {
        let mut live = end;
        for event in block.events.iter().rev() {
            // For gradients that are a value, `takers` tells whether a step uses the value.
            if let Action::Backward { deps, store, .. } = &event.action
                && matches!(cfg.keeping(*store), Keeping::InPlace | Keeping::Threaded)
            {
                let ids = 0..cfg.optimizers.len();
                let reach = |id| fills(cfg, id, deps, *store, event.site);
                let reached: Vec<_> = ids.filter(|id| reach(*id) != Reach::No).collect();
                let sure = reached.iter().all(|id| reach(*id) == Reach::Yes);
                if !sure || reached.is_empty() || reached.iter().any(|id| live & (1 << id) != 0) {
                    used.insert(event.site);
                }
                filled.insert(event.site, reached);
            }
            live = before(cfg, &event.action, live);
        }
    }
    filled.into_iter().filter(|(site, _)| !used.contains(site)).collect()
}

/// For each block, the optimizers whose gradients are live at its end.
fn solve(cfg: &Cfg, annotated: bool) -> Vec<Live> {
    let mut into: Vec<Vec<BlockId>> = vec![Vec::new(); cfg.blocks.len()];
    for (id, block) in cfg.blocks.iter().enumerate() {
        block.edges.iter().for_each(|edge| into[edge.to].push(id));
    }
    let mut at_end: Live = 0;
    for (id, optimizer) in cfg.optimizers.iter().enumerate() {
        if optimizer.escapes || optimizer.lost || optimizer.from_caller && !annotated {
            at_end |= 1 << id;
        }
    }
    let mut ends: Vec<Live> = vec![0; cfg.blocks.len()];
    for (block, end) in cfg.blocks.iter().zip(&mut ends) {
        *end = if block.edges.is_empty() { at_end } else { 0 };
    }
    let mut open: BTreeSet<BlockId> = (0..cfg.blocks.len()).collect();
    while let Some(block) = open.pop_last() {
        let events = cfg.blocks[block].events.iter().rev();
        let start = events.fold(ends[block], |live, event| before(cfg, &event.action, live));
        for &from in &into[block] {
            if ends[from] | start != ends[from] {
                ends[from] |= start;
                open.insert(from);
            }
        }
    }
    ends
}

/// The optimizers whose gradients are live before an event. The argument `live` has the optimizers
/// whose gradients are live after the event.
fn before(cfg: &Cfg, action: &Action, live: Live) -> Live {
    let all = |chosen: &dyn Fn(OptimizerId) -> bool| {
        (0..cfg.optimizers.len()).filter(|id| chosen(*id)).fold(0, |bits: Live, id| bits | 1 << id)
    };
    match action {
        Action::Effect(id, Effect::Zero) => {
            live & !all(&|other| other == *id || owns_the_same(cfg, *id, other))
        }
        Action::Effect(id, Effect::Take) => live | all(&|other| other == *id || may_share(cfg, *id, other)),
        Action::Through(deps, Effect::Zero) => {
            live & !all(&|id| is_whole(cfg, id, deps) && reaches_through(cfg, id, deps) == Reach::Yes)
        }
        Action::Through(deps, Effect::Take) => live | all(&|id| reaches_through(cfg, id, deps) != Reach::No),
        Action::OnStores(stores, OnStore::Effect(Effect::Zero)) => {
            live & !all(&|id| stores.iter().any(|store| cfg.takers(*store).contains(&id)))
        }
        Action::OnStores(stores, OnStore::Doubt) => {
            let doubtful = stores.iter().any(|store| cfg.takers(*store).is_empty());
            live | all(&|_| doubtful)
        }
        Action::Forget(id) => live | 1 << id,
        Action::Touch(deps) => live | all(&|id| cfg.touches(id, deps)),
        Action::Effect(_, Effect::Nothing | Effect::Fill | Effect::Clip | Effect::Unscale)
        | Action::Through(_, Effect::Nothing | Effect::Fill | Effect::Clip | Effect::Unscale)
        | Action::OnStores(
            _,
            OnStore::Present(_)
            | OnStore::End
            | OnStore::Effect(Effect::Nothing | Effect::Fill | Effect::Clip | Effect::Take | Effect::Unscale),
        )
        | Action::Build(_)
        | Action::Backward { .. }
        | Action::Handed { .. }
        | Action::Compute(..)
        | Action::LoseGraph(_)
        | Action::Replace(_)
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
        | Action::RestoreMode(..) => live,
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
