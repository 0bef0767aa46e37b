//! Reads of gradients: `parameter.grad()`, and what is done with the gradient.
//!
//! A read changes nothing. A method that works in place, and opaque code that gets the gradient, may change it.

use super::Call;
use super::passed::Grade;
use crate::cfg::{Action, Deps, PathId, SiteId};
use crate::lower::Lower;
use crate::lower::env::value::{Passing, Value};
use crate::stage::{Effect, Stage};
use crate::vocabulary::{
    changes_in_place, collects, measures_gradients, names_loss, only_looks, returns_gradient,
};

impl<'a> Lower<'a> {
    /// Performs a method that returns the gradient of its receiver; `None` for any other method.
    pub(super) fn gradient_of(&mut self, call: &Call<'a>, receiver: &Value<'a>) -> Option<Value<'a>> {
        let last = |place| self.cfg.paths.name(place).rsplit('.').next().unwrap_or("");
        let of_loss = receiver.computed || receiver.place.is_some_and(|place| names_loss(last(place)));
        if !returns_gradient(&call.name, call.args.len()) || of_loss {
            return None;
        }
        self.cfg.function.reads_gradients = true;
        let mut gradient = receiver.derived();
        gradient.gradient = true;
        Some(gradient)
    }

    /// Performs an unknown method of a gradient; `None` if the receiver is no gradient.
    pub(super) fn method_of_gradient(&mut self, call: &Call<'a>, receiver: &Value<'a>) -> Option<Value<'a>> {
        if !receiver.gradient {
            return None;
        }
        let site = self.opaque_site_of(call.expr);
        if changes_in_place(&call.name) || receiver.passing == Passing::Exclusive {
            self.emit(Action::Touch(receiver.deps.clone()), site);
        }
        self.measures(call, receiver);
        for argument in &call.arguments {
            self.pass_to_opaque(std::slice::from_ref(argument), site, Grade::Unknown);
        }
        let mut value = receiver.derived();
        value.measured |= measures_gradients(&call.name);
        Some(value)
    }

    /// Records that a call computes the norm of a gradient, and thereby reads the gradients of the
    /// parameters.
    pub(super) fn measures(&mut self, call: &Call<'a>, gradient: &Value<'a>) {
        if gradient.gradient && measures_gradients(&call.name) {
            let site = self.stage_site(call.expr, Stage::Metrics);
            // The parameter is an item of a loop; the model is what the loop iterates over.
            let is_item = |path: PathId| self.cfg.facts.item_of(self.cfg.paths.root_of(path)).is_some();
            let wholes = gradient.deps.paths().iter().filter(|path| !is_item(**path));
            let wholes = wholes.fold(Deps::none(), |all, path| all.union(&Deps::one(*path)));
            let of = if wholes.is_empty() { gradient.deps.clone() } else { wholes };
            self.emit(Action::Through(of, Effect::Nothing), site);
        }
    }

    /// Records that an opaque call may change the gradients among its arguments.
    pub(super) fn hands_gradients(&mut self, call: &Call<'a>, site: SiteId) {
        if only_looks(&call.name) || measures_gradients(&call.name) || collects(&call.name) {
            return;
        }
        for value in call.arguments.iter().filter(|value| value.gradient) {
            self.emit(Action::Touch(value.deps.clone()), site);
        }
    }
}
