//! Optimizers that are named after one model and hold the parameters of another.

use super::Context;
use crate::cfg::{Action, Computation, Deps, OptimizerId, PathId, Recorded, SiteId};
use crate::stage::Stage;
use crate::vocabulary::share_a_word;

/// The model that an optimizer is named after, with a recorded forward pass of it that a `backward` runs through.
///
/// `None` unless the optimizer certainly holds one other model, and no optimizer of the function holds the model
/// that it is named after.
pub(super) fn named_after(cx: &Context<'_>, id: OptimizerId) -> Option<(PathId, SiteId)> {
    let optimizers = &cx.cfg.optimizers;
    let all_known = optimizers.iter().all(|one| !one.lost && one.owned.is_some());
    let [held] = *optimizers[id].owned.as_ref()?.paths() else { return None };
    let name = cx.name(id);
    if !all_known || cx.of_spec() || share_a_word(name, last(cx, held)) {
        return None;
    }
    let forwards = cx.backwards().flat_map(|(_, run)| run.past.computed.known());
    forwards.copied().find_map(|forward| {
        let run = cx.cfg.facts.at::<Computation>(forward)?;
        let model = run.model.filter(|_| run.stage == Stage::Forward && run.recorded == Recorded::Yes)?;
        let is_it = share_a_word(name, last(cx, model)) && !is_held(cx, model) && !is_touched(cx, model);
        is_it.then_some((model, forward))
    })
}

/// The last name of a place: `net_g` for `self.net_g`.
fn last<'a>(cx: &Context<'a>, path: PathId) -> &'a str {
    let name = cx.cfg.paths.name(path);
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether an optimizer of the function may update a model.
fn is_held(cx: &Context<'_>, model: PathId) -> bool {
    let mut owned = cx.cfg.optimizers.iter().filter_map(|one| one.owned.as_ref());
    owned.any(|owned| owned.overlaps(&Deps::one(model), &cx.cfg.paths) != Some(false))
}

/// Whether opaque code may update a model.
fn is_touched(cx: &Context<'_>, model: PathId) -> bool {
    cx.cfg.events().any(|(_, event)| match &event.action {
        Action::Touch(deps) => deps.overlaps(&Deps::one(model), &cx.cfg.paths) != Some(false),
        _ => false,
    })
}
