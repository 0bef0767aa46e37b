//! Methods that train a model of `self` by their name, and run no `backward`.
//!
//! The optimizer of such a model is in the model itself, whose type is in another file: only the name of the method,
//! and the loss that it computes, show that the method trains.

use super::{Cause, Context};
use crate::cfg::{Action, Certain, Computation, Opaque, PathId, SiteId};
use crate::vocabulary::rust::is_field_of_self;
use crate::vocabulary::{hints_at_training, moves_target, trains_model_by_name};

/// Reports the loss of a method that trains a model of `self` by its name, if nothing can run `backward` from the loss.
///
/// `loss` is a recorded loss of the function, which has neither a `backward` nor an optimizer.
pub(super) fn report_untrained(cx: &mut Context<'_>, lint: &'static str, loss: SiteId, run: &Computation) {
    let function = &cx.cfg.function;
    let known_library = function.returns_gradients || function.writes_in_place;
    if !known_library || function.stores_graph || !trains_model_by_name(&function.name) {
        return;
    }
    let Some(model) = own_model(cx, run) else { return };
    let handed = cx.cfg.events().any(|(_, event)| matches!(event.action, Action::Handed { .. }));
    if handed || trains_elsewhere(cx, model) {
        return;
    }
    let name = function.name.clone();
    let message = format!("no `backward` runs from {}, although `{name}` trains by its name", cx.call(loss));
    let help = format!("run `backward` and a step of the optimizer after line {}", cx.line(loss));
    cx.report(loss, Cause::Alone(loss, lint), usize::MAX, Certain::Every, message)
        .note(format!("`{name}` only reads the loss, so the parameters never change"))
        .help(help)
        .only_warns();
}

/// The model of a loss, if the model is a field of `self` and the function gets `self` by `&mut`.
fn own_model(cx: &Context<'_>, run: &Computation) -> Option<PathId> {
    let own = |path: &PathId| {
        let root = cx.cfg.facts.variable(cx.cfg.paths.root_of(*path));
        is_field_of_self(cx.cfg.paths.name(*path)) && root.is_some_and(|known| known.is_exclusive)
    };
    run.models.paths().iter().copied().find(own)
}

/// Whether an opaque call with a name that hints at training gets the model, or the whole that holds it.
///
/// A call that moves a target network trains nothing.
fn trains_elsewhere(cx: &Context<'_>, model: PathId) -> bool {
    cx.cfg.facts.all::<Opaque>().any(|(site, given)| {
        let names = &cx.site(site).names;
        let trains = names.iter().any(|name| hints_at_training(name) && !moves_target(name));
        trains && given.0.paths().iter().any(|path| cx.cfg.paths.overlap(*path, model))
    })
}
