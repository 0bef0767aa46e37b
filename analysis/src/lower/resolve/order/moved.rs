//! Stages on the wrong side of a loop, by the names of the calls.

use std::collections::BTreeSet;

use syn::{FnArg, Pat};

use super::faults::{Faults, OrderFault, constructed, fault};
use super::inside::May;
use super::peers::zeroes_by_hand;
use super::update::Update;
use super::walk::Call;
use crate::cfg::NamedFaultKind;
use crate::tokens::names_in;
use crate::vocabulary::{is_plain_sgd, may_zero, names_loss, steps_not};

impl<'r> Faults<'r, '_> {
    /// A step after a loop that zeroes the gradients in each iteration.
    pub(super) fn step_outside(&self) -> Option<OrderFault<'r>> {
        let mut calls = self.walk.calls.iter().enumerate();
        let (rank, step) = calls.find(|(_, call)| self.steps(call) && call.whole)?;
        let inside = |call: &&Call<'r>| is_inside(call, step);
        let before = &self.walk.calls[..rank];
        let backward = before.iter().find(|call| self.fills(call) && inside(call))?;
        if before.iter().any(|call| self.fills(call) && !inside(&call)) {
            // The step may be meant for this `backward`.
            return None;
        }
        let zero = self.walk.calls.iter().find(|call| call.is_zero() && call.loops == backward.loops)?;
        let other = self.walk.calls.iter().any(|call| inside(&call) && Self::may_step(call));
        (!other && zero.whole).then(|| fault(NamedFaultKind::StepOutside, step, Some(backward)))
    }

    /// A `backward` and an update in a loop, with the only `zero_grad` before the loop.
    pub(super) fn zero_outside(&self) -> Option<OrderFault<'r>> {
        let mut zeroes =
            self.walk.calls.iter().enumerate().filter(|(_, call)| may_zero(&call.name) || call.is_zero());
        let (rank, zero) = zeroes.next()?;
        let (_, after) = self.walk.calls.split_at(rank);
        let backward = after.iter().find(|call| self.fills(call) && is_inside(call, zero))?;
        let around = backward.loops.last()?;
        let updates = self.updates();
        let update = updates.iter().find(|update| update.loops.contains(around))?;
        let step = update.step.map(|step| &self.walk.calls[step]);
        let only = zeroes.next().is_none() && !zeroes_by_hand(&self.walk.assigned);
        let of = zero.of()?;
        let of_loss = names_loss(&of) && backward.of().as_deref() == Some(&of);
        let same =
            of_loss || self.is_optimizer(&of) && step.is_some_and(|step| step.of().as_deref() == Some(&of));
        let mine = if same {
            step.is_none_or(|step| self.is_only_stepped(step))
        } else {
            self.is_of_model(zero, update, step)
        };
        (only && mine).then(|| fault(NamedFaultKind::ZeroOutside, backward, Some(zero)))
    }

    /// Whether a `zero_grad` is for the model that an update updates, and the update does not zero.
    ///
    /// A function of the checked code shows whether it zeroes; a method of another library is assumed not to, because
    /// the function calls a `zero_grad` itself.
    fn is_of_model(&self, zero: &Call<'r>, update: &Update<'r>, step: Option<&Call<'r>>) -> bool {
        // The statement may zero each parameter: `model.parameters().for_each(|p| p.zero_grad());`.
        let of: BTreeSet<String> = self
            .walk
            .calls
            .iter()
            .filter(|call| call.statement == zero.statement)
            .flat_map(Call::roots)
            .collect();
        let heads = self.walk.heads.iter().filter(|(id, _)| update.loops.contains(id));
        let over: BTreeSet<String> = heads.flat_map(|(_, head)| names_in(head)).collect();
        let models = self.models();
        let mine =
            |name: &String| update.names.contains(name) || over.contains(name) || models.contains(name);
        let inside = step.is_some_and(|step| self.inside(&step.name, May::Zero) == Some(true));
        // Gradients that are values are not added up.
        let values = update.names.iter().any(|name| {
            let mut bound = self.walk.bound.iter().filter(|bound| bound.name == *name);
            bound.any(|bound| {
                self.walk
                    .calls
                    .iter()
                    .any(|call| call.bound.as_ref() == Some(&bound.name) && self.may_fill(call))
            })
        });
        zero.is_zero() && of.iter().any(mine) && !inside && !values
    }

    /// Whether the function does nothing with an optimizer but step it, and set its rate.
    fn is_only_stepped(&self, step: &Call<'r>) -> bool {
        let Some(of) = step.of() else { return false };
        self.walk.calls.iter().all(|call| {
            let on = call.of().as_deref() == Some(&of);
            let given = call.whole && call.receiver.is_some() && call.given().contains(&of);
            (!on || self.steps(call) || steps_not(&call.name) || !call.whole) && !given
        })
    }

    /// An optimizer that is built in the loop that steps it, for a model from outside of the loop.
    pub(super) fn built_inside(&self) -> Option<OrderFault<'r>> {
        let models = self.models();
        self.walk.bound.iter().find_map(|bound| {
            let plain = constructed(bound.init).is_none_or(|of| is_plain_sgd(&of)) || bound.loops.is_empty();
            let plain = plain || self.walk.ends.contains(&bound.loops);
            if plain || !self.is_optimizer(&bound.name) {
                return None;
            }
            let steps = self
                .walk
                .calls
                .iter()
                .filter(|call| self.steps(call) && call.of().as_deref() == Some(&bound.name));
            let step = steps.into_iter().find(|call| call.whole && call.loops == bound.loops)?;
            let trains = self.walk.calls.iter().any(|call| self.fills(call) && call.loops == bound.loops);
            let names: BTreeSet<String> = names_in(bound.init).into_iter().chain(step.given()).collect();
            let mut outside = names.intersection(models).filter(|model| self.is_outside(model, &bound.loops));
            let built = self.walk.calls.iter().find(|call| call.bound.as_deref() == Some(&bound.name))?;
            (trains && outside.next().is_some())
                .then(|| fault(NamedFaultKind::BuiltInside, built, Some(step)))
        })
    }

    /// Whether a variable is a parameter, or declared outside of the innermost of these loops alone.
    fn is_outside(&self, name: &str, loops: &[usize]) -> bool {
        let mut lets = self.walk.bound.iter().filter(|bound| bound.name == name).peekable();
        if lets.peek().is_some() {
            return lets.all(|bound| bound.loops.len() < loops.len());
        }
        self.function.sig.inputs.iter().any(|input| match input {
            FnArg::Typed(typed) => matches!(&*typed.pat, Pat::Ident(known) if known.ident == name),
            FnArg::Receiver(_) => false,
        })
    }
}

/// Whether a call is in a loop that is not around another call.
fn is_inside(call: &Call<'_>, other: &Call<'_>) -> bool {
    call.loops.len() > other.loops.len() && call.loops.starts_with(&other.loops)
}
