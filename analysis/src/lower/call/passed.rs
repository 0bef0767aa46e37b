//! Values that are passed to opaque code, and what the code may do with them.

use crate::cfg::{Action, Deps, OptimizerId, SiteId};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Passing, Value};
use crate::vocabulary::{hints_at_training, only_looks};

impl<'a> Lower<'a> {
    /// Records that values are passed to opaque code as arguments.
    ///
    /// The state of each value that is passed by `&mut` or by value becomes unknown.
    pub(super) fn pass_to_opaque(&mut self, arguments: &[Value<'a>], site: SiteId, grade: Grade) {
        for value in arguments {
            self.pass_one_to_opaque(value, site, grade);
        }
    }

    fn pass_one_to_opaque(&mut self, value: &Value<'a>, site: SiteId, grade: Grade) {
        let shared = value.passing == Passing::Shared;
        if !shared {
            self.given_away(value);
        }
        match &value.kind {
            Kind::Gradients(_) | Kind::Accumulator(_) if shared => {}
            Kind::Gradients(_) => self.gradients_escape(value),
            Kind::Accumulator(sum) => self.cfg.stores[*sum].escapes = true,
            Kind::Optimizer(id) | Kind::Optimizers(id) if !self.may_step_it(*id, shared, grade) => {}
            Kind::Optimizer(id) | Kind::Optimizers(id) => {
                let path = self.cfg.optimizers[*id].path;
                self.cfg.optimizers[*id].escapes = true;
                self.emit(Action::Touch(Deps::one(path)), site);
            }
            Kind::Closure(closure) => self.touch_expr(&closure.node.body),
            Kind::Tuple(_) | Kind::Fields(_) => {
                value.kind.parts().for_each(|part| self.pass_one_to_opaque(part, site, grade));
            }
            _ if grade == Grade::Looks => {}
            _ if grade == Grade::Trains => self.emit(Action::Touch(value.deps.clone()), site),
            Kind::Plain if !shared && value.place.is_some_and(|place| value.deps == Deps::one(place)) => {
                self.emit(Action::Touch(value.deps.clone()), site);
            }
            _ => {}
        }
    }

    /// Whether an opaque call that gets an optimizer may step the optimizer, or zero its gradients.
    ///
    /// A call that gets the optimizer by `&` may do this only if the optimizer steps without
    /// `&mut`, as an optimizer in a `RefCell` does. An optimizer that is declared `mut` steps only
    /// with `&mut`.
    fn may_step_it(&self, id: OptimizerId, shared: bool, grade: Grade) -> bool {
        let root = self.cfg.paths.root_of(self.cfg.optimizers[id].path);
        match grade {
            Grade::Looks => false,
            Grade::Unknown => !shared,
            Grade::Trains => !shared || !self.env.exclusive.contains(&root),
        }
    }

    /// Records that a value is stored, returned or passed on, so that other code may step its optimizers.
    pub(in crate::lower) fn escapes(&mut self, value: &Value<'a>) {
        self.cfg.function.gives_graph |= value.computed || value.has_graphs();
        self.given_away(value);
        match &value.kind {
            Kind::Optimizer(id) | Kind::Optimizers(id) => self.cfg.optimizers[*id].escapes = true,
            Kind::Gradients(_) => self.gradients_escape(value),
            Kind::Accumulator(sum) => self.cfg.stores[*sum].escapes = true,
            kind => kind.parts().for_each(|part| self.escapes(part)),
        }
    }
}

/// What the name of an opaque call says about its effect on gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grade {
    /// The call neither zeroes gradients nor steps.
    Looks,
    /// The name says nothing: the call may act on what it gets by value or by `&mut`.
    Unknown,
    /// The call may also train what it gets by `&`.
    Trains,
}

impl Grade {
    pub(super) fn of(name: &str) -> Self {
        if only_looks(name) {
            Self::Looks
        } else if hints_at_training(name) && !name.starts_with(char::is_uppercase) {
            Self::Trains
        } else {
            Self::Unknown
        }
    }
}
