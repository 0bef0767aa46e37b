//! Look-ahead: the first effects on an optimizer's gradients after a point.

use super::reach::{Reach, fills, reaches_through};
use crate::cfg::{Action, BlockId, Cfg, Event, OnStore, OptimizerId, SiteId};
use crate::stage::Effect;
use crate::vocabulary::Keeping;

/// The effect of an event on the gradients of an optimizer.
enum Next {
    /// The event neither fills, uses, zeroes nor unscales the gradients.
    Nothing,
    Effect(Effect),
    /// An unknown effect: opaque code may act on the gradients.
    Unknown,
}

/// The effects on an optimizer's gradients that come first after a block, over all paths. Each
/// effect comes with its site.
///
/// `None` if opaque code may come first on some path.
pub fn first_effects(cfg: &Cfg, id: OptimizerId, from: BlockId) -> Option<Vec<(Effect, SiteId)>> {
    let mut seen = vec![false; cfg.blocks.len()];
    let mut open: Vec<BlockId> = cfg.blocks[from].edges.iter().map(|edge| edge.to).collect();
    let mut found = Vec::new();
    while let Some(block) = open.pop() {
        if std::mem::replace(&mut seen[block], true) {
            continue;
        }
        let mut next = cfg.blocks[block].events.iter().map(|event| (next(cfg, id, event), event.site));
        match next.find(|(next, _)| !matches!(next, Next::Nothing)) {
            Some((Next::Effect(effect), site)) => found.push((effect, site)),
            Some(_) => return None,
            None => open.extend(cfg.blocks[block].edges.iter().map(|edge| edge.to)),
        }
    }
    Some(found)
}

fn next(cfg: &Cfg, id: OptimizerId, event: &Event) -> Next {
    let of = |effect: Effect| match effect {
        Effect::Nothing | Effect::Clip => Next::Nothing,
        Effect::Zero | Effect::Fill | Effect::Take | Effect::Unscale => Next::Effect(effect),
    };
    let by = |reach, effect| match reach {
        Reach::No => Next::Nothing,
        Reach::Yes => of(effect),
        Reach::Maybe => Next::Unknown,
    };
    let unknown = |is_unknown| if is_unknown { Next::Unknown } else { Next::Nothing };
    match &event.action {
        Action::Effect(other, effect) if *other == id => of(*effect),
        Action::Through(deps, effect) => by(reaches_through(cfg, id, deps), *effect),
        // The new value of the `backward` replaces the earlier gradients.
        Action::Backward { deps, store, .. } => {
            let renews = cfg.keeping(*store) == Keeping::Fresh;
            by(fills(cfg, id, deps, *store, event.site), if renews { Effect::Zero } else { Effect::Fill })
        }
        Action::OnStores(stores, OnStore::Effect(effect)) => {
            if stores.iter().any(|store| cfg.takers(*store).contains(&id)) {
                of(*effect)
            } else {
                Next::Nothing
            }
        }
        Action::OnStores(stores, OnStore::Doubt) => {
            unknown(stores.iter().any(|store| cfg.takers(*store).is_empty()))
        }
        Action::Touch(deps) => unknown(cfg.touches(id, deps)),
        Action::Handed { deps, .. } => unknown(reaches_through(cfg, id, deps) != Reach::No),
        Action::Forget(other) | Action::Build(other) => unknown(*other == id),
        Action::Effect(..)
        | Action::OnStores(_, OnStore::End | OnStore::Present(_))
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
        | Action::RestoreMode(..) => Next::Nothing,
    }
}
