//! The stages of a function by the names of its calls, whatever lowering makes of these calls.

use std::collections::BTreeSet;

use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall, Member};

use super::survey::Survey;
use crate::cfg::NamedCall;
use crate::lower::text;
use crate::vocabulary::{
    Role, applies_gradients, clips_gradients, fuses_step, may_zero, names_backward, names_gradients_alone,
    role_of_name, zeroes_gradients,
};

/// What the name of a call says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Backward,
    Clip,
    Zero,
    /// The call may zero gradients, or have another meaning: `reset`.
    PerhapsZero,
}

/// The stages of a function by the names of its calls.
#[derive(Debug, Default)]
pub(super) struct NamedStages {
    named: BTreeSet<Named>,
    step: Option<NamedCall>,
    /// The number of backwards so far.
    backwards: usize,
    /// For each loop around the current code, the number of backwards before the loop.
    loops: Vec<usize>,
}

impl NamedStages {
    pub(super) fn method(&mut self, call: &ExprMethodCall, name: &str) {
        let other = || {
            let receiver = text::tight(&call.receiver);
            let last = receiver.rsplit('.').next().unwrap_or("");
            matches!(role_of_name(last), Some(Role::Schedule | Role::Other))
        };
        self.call(name, &|| call.span(), applies_gradients(name) && !other());
    }

    pub(super) fn function(&mut self, call: &ExprCall, name: &str) {
        self.call(name, &|| call.span(), false);
    }

    pub(super) fn enter_loop(&mut self) {
        self.loops.push(self.backwards);
    }

    pub(super) fn leave_loop(&mut self) {
        self.loops.pop();
    }

    /// Whether the current code is outside of loops, or comes after a backward in the same loop.
    ///
    /// A loop without a backward goes over parts of one model.
    pub(super) fn follows_backward(&self) -> bool {
        self.loops.last().is_none_or(|before| self.backwards > *before)
    }

    fn call(&mut self, name: &str, span: &dyn Fn() -> proc_macro2::Span, steps: bool) {
        let (zeroes, backward) = (zeroes_gradients(name), names_backward(name));
        let says = [
            (Named::Backward, backward),
            (Named::Clip, clips_gradients(name)),
            (Named::Zero, zeroes),
            (Named::PerhapsZero, zeroes || may_zero(name)),
        ];
        self.named.extend(says.into_iter().filter(|(_, said)| *said).map(|(named, _)| named));
        self.backwards += usize::from(backward);
        if (steps || fuses_step(name)) && self.step.is_none() {
            self.step = Some(NamedCall { name: name.to_owned(), line: span().start().line });
        }
    }

    /// Records an assignment, which may zero a gradient: `p.grad = None`.
    pub(super) fn assigns(&mut self, left: &Expr) {
        let of_gradient = |field: &syn::ExprField| match &field.member {
            Member::Named(name) => names_gradients_alone(&name.to_string()),
            Member::Unnamed(_) => false,
        };
        if matches!(left, Expr::Field(field) if of_gradient(field)) {
            self.named.insert(Named::PerhapsZero);
        }
    }
}

impl Survey {
    /// The first call in the function that has the name of an optimizer step; `None` if no call has the name of a
    /// backward.
    pub(in crate::lower) fn named_step(&self) -> Option<&NamedCall> {
        let named = &self.shapes.named;
        named.step.as_ref().filter(|_| named.named.contains(&Named::Backward))
    }

    /// Whether some call of the function is named after zeroing gradients.
    pub(in crate::lower) fn names_zero(&self) -> bool {
        self.shapes.named.named.contains(&Named::Zero)
    }

    /// Whether the function may zero gradients, by the names of its calls and of the fields that it assigns.
    pub(crate) fn may_zero(&self) -> bool {
        self.shapes.named.named.contains(&Named::PerhapsZero)
    }

    /// Whether some call of the function is named after a backward.
    pub(in crate::lower) fn names_backward(&self) -> bool {
        self.shapes.named.named.contains(&Named::Backward)
    }

    /// Whether no call of the function is named after a stage.
    pub(in crate::lower) fn names_no_stage(&self) -> bool {
        let named = &self.shapes.named;
        let stage =
            [Named::Backward, Named::Clip, Named::Zero].iter().any(|stage| named.named.contains(stage));
        !stage && named.step.is_none()
    }
}
