//! Gradients that are separate values, called stores.
//!
//! In some libraries `backward` returns the gradients, and `step` takes the gradients as an
//! argument. In other libraries `backward` adds the gradients to those in the parameters.

use std::collections::BTreeSet;

use super::{Cfg, OptimizerId, PathId, SiteId, StoreId};
use crate::vocabulary::Keeping;

/// The gradients of one `backward`, or the sum in one accumulator.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub(crate) struct Store {
    /// The `backward`, or the constructor of the accumulator.
    pub(crate) site: SiteId,
    /// The way in which the library stores the gradients of the `backward`.
    pub(crate) keeping: Keeping,
    /// The optimizers that step with these gradients.
    pub(crate) takers: BTreeSet<OptimizerId>,
    /// The accumulator to which the gradients are added.
    pub(crate) into: Option<StoreId>,
    /// The model whose gradients the code selects from the result of the `backward`.
    pub(crate) model: Option<PathId>,
    /// Whether the gradients are returned, stored or passed on, so that other code may use them.
    pub(crate) escapes: bool,
    /// Whether the function reads the gradients of single tensors. It may update the tensors by
    /// hand.
    pub(crate) read: bool,
    /// Whether the `backward` is in a closure. Other code may call the closure.
    pub(crate) hidden: bool,
    /// Whether the gradients are bound to a variable or passed to a call.
    pub(crate) used: bool,
    /// Whether the gradients are bound to a variable whose name does not start with an underscore.
    pub(crate) named: bool,
}

impl Store {
    pub(crate) fn new(site: SiteId, keeping: Keeping) -> Self {
        Self {
            site,
            keeping,
            takers: BTreeSet::new(),
            into: None,
            model: None,
            escapes: false,
            read: false,
            hidden: false,
            used: false,
            named: false,
        }
    }
}

impl Cfg {
    /// The way in which the library stores the gradients of the `backward` of this store.
    pub(crate) fn keeping(&self, store: Option<StoreId>) -> Keeping {
        store.map_or(Keeping::InPlace, |store| self.stores[store].keeping)
    }

    /// Whether the `backward` at a site returns the gradients as a value.
    pub(crate) fn returns_gradients(&self, site: SiteId) -> bool {
        self.stores.iter().any(|store| store.site == site && store.keeping != Keeping::InPlace)
    }

    /// Whether the gradients of the `backward` at a site are passed as a value to a step of this
    /// optimizer.
    pub(crate) fn is_taken(&self, site: SiteId, by: OptimizerId) -> bool {
        let mut stores = self.stores.iter().enumerate().filter(|(_, store)| store.site == site);
        stores.any(|(id, store)| store.keeping != Keeping::InPlace && self.takers(id).contains(&by))
    }

    /// Whether an optimizer steps with the sum in an accumulator.
    pub(crate) fn steps_with_sums(&self, optimizer: OptimizerId) -> bool {
        let mut sums = self.stores.iter().filter(|store| store.keeping == Keeping::Accumulated);
        sums.any(|store| store.takers.contains(&optimizer))
    }

    /// Whether the function reads single gradients of the `backward` at a site.
    pub(crate) fn reads_part(&self, site: SiteId) -> bool {
        self.stores.iter().any(|store| store.site == site && store.read)
    }

    /// Whether the `backward` at a site starts with empty gradients.
    pub(crate) fn renews(&self, site: SiteId) -> bool {
        self.stores.iter().any(|store| store.site == site && store.keeping == Keeping::Fresh)
    }

    /// Whether the gradients of the `backward` at a site are a new value that no opaque code can
    /// use.
    pub(crate) fn keeps_value(&self, site: SiteId) -> bool {
        let mut stores = self.stores.iter().filter(|store| store.site == site);
        stores.any(|store| store.keeping == Keeping::Fresh && !store.escapes)
    }

    /// The optimizers that step with the gradients of a store, directly or through an accumulator.
    pub(crate) fn takers(&self, store: StoreId) -> BTreeSet<OptimizerId> {
        let known = &self.stores[store];
        let through = known.into.map(|sum| self.stores[sum].takers.clone()).unwrap_or_default();
        known.takers.union(&through).copied().collect()
    }

    /// Whether opaque code may use the gradients of a store.
    pub(crate) fn escapes(&self, store: StoreId) -> bool {
        let known = &self.stores[store];
        known.hidden && self.takers(store).is_empty()
            || known.escapes
            || known.into.is_some_and(|sum| self.stores[sum].escapes)
    }

    /// Whether a `backward` at `site` computes the gradients of one of these stores.
    pub(crate) fn computes_one_of(&self, stores: &[StoreId], site: SiteId) -> bool {
        self.stores.iter().enumerate().any(|(id, store)| {
            store.site == site
                && (stores.contains(&id) || store.into.is_some_and(|sum| stores.contains(&sum)))
        })
    }
}
