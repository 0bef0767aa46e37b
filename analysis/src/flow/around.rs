//! The order of the events that act on an optimizer's gradients. A reduction over all processes is
//! such an event.

use std::collections::BTreeSet;

use super::reach::{Reach, reaches};
use crate::cfg::{Action, BlockId, Cfg, Deps, Event, Mark, OnStore, OptimizerId, SiteId};
use crate::stage::Effect;

/// What an event does to the gradients of an optimizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// A stage acts on the gradients.
    By(Effect),
    /// The gradients are reduced over all processes. The flag tells whether this is known, and not only
    /// suggested by a name.
    Reduced(bool),
}

/// For each path from a site or to a site, the nearest event that acts on an optimizer's gradients.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The events before or after the site.
    pub found: Vec<(Moved, SiteId)>,
    /// Whether opaque code may come first on some path.
    pub unknown: bool,
}

impl Around {
    /// Whether events were found, all of them pass a test, and no opaque code may come first.
    pub fn all(&self, is: impl Fn(Moved) -> bool) -> bool {
        !self.unknown && !self.found.is_empty() && self.found.iter().all(|(moved, _)| is(*moved))
    }

    /// The first event that passes a test.
    pub fn first(&self, is: impl Fn(Moved) -> bool) -> Option<SiteId> {
        self.found.iter().find(|(moved, _)| is(*moved)).map(|(_, site)| *site)
    }

    fn add(&mut self, moved: Moved, site: SiteId) {
        if !self.found.contains(&(moved, site)) {
            self.found.push((moved, site));
        }
    }
}

/// The control-flow graph with reversed edges, for queries on the order of an optimizer's events.
#[derive(Debug)]
pub struct Order<'a> {
    cfg: &'a Cfg,
    optimizer: OptimizerId,
    before: Vec<Vec<BlockId>>,
}

impl<'a> Order<'a> {
    /// The order of the events that act on the gradients of an optimizer.
    pub fn of(cfg: &'a Cfg, optimizer: OptimizerId) -> Self {
        let mut before = vec![Vec::new(); cfg.blocks.len()];
        for (id, block) in cfg.blocks.iter().enumerate() {
            block.edges.iter().filter(|edge| !edge.skips).for_each(|edge| before[edge.to].push(id));
        }
        Self { cfg, optimizer, before }
    }

    /// The sites of the events that act on the gradients and pass the test `is`.
    pub fn sites(&self, is: impl Fn(Moved) -> bool) -> BTreeSet<SiteId> {
        let moves =
            |(_, event): &(BlockId, &Event)| matches!(self.moved(event), Some(Ok(moved)) if is(moved));
        self.cfg.events().filter(moves).map(|(_, event)| event.site).collect()
    }

    /// The next events after a site. Clips are passed over unless `clips` is set.
    pub fn after(&self, site: SiteId, clips: bool) -> Around {
        self.around(site, clips, true)
    }

    /// The nearest events before a site. Clips are passed over unless `clips` is set.
    pub fn before(&self, site: SiteId, clips: bool) -> Around {
        self.around(site, clips, false)
    }

    fn around(&self, site: SiteId, clips: bool, forward: bool) -> Around {
        let mut found = Around::default();
        let mut open = Vec::new();
        for (id, block) in self.cfg.blocks.iter().enumerate() {
            for (index, event) in block.events.iter().enumerate() {
                if event.site == site && matches!(self.moved(event), Some(Ok(_))) {
                    let rest = if forward { &block.events[index + 1..] } else { &block.events[..index] };
                    self.one(rest, id, (site, clips, forward), &mut found, &mut open);
                }
            }
        }
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id) && !self.cfg.facts.processes.failures.contains(&id) {
                self.one(&self.cfg.blocks[id].events, id, (site, clips, forward), &mut found, &mut open);
            }
        }
        found
    }

    /// Looks for the next event in a block. If there is none, continues with the neighbours of the
    /// block.
    fn one(
        &self,
        events: &[Event],
        block: BlockId,
        (site, clips, forward): (SiteId, bool, bool),
        found: &mut Around,
        open: &mut Vec<BlockId>,
    ) {
        let is_next = |event: &&Event| match self.moved(event) {
            None => false,
            Some(Ok(Moved::By(Effect::Clip))) => clips,
            Some(Ok(Moved::Reduced(_))) => event.site != site,
            Some(Ok(Moved::By(_)) | Err(())) => true,
        };
        let next = if forward { events.iter().find(is_next) } else { events.iter().rev().find(is_next) };
        match next.and_then(|event| Some((self.moved(event)?, event.site))) {
            Some((Ok(moved), site)) => found.add(moved, site),
            Some((Err(()), _)) => found.unknown = true,
            None if forward => {
                open.extend(
                    self.cfg.blocks[block].edges.iter().filter(|edge| !edge.skips).map(|edge| edge.to),
                );
            }
            None => open.extend(&self.before[block]),
        }
    }

    /// What an event does to the gradients. `None` if it does nothing, and an error if its effect
    /// is unknown.
    fn moved(&self, event: &Event) -> Option<Result<Moved, ()>> {
        let reached = |deps: &Deps| reaches(self.cfg, self.optimizer, deps);
        let alone = self.cfg.optimizers.len() == 1;
        let by = |effect: Effect| match effect {
            Effect::Nothing | Effect::Unscale => None,
            Effect::Zero | Effect::Fill | Effect::Clip | Effect::Take => Some(Ok(Moved::By(effect))),
        };
        match &event.action {
            Action::Effect(id, effect) if *id == self.optimizer => by(*effect),
            Action::Through(deps, effect) if reached(deps) == Reach::Yes || alone => by(*effect),
            Action::Backward { deps, .. } if reached(deps) == Reach::Yes || alone => by(Effect::Fill),
            Action::Collective(done) => {
                let deps = done.gradients.as_ref()?;
                (reached(deps) == Reach::Yes || alone).then_some(Ok(Moved::Reduced(done.known)))
            }
            Action::Touch(deps) => {
                let harmless = self.cfg.facts.is(event.site, Mark::HandlesGradients);
                (!harmless && self.cfg.touches(self.optimizer, deps)).then_some(Err(()))
            }
            Action::Handed { deps, .. } => (reached(deps) != Reach::No).then_some(Err(())),
            Action::OnStores(stores, OnStore::Effect(effect)) => {
                let taken = stores.iter().any(|store| self.cfg.takers(*store).contains(&self.optimizer));
                if taken { by(*effect) } else { None }
            }
            Action::Forget(id) => (*id == self.optimizer).then_some(Err(())),
            Action::Build(_)
            | Action::Effect(..)
            | Action::Through(..)
            | Action::Backward { .. }
            | Action::OnStores(_, OnStore::Present(_) | OnStore::End | OnStore::Doubt)
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
            | Action::RestoreMode(..) => None,
        }
    }
}
