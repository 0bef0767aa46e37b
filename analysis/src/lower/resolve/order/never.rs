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
    applies_gradients, clips, may_zero, names_all_gradients, only_looks, reads_gradients,
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
            !(given && !clips(&call.name) && !only_looks(&call.name)) && !unseen
        };
        let again =
            if step.loops.is_empty() { self.is_called_again(step) } else { self.is_built_before(step) };
        let never = self.walk.calls.iter().all(alone) && again;
        never.then(|| OrderFault { about: of, ..fault(NamedFaultKind::ZeroNever, backward, None) })
    }

    /// Whether the function, or one that it calls, may zero gradients or handles them itself.
    fn handles_gradients(&self) -> bool {
        let calls = &self.walk.calls;
        let names: BTreeSet<&String> = calls.iter().map(|call| &call.name).collect();
        let reads = |call: &Call<'r>| {
            reads_gradients(&call.name, call.arguments.len()) || names_all_gradients(&call.name)
        };
        zeroes_by_hand(&self.walk.assigned)
            || calls
                .iter()
                .any(|call| call.is_zero() || may_zero(&call.name) || reads(call) && !clips(&call.name))
            || names.into_iter().any(|name| self.inside(name, May::PerhapsZero) == Some(true))
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
