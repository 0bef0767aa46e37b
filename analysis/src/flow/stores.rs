//! The effects of code on gradients that are separate values.

use super::gradients::GradientStates;
use super::path::PathState;
use crate::cfg::{Cfg, Deps, OnStore, OptimizerId, SiteId, StoreId};
use crate::vocabulary::Keeping;

impl PathState {
    /// Updates the state for an action on gradients that are values.
    pub(super) fn on_stores(&mut self, cfg: &Cfg, stores: &[StoreId], what: OnStore, site: SiteId) {
        match what {
            OnStore::Present(id) => self.present(cfg, stores, id),
            OnStore::Effect(effect) => {
                for id in 0..self.gradients.len() {
                    if stores.iter().any(|store| cfg.takers(*store).contains(&id)) {
                        self.change(cfg, id, effect, site);
                    }
                }
            }
            OnStore::End => {
                let fresh = |store: &&StoreId| cfg.keeping(Some(**store)) == Keeping::Fresh;
                let ended: Vec<StoreId> = stores.iter().filter(fresh).copied().collect();
                let given = |site: SiteId| cfg.computes_one_of(&ended, site);
                for id in 0..self.gradients.len() {
                    if !cfg.optimizers[id].lost {
                        self.gradients[id].end(given);
                    }
                }
            }
            OnStore::Doubt => {
                if stores.iter().any(|store| cfg.takers(*store).is_empty()) {
                    self.touch(cfg, &Deps::Anything, 0);
                }
            }
        }
    }

    /// Updates the state for gradients that become the argument of a step.
    ///
    /// Some `backward` of these stores has run, because the argument exists. If another `backward`
    /// computed the last gradients of the optimizer, the state of the argument is unknown.
    fn present(&mut self, cfg: &Cfg, stores: &[StoreId], id: OptimizerId) {
        if cfg.optimizers[id].lost {
            return;
        }
        let fresh = stores.iter().all(|store| cfg.keeping(Some(*store)) == Keeping::Fresh);
        let given = |site: SiteId| cfg.computes_one_of(stores, site);
        let unfilled = GradientStates::EMPTY.or(GradientStates::ENTRY);
        let mut known = self.gradients[id];
        if known.all.meets(GradientStates::UNKNOWN) {
            return;
        }
        if fresh {
            // The optimizer was built after the `backward`, and has not stepped yet.
            if let ([store], true) = (stores, known.all.within(unfilled)) {
                self.renew(cfg, id, Some(*store), cfg.stores[*store].site);
            } else if known.keep_filled_by(given) {
                self.gradients[id] = known;
            } else {
                self.put(cfg, id, GradientStates::UNKNOWN);
            }
            return;
        }
        let foreign = |state: GradientStates| {
            !state.within(unfilled) && !known.provenance(state).filled.is_some_and(given)
        };
        if known.all.states().any(foreign) {
            self.put(cfg, id, GradientStates::UNKNOWN);
        }
    }

    /// Whether the gradients of an optimizer are a separate value that no opaque code can use.
    pub(super) fn holds_value(&self, cfg: &Cfg, id: OptimizerId) -> bool {
        let known = self.gradients[id];
        known.all != GradientStates::NONE
            && known
                .all
                .states()
                .all(|state| known.provenance(state).filled.is_some_and(|site| cfg.keeps_value(site)))
    }

    /// Replaces the gradients of an optimizer by a new value.
    pub(super) fn renew(&mut self, cfg: &Cfg, id: OptimizerId, store: Option<StoreId>, site: SiteId) {
        if !cfg.optimizers[id].lost {
            let adds = cfg.keeping(store) == Keeping::Accumulated;
            let owns = store.is_some_and(|store| !cfg.escapes(store));
            self.gradients[id].renew(adds, owns, site);
        }
    }
}
