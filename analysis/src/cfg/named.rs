//! Search for optimizers that have the name of one model and the parameters of another model.

use super::{Action, Cfg, Computation, Deps, OptimizerId, PathId, Recorded, SiteId};
use crate::stage::Stage;
use crate::vocabulary::share_a_word;

impl Cfg {
    /// The model that an optimizer is named after, with a recorded forward pass of this model. A
    /// `backward` runs through the forward pass.
    ///
    /// `None` unless the optimizer certainly updates exactly one model, this model has another
    /// name, and no optimizer of the function updates the model with the optimizer's name.
    pub(crate) fn named_after(&self, id: OptimizerId) -> Option<(PathId, SiteId)> {
        let all_known = self.optimizers.iter().all(|one| !one.lost && one.owned.is_some());
        let [held] = *self.optimizers[id].owned.as_ref()?.paths() else { return None };
        let name = &self.optimizers[id].name;
        if !all_known || share_a_word(name, self.last_name(held)) {
            return None;
        }
        let backwards = self.facts.all::<Computation>().filter(|(_, run)| run.stage == Stage::Backward);
        let mut forwards = backwards.flat_map(|(_, run)| run.past.computed.known());
        forwards.find_map(|&forward| {
            let run = self.facts.at::<Computation>(forward)?;
            let model = run.model.filter(|_| run.stage == Stage::Forward && run.recorded == Recorded::Yes)?;
            // A model may be built from the store that the optimizer updates.
            let places = run.own.union(&Deps::one(model));
            let is_it = share_a_word(name, self.last_name(model)) && !self.may_be_updated(&places);
            is_it.then_some((model, forward))
        })
    }

    /// The last name of a place: `net_g` for `self.net_g`.
    fn last_name(&self, path: PathId) -> &str {
        let name = self.paths.name(path);
        name.rsplit('.').next().unwrap_or(name)
    }

    /// Whether an optimizer of the function, or opaque code, may update a model in these places.
    fn may_be_updated(&self, places: &Deps) -> bool {
        let overlaps = |deps: &Deps| deps.overlaps(places, &self.paths) != Some(false);
        self.optimizers.iter().any(|one| overlaps(&one.claimed))
            || self.optimizers.iter().filter_map(|one| one.owned.as_ref()).any(overlaps)
            || self.events().any(|(_, event)| matches!(&event.action, Action::Touch(deps) if overlaps(deps)))
    }
}
