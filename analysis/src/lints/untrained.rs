//! Methods that train a model of `self` by their name, and run no `backward`.
//!
//! The optimizer of such a model is in the model itself, whose type is in another file: only the name of the method,
//! and the loss that it computes, show that the method trains.

use super::{Cause, Context};
use crate::cfg::{Action, Certain, Computation, Deps, NamedLoss, Opaque, PathId, SiteId};
use crate::vocabulary::rust::is_field_of_self;
use crate::vocabulary::{hints_at_training, moves_target, only_looks, trains_model_by_name};

/// Reports the loss of a method that trains a model of `self` by its name, if nothing can run `backward` from the loss.
///
/// `loss` is a recorded loss of the function, which has neither a `backward` nor an optimizer.
pub(super) fn report_untrained(cx: &mut Context<'_>, lint: &'static str, loss: SiteId, run: &Computation) {
    let Some(model) = own_model(cx, &run.models).filter(|_| may_be_reported(cx)) else { return };
    if !trains_elsewhere(cx, model) {
        let call = cx.call(loss);
        report(cx, lint, loss, &call);
    }
}

/// Reports a loss as [`report_untrained`] does, if only the name of its variable and its last operation show that it
/// is a loss. Its model has methods of unknown meaning: `let loss = (likelihood * advantage).mean_all()?;`.
pub(super) fn report_named_loss(cx: &mut Context<'_>, lint: &'static str) {
    if !may_be_reported(cx) || cx.cfg.function.reads_gradients {
        return;
    }
    let reported = |(site, loss): (SiteId, &NamedLoss)| {
        let model = own_model(cx, &loss.deps)?;
        let unused = !is_passed_on(cx, &loss.name) && !trains_elsewhere(cx, model);
        unused.then(|| (site, format!("the loss `{}`", loss.name)))
    };
    let found = cx.cfg.facts.all::<NamedLoss>().find_map(reported);
    if let Some((site, loss)) = found {
        report(cx, lint, site, &loss);
    }
}

/// Reports a loss, which the message calls `what`.
fn report(cx: &mut Context<'_>, lint: &'static str, loss: SiteId, what: &str) {
    let name = cx.cfg.function.name.clone();
    let message = format!("no `backward` runs from {what}, although `{name}` trains by its name");
    let help = format!("run `backward` and a step of the optimizer after line {}", cx.line(loss));
    cx.report(loss, Cause::Alone(loss, lint), usize::MAX, Certain::Every, message)
        .note(format!("`{name}` only reads the loss, so the parameters never change"))
        .help(help)
        .only_warns();
}

/// Whether the function trains by its name, and no other code gets a loss of the function.
fn may_be_reported(cx: &Context<'_>) -> bool {
    let function = &cx.cfg.function;
    let known_library = function.returns_gradients || function.writes_in_place;
    let handed = cx.cfg.events().any(|(_, event)| matches!(event.action, Action::Handed { .. }));
    known_library && !handed && !function.stores_graph && trains_model_by_name(&function.name)
}

/// The first of some places that is a field of `self`, if the function gets `self` by `&mut`.
fn own_model(cx: &Context<'_>, places: &Deps) -> Option<PathId> {
    let own = |path: &PathId| {
        let root = cx.cfg.facts.variable(cx.cfg.paths.root_of(*path));
        is_field_of_self(cx.cfg.paths.name(*path)) && root.is_some_and(|known| known.is_exclusive)
    };
    places.paths().iter().copied().find(own)
}

/// Whether a variable with this name is returned, stored or given to an opaque call.
fn is_passed_on(cx: &Context<'_>, name: &str) -> bool {
    let is_loss = |path: PathId| cx.cfg.paths.name(path) == name;
    let given = |(site, given): (SiteId, &Opaque)| {
        let looks = cx.site(site).names.iter().any(|name| only_looks(name));
        !looks && given.0.paths().iter().any(|path| is_loss(*path))
    };
    cx.cfg.facts.variables().any(|(path, known)| is_loss(path) && known.is_handed_on)
        || cx.cfg.facts.all::<Opaque>().any(given)
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
