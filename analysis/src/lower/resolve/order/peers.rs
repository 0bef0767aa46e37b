//! Loops that never zero the gradients, although a loop of the same kind in the same file does.
//!
//! Where an unknown library keeps its gradients, and whether it adds to them, is not visible in a loop that never
//! zeroes. A loop of another function shows it: same `backward`, same kind of update, and a `zero_grad`.

use std::collections::BTreeSet;

use proc_macro2::{Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Expr;

use super::faults::{Faults, OrderFault, constructed, fault};
use super::inside::May;
use super::walk::{Assigned, Bound, Call, bare, root};
use crate::cfg::NamedFaultKind;
use crate::vocabulary::{
    collects, computes_output, is_plain_macro, may_zero, names_gradients_alone, names_loss, only_looks,
    shows_progress,
};

/// What a loop that trains does, by the names of its calls.
pub(super) struct Kind {
    /// The name of the `backward`, with the number of its arguments and whether it has a receiver.
    backward: (String, usize, bool),
    /// The name of the step; `None` if the function updates the parameters itself.
    step: Option<String>,
    /// The type of the optimizer.
    optimizer: Option<String>,
    /// The types of the models.
    models: BTreeSet<String>,
}

impl Kind {
    /// Whether two loops have the same calls and types.
    fn equals(&self, other: &Self) -> bool {
        let same_types = self.optimizer == other.optimizer && !self.models.is_disjoint(&other.models);
        self.backward == other.backward && self.step == other.step && same_types
    }
}

impl<'r> Faults<'r, '_> {
    /// A loop that trains and never zeroes, while another function zeroes in a loop of the same kind.
    pub(super) fn zero_missing(&self) -> Option<OrderFault<'r>> {
        if !self.function.survey.names_backward() || self.resolver.zeroing_loops().is_empty() {
            return None;
        }
        let (backward, kind) = self.kind_of_loop()?;
        let functions = &self.resolver.functions;
        let (peer, _) = self.resolver.zeroing_loops().iter().find(|(id, theirs)| {
            !std::ptr::eq(&raw const functions[*id], self.function) && kind.equals(theirs)
        })?;
        if self.may_zero_anywhere() || self.has_unknown_statement() {
            return None;
        }
        Some(OrderFault {
            about: functions[*peer].name.clone(),
            ..fault(NamedFaultKind::ZeroMissing, backward, None)
        })
    }

    /// The `backward` of the first loop that trains, and the kind of the loop.
    ///
    /// What the loop itself builds has new gradients in each iteration.
    fn kind_of_loop(&self) -> Option<(&Call<'r>, Kind)> {
        let updates = self.updates();
        self.walk.calls.iter().find_map(|call| {
            let around = call.loops.last().filter(|_| self.fills(call) && !call.assigned)?;
            let update =
                updates.iter().find(|update| update.loops.contains(around) && !update.names.is_empty())?;
            let step = update.step.map(|step| &self.walk.calls[step]);
            let bound = || self.walk.bound.iter().chain(&self.walk.parts);
            let fresh = |name: &String| {
                let built = |bound: &Bound<'_>| matches!(bare(bound.init), Expr::Call(_) | Expr::Struct(_));
                bound().any(|bound| bound.name == *name && bound.loops.contains(around) && built(bound))
            };
            // The `backward` of a layer may replace its gradients.
            let of_loss = call.receiver.and_then(root).is_some_and(|root| names_loss(&root));
            if !of_loss || update.names.iter().any(fresh) || !call.whole && call.bound.is_none() {
                return None;
            }
            let of = step.and_then(Call::of);
            let optimizer = self.walk.bound.iter().find(|bound| Some(&bound.name) == of.as_ref());
            let kind = Kind {
                backward: (call.name.clone(), call.arguments.len(), call.receiver.is_some()),
                step: step.map(|step| step.name.clone()),
                optimizer: optimizer.and_then(|bound| constructed(bound.init)),
                models: self.types_of_models(),
            };
            Some((call, kind))
        })
    }

    /// The types of the models that the function builds.
    fn types_of_models(&self) -> BTreeSet<String> {
        let models = self.models();
        let built = self.walk.bound.iter().filter(|bound| models.contains(&bound.name));
        built.filter_map(|bound| constructed(bound.init)).collect()
    }

    /// Whether a statement of the function may have any effect, so also zero gradients.
    pub(super) fn has_unknown_statement(&self) -> bool {
        let known = |call: &Call<'r>| {
            self.fills(call)
                || self.steps(call)
                || computes_output(&call.name)
                || collects(&call.name)
                || only_looks(&call.name)
                || shows_progress(&call.of().unwrap_or_default())
        };
        let updates = self.updates();
        let is_update = |call: &Call<'r>| updates.iter().any(|update| std::ptr::eq(update.at, call.expr));
        let in_loop = |call: &Call<'r>| call.whole && !call.loops.is_empty();
        self.walk.calls.iter().any(|call| in_loop(call) && !known(call) && !is_update(call))
            || has_unknown_macro(self.function.body.to_token_stream())
    }

    /// Whether the function, or one that it calls, may zero gradients.
    fn may_zero_anywhere(&self) -> bool {
        let itself = self.walk.calls.iter().any(|call| call.is_zero() || may_zero(&call.name))
            || zeroes_by_hand(&self.walk.assigned);
        let names: BTreeSet<&String> = self.walk.calls.iter().map(|call| &call.name).collect();
        itself || names.into_iter().any(|name| self.inside(name, May::PerhapsZero) == Some(true))
    }

    /// The kind of the loop, if the loop zeroes its gradients.
    pub(super) fn zeroing_loop(&self) -> Option<Kind> {
        if self.function.survey.names_no_stage() {
            return None;
        }
        let (backward, kind) = self.kind_of_loop()?;
        let zeroed =
            self.walk.calls.iter().any(|call| call.is_zero() && call.loops.first() == backward.loops.first());
        zeroed.then_some(kind)
    }
}

/// Whether tokens call a macro that may do more than format, print, check or build a list.
fn has_unknown_macro(tokens: TokenStream) -> bool {
    let mut last = None;
    for token in tokens {
        match &token {
            TokenTree::Group(group) if has_unknown_macro(group.stream()) => return true,
            TokenTree::Punct(punct) if punct.as_char() == '!' && punct.spacing() == Spacing::Alone => {
                let known = |name: &String| is_plain_macro(name);
                if last.as_ref().is_some_and(|name| !known(name)) {
                    return true;
                }
            }
            _ => {}
        }
        last = match token {
            TokenTree::Ident(name) => Some(name.to_string()),
            _ => None,
        };
    }
    false
}

/// Whether a function sets a gradient to zero itself: `p.grad = 0.0;`.
pub(super) fn zeroes_by_hand(assigned: &[Assigned<'_>]) -> bool {
    assigned.iter().any(|assigned| {
        let left = assigned.left.to_token_stream().to_string();
        left.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(names_gradients_alone)
    })
}
