//! The faults that a walk over the calls of a function shows.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{Expr, Lit, Pat};

use super::unread::is_unread;
use super::walk::{Bound, Call, Walk, bare, base, root, source};
use crate::cfg::NamedFaultKind;
use crate::lower::address;
use crate::lower::resolve::kept::mentions;
use crate::lower::resolve::uses::is_rate_expr;
use crate::lower::resolve::{Function, Resolver};
use crate::lower::text;
use crate::tokens::names_in;
use crate::vocabulary::rust::{is_meant_unused, is_self};
use crate::vocabulary::{
    Role, Uses, Vocabularies, applies_gradients, collects, computes_output, differentiates_otherwise,
    may_update, measures_gradients, names_gradients_alone, names_loss, names_output_gradient, names_rate,
    names_update_function, only_looks, retains, returns_gradient, returns_parameters, role_of_name,
    role_of_type, runs_backward, shows_progress, speaks_of_loss, steps_not, trains_by_name,
};

/// A fault, with the calls that show it.
pub(in crate::lower) struct OrderFault<'a> {
    pub kind: NamedFaultKind,
    /// The call at which the fault is reported.
    pub at: &'a Expr,
    /// The other call of the fault.
    pub other: Option<&'a Expr>,
    /// The name that the message mentions.
    pub about: String,
}

/// The search for faults in one function.
pub(super) struct Faults<'r, 'a> {
    pub resolver: &'r Resolver<'a>,
    pub function: &'r Function<'a>,
    pub walk: Walk<'r>,
    pub vocabulary: Vocabularies,
    /// The parameters that are optimizers by their types.
    pub typed: BTreeSet<String>,
    /// The fields of the method's type that are optimizers.
    pub fields: BTreeSet<String>,
}

impl<'r> Faults<'r, '_> {
    /// The first fault of each kind.
    pub(super) fn all(&self) -> Vec<OrderFault<'r>> {
        let found = [
            self.step_repeated(),
            self.backward_repeated(),
            self.step_early(),
            self.gradient_unread(),
            self.no_backward(),
            self.no_step(),
            self.step_outside(),
            self.zero_outside(),
            self.built_inside(),
        ];
        found.into_iter().flatten().collect()
    }

    fn calls(&self) -> impl DoubleEndedIterator<Item = (usize, &Call<'r>)> + Clone {
        self.walk.calls.iter().enumerate()
    }

    pub(super) fn is_optimizer(&self, name: &str) -> bool {
        let built = |bound: &Bound<'_>| {
            bound.name == name
                && constructed(bound.init)
                    .is_some_and(|of| role_of_type(self.vocabulary, &of) == Some(Role::Optimizer))
        };
        let named = role_of_name(name);
        named == Some(Role::Optimizer)
            || named.is_none() && (self.typed.contains(name) || self.fields.contains(name))
            || named != Some(Role::Schedule) && self.walk.bound.iter().any(built)
    }

    /// Whether a call certainly updates parameters with gradients.
    pub(super) fn steps(&self, call: &Call<'r>) -> bool {
        let Some(receiver) = call.receiver else { return names_update_function(&call.name) };
        if !applies_gradients(&call.name) || call.arguments.iter().any(|argument| is_closure(argument)) {
            return false;
        }
        let Some(of) = call.of().filter(|of| !is_other(of)) else { return false };
        let survey = &self.function.survey;
        let uses = survey.uses.get(&text::tight(receiver));
        let by_optimizer =
            call.arguments.iter().any(|argument| base(argument).is_some_and(|name| self.is_optimizer(&name)));
        let by_rate = call.arguments.first().is_some_and(|first| is_rate_expr(first));
        let is_model = |uses: &Uses| {
            survey.updates_itself(uses)
                || (uses.updates || by_rate)
                    && (uses.has_forward() || uses.given.iter().any(|name| runs_backward(name)))
        };
        self.is_optimizer(&of) || by_optimizer || uses.is_some_and(is_model)
    }

    /// Whether a call only computes the gradient that the `backward` of a model or a layer gets: `loss.backward(&output, &y)`.
    fn seeds(&self, call: &Call<'r>) -> bool {
        let inner = |outer: &Call<'r>| {
            outer.is_backward()
                && outer.arguments.iter().any(|argument| address(bare(argument)) == address(call.expr))
        };
        let of_loss = match call.receiver {
            Some(_) => call.of().is_some_and(|of| speaks_of_loss(&of)) && !call.arguments.is_empty(),
            None => call.arguments.len() > 1,
        };
        !call.whole && (of_loss || self.walk.calls.iter().any(inner))
    }

    /// Whether a call runs `backward` through a model.
    pub(super) fn fills(&self, call: &Call<'r>) -> bool {
        call.is_backward() && !self.seeds(call)
    }

    /// Whether a call may compute gradients, under whatever name.
    fn may_fill(&self, call: &Call<'r>) -> bool {
        self.fills(call) || differentiates_otherwise(&call.name, call.arguments.len())
    }

    /// Two calls in a row that are spelled alike.
    fn twins(&self, is: impl Fn(&Call<'r>) -> bool) -> Option<(usize, &Call<'r>, &Call<'r>)> {
        self.calls().find_map(|(rank, second)| {
            let (block, index) = second.statement;
            let before = (block, index.checked_sub(1)?);
            let alike = |first: &&Call<'r>| {
                first.whole
                    && first.statement == before
                    && first.name == second.name
                    && source(first) == source(second)
            };
            if !second.whole || !is(second) {
                return None;
            }
            self.walk.calls[..rank].iter().rev().find(alike).map(|first| (rank, first, second))
        })
    }

    fn step_repeated(&self) -> Option<OrderFault<'r>> {
        let (rank, first, second) = self.twins(|call| self.steps(call))?;
        let filled = self.walk.calls[..rank].iter().any(Call::is_backward);
        filled.then(|| fault(NamedFaultKind::StepRepeated, second, Some(first)))
    }

    fn backward_repeated(&self) -> Option<OrderFault<'r>> {
        let kept =
            |call: &Call<'r>| retains(&call.name) || call.arguments.iter().any(|argument| is_true(argument));
        let (rank, first, second) = self.twins(|call| call.is_backward() && !kept(call))?;
        let stepped = self.walk.calls[rank..].iter().any(|call| self.steps(call));
        stepped.then(|| fault(NamedFaultKind::BackwardRepeated, second, Some(first)))
    }

    /// A step before the only `backward`, in one block.
    fn step_early(&self) -> Option<OrderFault<'r>> {
        let (rank, step) = self.calls().find(|(_, call)| self.steps(call))?;
        let others = self.walk.calls[rank + 1..].iter().any(|call| self.steps(call));
        let given = step.given().iter().any(|name| names_output_gradient(name));
        let (before, after) = self.walk.calls.split_at(rank);
        let filled = before.iter().any(|call| self.may_fill(call));
        if !step.whole || given || filled || others && self.function.tested {
            return None;
        }
        let backward = after.iter().find(|call| {
            self.fills(call)
                && (call.whole || call.bound.is_some())
                && call.statement.0 == step.statement.0
                && call.loops == step.loops
        })?;
        Some(fault(NamedFaultKind::StepEarly, step, Some(backward)))
    }

    /// A step after a gradient or a loss that nothing reads.
    fn gradient_unread(&self) -> Option<OrderFault<'r>> {
        self.calls().filter(|(_, call)| call.whole && self.steps(call)).find_map(|(rank, step)| {
            let unread = self.walk.bound.iter().find(|bound| {
                // A function that gets the model may compute the loss and run `backward`.
                let layerwise = !step.arguments.is_empty();
                let named = names_output_gradient(&bound.name) || layerwise && names_loss(&bound.name);
                let before = bound.statement.0 == step.statement.0 && bound.statement.1 < step.statement.1;
                let between = self.walk.calls[..rank].iter().enumerate();
                let mut between =
                    between.filter(|(at, call)| *at >= bound.rank || call.statement == bound.statement);
                named
                    && before
                    && !is_meant_unused(&bound.name)
                    && matches!(bare(bound.init), Expr::Call(_) | Expr::MethodCall(_) | Expr::Binary(_))
                    && !between.any(|(_, call)| self.may_fill(call))
                    && is_unread(&self.function.body, &bound.name)
            })?;
            Some(OrderFault {
                about: unread.name.clone(),
                ..fault(NamedFaultKind::GradientUnread, step, None)
            })
        })
    }

    /// The variables whose methods compute an output.
    pub(super) fn models(&self) -> BTreeSet<String> {
        let outputs = self.walk.calls.iter().filter(|call| computes_output(&call.name));
        outputs.filter_map(|call| root(call.receiver?)).collect()
    }

    /// A step in a function that computes a loss and runs no `backward`.
    fn no_backward(&self) -> Option<OrderFault<'r>> {
        if self.walk.calls.iter().any(|call| call.is_backward() || self.may_fill(call)) {
            return None;
        }
        let (_, step) = self.calls().find(|(_, call)| call.whole && self.steps(call))?;
        let outputs: BTreeSet<&str> =
            self.walk.bound.iter().filter(|bound| self.is_output(bound)).map(|bound| &*bound.name).collect();
        let models = self.models();
        let loss = self.walk.bound.iter().find(|bound| {
            let names = names_in(bound.init);
            let of_output = outputs.iter().any(|output| names.contains(*output));
            let of_self = matches!(bare(bound.init), Expr::MethodCall(call) if is_self(&call.receiver));
            names_loss(&bound.name) && of_output && !of_self && names.is_disjoint(&models)
        })?;
        let given = step.given();
        let zeroed = self.walk.calls.iter().any(Call::is_zero);
        let hidden = self.walk.calls.iter().any(|call| self.may_hide(call, &loss.name, &models));
        let of = step.receiver.and_then(root);
        let mine = zeroed || models.iter().any(|model| given.contains(model) || of.as_ref() == Some(model));
        (mine && !hidden && !given.contains(&loss.name))
            .then(|| OrderFault { about: loss.name.clone(), ..fault(NamedFaultKind::NoBackward, step, None) })
    }

    /// Whether a variable is the output of a forward.
    fn is_output(&self, bound: &Bound<'_>) -> bool {
        matches!(bare(bound.init), Expr::MethodCall(call) if computes_output(&call.method.to_string()))
            || self
                .walk
                .calls
                .iter()
                .any(|call| call.statement == bound.statement && computes_output(&call.name))
    }

    /// Whether a call may run `backward` from a loss, or may train one of the models.
    fn may_hide(&self, call: &Call<'r>, loss: &str, models: &BTreeSet<String>) -> bool {
        if self.steps(call) || call.is_zero() || collects(&call.name) || only_looks(&call.name) {
            return false;
        }
        let of = call.receiver.and_then(root);
        let of_loss = call.whole && (of.as_deref() == Some(loss) || call.given().contains(loss));
        let lent = call.arguments.iter().any(|argument| {
            is_exclusive(argument) && root(argument).is_some_and(|root| models.contains(&root))
        });
        of_loss || lent || call.whole && call.receiver.is_some_and(is_self)
    }

    /// A `backward` in a function that owns an optimizer, or has a learning rate, and never steps.
    fn no_step(&self) -> Option<OrderFault<'r>> {
        let (rank, backward) =
            self.calls().find(|(_, call)| self.fills(call) && (call.whole || call.bound.is_some()))?;
        if self.walk.calls.iter().any(Self::may_step) || self.updates_by_hand() {
            return None;
        }
        let in_loop = !backward.loops.is_empty();
        let trains = in_loop || !self.function.tested;
        let name = &self.function.name;
        let is_update = !self.function.tested && (trains_by_name(name) || may_update(name, 1));
        let computes = self.walk.calls.iter().any(|call| computes_output(&call.name));
        let of_variable = || {
            let built =
                self.walk.bound.iter().filter(|bound| bound.rank <= rank && self.is_optimizer(&bound.name));
            let mut idle =
                built.filter(|bound| !is_meant_unused(&bound.name) && self.only_holds(&bound.name, 0));
            idle.next().filter(|_| trains).map(|bound| bound.name.clone())
        };
        let of_parameter = || {
            let zeroes = |name: &str| {
                self.walk.calls.iter().any(|call| {
                    call.is_zero() && call.loops == backward.loops && call.of().as_deref() == Some(name)
                })
            };
            let mut idle =
                self.typed.iter().filter(|name| !is_meant_unused(name) && self.only_holds(name, 0));
            let idle = idle.find(|name| computes && self.mentions(name) == 0 || zeroes(name));
            idle.filter(|_| is_update || in_loop && !self.function.tested).cloned()
        };
        // The attribute on one `impl` does not show the others.
        let sees_all = !self.function.options.annotated;
        let of_field =
            || self.fields.iter().find(|field| is_update && sees_all && self.is_idle_field(field)).cloned();
        let of_rate = || self.unread_rate().filter(|_| is_update || in_loop && !self.function.tested);
        let about = of_variable().or_else(of_parameter).or_else(of_field).or_else(of_rate)?;
        Some(OrderFault { about, ..fault(NamedFaultKind::NoStep, backward, None) })
    }

    /// Whether a call may update parameters, under whatever name.
    pub(super) fn may_step(call: &Call<'r>) -> bool {
        let other = call.of().is_some_and(|of| is_other(&of));
        may_update(&call.name, call.arguments.len()) && !other && !steps_not(&call.name)
            || returns_gradient(&call.name, call.arguments.len())
            || measures_gradients(&call.name)
    }

    /// Whether the function may update parameters without a call of a step.
    fn updates_by_hand(&self) -> bool {
        let bound = |name: &str| self.walk.bound.iter().any(|bound| bound.name == name);
        let reads = |call: &Call<'r>| {
            call.of().is_some_and(|of| names_gradients_alone(&of) && !bound(&of))
                || call.whole
                    && call.given().iter().any(|name| names_rate(name))
                    && !call.of().is_some_and(|of| self.is_optimizer(&of))
        };
        let assigns = |(_, right, subtracts): &(&Expr, &Expr, bool)| {
            *subtracts || names_in(right).iter().any(|name| names_rate(name))
        };
        let over = |head: &&Expr| names_in(head).iter().any(|name| returns_parameters(name));
        self.walk.assigned.iter().any(assigns)
            || self.walk.heads.iter().any(over)
            || self.walk.calls.iter().any(reads)
    }

    /// The number of times that the function mentions a variable.
    fn mentions(&self, name: &str) -> usize {
        mentions(self.function.body.to_token_stream(), name, true)
    }

    /// Whether the function only builds an optimizer and calls methods on it that change no parameters.
    fn only_holds(&self, name: &str, more: usize) -> bool {
        let of = |call: &&Call<'r>| {
            call.receiver.and_then(root).as_deref() == Some(name) && call.of().as_deref() == Some(name)
        };
        let calls: Vec<&Call<'r>> = self.walk.calls.iter().filter(of).collect();
        let built = self.walk.bound.iter().filter(|bound| bound.name == name).count();
        calls.iter().all(|call| steps_not(&call.name)) && self.mentions(name) == calls.len() + built + more
    }

    /// Whether no function of the checked code steps the optimizer in a field of the method's type.
    fn is_idle_field(&self, field: &str) -> bool {
        self.resolver.functions.iter().all(|function| {
            let uses = function.survey.uses.iter();
            let uses = uses.filter(|(text, _)| text.rsplit_once('.').is_some_and(|(_, last)| last == field));
            let (mut calls, mut idle) = (0, true);
            for (_, uses) in uses {
                calls += uses.calls;
                idle &= uses.bare.iter().chain(&uses.given).all(|name| steps_not(name));
            }
            idle && calls == mentions(function.body.to_token_stream(), field, false)
        })
    }

    /// A learning rate, as a parameter or a variable, that the function never reads.
    fn unread_rate(&self) -> Option<String> {
        let parameters = self.function.sig.inputs.iter().filter_map(|input| match input {
            syn::FnArg::Typed(typed) => match &*typed.pat {
                Pat::Ident(name) => Some(name.ident.to_string()),
                _ => None,
            },
            syn::FnArg::Receiver(_) => None,
        });
        let mut names = parameters.chain(self.walk.bound.iter().map(|bound| bound.name.clone()));
        names.find(|name| names_rate(name) && !is_meant_unused(name) && is_unread(&self.function.body, name))
    }
}

pub(super) fn fault<'r>(kind: NamedFaultKind, at: &Call<'r>, other: Option<&Call<'r>>) -> OrderFault<'r> {
    OrderFault { kind, at: at.expr, other: other.map(|other| other.expr), about: base_name(at) }
}

fn base_name(call: &Call<'_>) -> String {
    call.receiver.and_then(base).unwrap_or_default()
}

/// Whether the variable or field with this name is certainly no optimizer and no model.
fn is_other(name: &str) -> bool {
    matches!(role_of_name(name), Some(Role::Schedule | Role::Other | Role::Scaler)) || shows_progress(name)
}

/// The type whose associated function builds a value: `Sgd` for `Sgd::new(0.1).with_momentum(0.9)`.
pub(super) fn constructed(expr: &Expr) -> Option<String> {
    match bare(expr) {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => path.path.segments.iter().rev().nth(1).map(|owner| owner.ident.to_string()),
            _ => None,
        },
        Expr::MethodCall(call) => constructed(&call.receiver),
        _ => None,
    }
}

fn is_closure(expr: &Expr) -> bool {
    matches!(bare(expr), Expr::Closure(_))
}

fn is_exclusive(expr: &Expr) -> bool {
    matches!(expr, Expr::Reference(by) if by.mutability.is_some())
}

fn is_true(expr: &Expr) -> bool {
    matches!(bare(expr), Expr::Lit(literal) if matches!(&literal.lit, Lit::Bool(value) if value.value))
}
