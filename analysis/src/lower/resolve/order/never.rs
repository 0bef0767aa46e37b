//! Functions that step an optimizer of a library whose `backward` adds to the gradients, and never zero them.

use std::collections::BTreeSet;

use syn::{Expr, FnArg, Pat, Type};

use super::faults::{Faults, OrderFault, fault};
use super::inside::May;
use super::peers::zeroes_by_hand;
use super::walk::{Call, bare, root};
use crate::cfg::NamedFaultKind;
use crate::tokens::any_name;
use crate::vocabulary::rust::is_self;
use crate::vocabulary::{
    Vocabularies, applies_gradients, clips, computes_output, may_hold_parameters, may_zero,
    names_all_gradients, names_loss, only_looks, reads_gradients, sets_gradient,
};

impl<'r> Faults<'r, '_> {
    /// A `backward` and a step of an optimizer of such a library in one block, in a function without a `zero_grad`.
    ///
    /// The block runs again: it is in a loop, or the optimizer is the caller's.
    pub(super) fn zero_never(&self) -> Option<OrderFault<'r>> {
        if !self.vocabulary.refuses_recorded_writes() || self.handles_gradients() {
            return None;
        }
        let (rank, step) = self.calls().find(|(_, call)| self.steps_library(call))?;
        let backward = self.walk.calls[..rank].iter().rev().find(|call| {
            self.fills(call)
                && call.whole
                && call.arguments.is_empty()
                && call.statement.0 == step.statement.0
        })?;
        let of = step.of()?;
        let alone = |call: &Call<'r>| {
            let given = call.arguments.iter().any(|argument| any_name(*argument, |name| name == of));
            let unseen = call.receiver.is_some_and(is_self) && self.inside(&call.name, May::Zero).is_none();
            let known = clips(&call.name) || only_looks(&call.name) || computes_output(&call.name);
            known || !given && !unseen && !self.may_prepare(call)
        };
        let again =
            if step.loops.is_empty() { self.is_called_again(step) } else { self.is_built_before(step) };
        let never = self.walk.calls.iter().all(alone) && again;
        never.then(|| OrderFault { about: of, ..fault(NamedFaultKind::ZeroNever, backward, None) })
    }

    /// Whether a statement calls an unseen function with a model, so that it may zero the model's gradients.
    fn may_prepare(&self, call: &Call<'r>) -> bool {
        let of_model = |name: &str| self.models().contains(name) || may_hold_parameters(name);
        let on = call.receiver.is_some_and(|receiver| any_name(receiver, of_model));
        let stage = self.fills(call) || self.steps(call);
        call.whole && !stage && (on || call.gives(of_model)) && self.inside(&call.name, May::Zero).is_none()
    }

    /// A loop of an unknown library that updates the parameters itself, from stored gradients that nothing zeroes.
    ///
    /// A `backward` that overwrites the gradients would make it right.
    pub(super) fn zero_never_by_hand(&self) -> Option<OrderFault<'r>> {
        if self.vocabulary != Vocabularies::ALL || self.zeroes_somewhere() || self.has_unknown_statement() {
            return None;
        }
        let update = self.updates().iter().find(|update| update.reads && !update.loops.is_empty())?;
        let backward = self.walk.calls[..update.rank].iter().rev().find(|call| {
            let of_loss = call.receiver.and_then(root).is_some_and(|root| names_loss(&root));
            of_loss
                && self.fills(call)
                && call.whole
                && call.arguments.is_empty()
                && call.loops == update.loops
        })?;
        let fresh = |name: &String| {
            let mut bound = self.walk.bound.iter().chain(&self.walk.parts);
            let built = |init: &Expr| matches!(bare(init), Expr::Call(_) | Expr::Struct(_) | Expr::Macro(_));
            bound.any(|bound| bound.name == *name && !bound.loops.is_empty() && built(bound.init))
        };
        let again = !update.names.iter().any(fresh);
        let found = fault(NamedFaultKind::ZeroNever, backward, None);
        again.then_some(OrderFault { other: Some(update.at), ..found })
    }

    /// Whether the function, or one that it calls, may zero gradients.
    fn zeroes_somewhere(&self) -> bool {
        let calls = &self.walk.calls;
        let names: BTreeSet<&String> = calls.iter().map(|call| &call.name).collect();
        zeroes_by_hand(&self.walk.assigned)
            || calls.iter().any(|call| call.is_zero() || may_zero(&call.name) || sets_gradient(&call.name))
            || names.into_iter().any(|name| self.inside(name, May::PerhapsZero) == Some(true))
    }

    /// Whether the function, or one that it calls, may zero gradients or handles them itself.
    fn handles_gradients(&self) -> bool {
        let reads = |call: &Call<'r>| {
            reads_gradients(&call.name, call.arguments.len()) || names_all_gradients(&call.name)
        };
        self.zeroes_somewhere() || self.walk.calls.iter().any(|call| reads(call) && !clips(&call.name))
    }

    /// Whether a call is the step of an optimizer of the library, whose step does not zero.
    fn steps_library(&self, call: &Call<'r>) -> bool {
        let Some(receiver) = call.receiver else { return false };
        call.whole
            && call.arguments.is_empty()
            && applies_gradients(&call.name)
            && self.is_of_library(receiver)
    }

    fn is_of_library(&self, receiver: &Expr) -> bool {
        let by_type = |ty: &Type| any_name(ty, |name| self.vocabulary.is_optimizer_of_library(name));
        match bare(receiver) {
            Expr::Path(path) => {
                let Some(name) = path.path.get_ident() else { return false };
                let parameter = self.function.sig.inputs.iter().any(|input| match input {
                    FnArg::Typed(typed) => {
                        matches!(&*typed.pat, Pat::Ident(known) if known.ident == *name) && by_type(&typed.ty)
                    }
                    FnArg::Receiver(_) => false,
                });
                let built =
                    |init: &Expr| any_name(init, |name| self.vocabulary.is_optimizer_of_library(name));
                parameter || self.walk.bound.iter().any(|bound| *name == bound.name && built(bound.init))
            }
            Expr::Field(field) if is_self(&field.base) => {
                let Some(owner) = self.function.owner else { return false };
                let syn::Member::Named(name) = &field.member else { return false };
                self.resolver.field(owner, &name.to_string()).is_some_and(by_type)
            }
            _ => false,
        }
    }

    /// Whether a step outside of loops runs again in the next call, with the caller's optimizer, which no function of
    /// the file zeroes.
    fn is_called_again(&self, step: &Call<'r>) -> bool {
        let named = step.receiver.and_then(root).unwrap_or_default();
        let local = self.walk.bound.iter().any(|bound| bound.name == named);
        let zeroed = || self.resolver.functions.iter().any(|function| function.survey.may_zero());
        !local && !self.function.tested && !self.function.options.annotated && !zeroed()
    }

    /// Whether the optimizer of a step in a loop is built before the loop.
    fn is_built_before(&self, step: &Call<'r>) -> bool {
        let named = step.receiver.and_then(root).unwrap_or_default();
        let mut lets = self.walk.bound.iter().filter(|bound| bound.name == named);
        lets.all(|bound| bound.loops.len() < step.loops.len())
    }
}
