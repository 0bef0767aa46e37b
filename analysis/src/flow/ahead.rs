//! What comes next: the first effects on an optimizer's gradients after a point.

use super::effect::{Reach, reaches};
use crate::cfg::{Action, BlockId, Cfg, OptimizerId, SiteId};
use crate::stage::Effect;

/// The first effects on an optimizer's gradients on the ways out of a block, each with its site.
///
/// `None` where something unseen may come first.
pub fn first_effects(cfg: &Cfg, id: OptimizerId, from: BlockId) -> Option<Vec<(Effect, SiteId)>> {
    let mut seen = vec![false; cfg.blocks.len()];
    let mut open: Vec<BlockId> = cfg.blocks[from].edges.iter().map(|edge| edge.to).collect();
    let mut found = Vec::new();
    while let Some(block) = open.pop() {
        if std::mem::replace(&mut seen[block], true) {
            continue;
        }
        let mut stopped = false;
        for event in &cfg.blocks[block].events {
            let effect = match &event.action {
                Action::Gradients(of, effect) => (*of == id).then_some(*effect),
                Action::Through(deps, effect) => match reaches(cfg, id, deps) {
                    Reach::No => None,
                    Reach::Yes => Some(*effect),
                    Reach::Maybe => return None,
                },
                Action::Backward { deps, .. } => match reaches(cfg, id, deps) {
                    Reach::No => None,
                    Reach::Yes => Some(Effect::Fill),
                    Reach::Maybe => return None,
                },
                Action::Touch(deps) if cfg.touches(id, deps) => return None,
                Action::Forget(of) | Action::Build(of) if *of == id => return None,
                _ => None,
            };
            if let Some(effect) = effect.filter(|effect| !matches!(effect, Effect::Nothing | Effect::Clip)) {
                found.push((effect, event.site));
                stopped = true;
                break;
            }
        }
        if !stopped {
            open.extend(cfg.blocks[block].edges.iter().map(|edge| edge.to));
        }
    }
    Some(found)
}
