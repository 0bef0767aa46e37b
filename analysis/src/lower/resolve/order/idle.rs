//! Gradients that no step uses, and optimizers and schedules that nothing uses.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Pat};

use super::faults::{Faults, OrderFault, constructed, fault, is_exclusive, is_other};
use super::inside::May;
use super::unread::is_unread;
use super::walk::{Assigned, Bound, Call, bare, base, root};
use crate::cfg::NamedFaultKind;
use crate::lower::address;
use crate::tokens::{Names, any_name, names_in};
use crate::vocabulary::rust::{handles_errors, is_meant_unused, is_self};
use crate::vocabulary::{
    Role, advances, clips, collects, computes_output, is_black_box, is_clone, is_evaluation, is_loss,
    is_no_grad, is_schedule_type, may_update, measures_gradients, measures_time, moves_target,
    names_all_gradients, names_backward, names_gradients_alone, names_output_gradient, names_rate,
    only_looks, only_passes, only_prepares, reads_gradients, returns_gradient, returns_parameters,
    role_of_name, role_of_type, saves, sets_gradient, shows_progress, steps_not, trains_by_name,
    zeroes_gradients,
};

impl<'r> Faults<'r, '_> {
    /// A `backward` in a function that owns an optimizer, or has a learning rate, and never steps.
    pub(super) fn no_step(&self) -> Option<OrderFault<'r>> {
        let (rank, backward) = self.first_fill()?;
        if self.walk.calls.iter().any(Self::may_step) || self.updates_by_hand() {
            return None;
        }
        let in_loop = !backward.loops.is_empty();
        let trains = in_loop || !self.function.tested;
        let name = &self.function.name;
        let is_update = !self.function.tested && (trains_by_name(name) || may_update(name, 1));
        let computes = self.walk.calls.iter().any(|call| computes_output(&call.name));
        let of_variable = || {
            // Code elsewhere may step the optimizer of a field, unless each iteration zeroes the gradients.
            let zeroed = |bound: &Bound<'_>| {
                let of = |call: &Call<'r>| {
                    call.of().as_deref() == Some(&bound.name) && call.loops == backward.loops
                };
                in_loop && self.walk.calls.iter().any(|call| call.is_zero() && of(call))
            };
            let other = |bound: &Bound<'_>| times(bound.init, &bound.name) > 0 && !zeroed(bound);
            let built = self
                .walk
                .bound
                .iter()
                .filter(|bound| bound.rank <= rank && self.is_optimizer(&bound.name) && !other(bound));
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
                self.typed().iter().filter(|name| !is_meant_unused(name) && self.only_holds(name, 0));
            let idle = idle.find(|name| computes && self.mentions(name) == 0 || zeroes(name));
            idle.filter(|_| is_update || in_loop && !self.function.tested).cloned()
        };
        // The attribute on one `impl` does not show the others.
        let sees_all = !self.function.options.annotated;
        let of_field =
            || self.fields().iter().find(|field| is_update && sees_all && self.is_idle_field(field)).cloned();
        let of_rate = || self.unread_rate().filter(|_| is_update || in_loop);
        let about = of_variable().or_else(of_parameter).or_else(of_field).or_else(of_rate)?;
        Some(OrderFault { about, ..fault(NamedFaultKind::NoStep, backward, None) })
    }

    /// Whether a call may update parameters, under whatever name.
    pub(super) fn may_step(call: &Call<'r>) -> bool {
        // A function that builds an optimizer may be named after it: `let mut opt = adam(&parameters);`.
        let builds = || call.bound.as_ref().is_some_and(|name| role_of_name(name) == Some(Role::Optimizer));
        let other = || {
            builds()
                || call.of().is_some_and(|of| is_other(&of))
                || moves_target(&call.name)
                || shows_progress(&call.name)
        };
        may_update(&call.name, call.arguments.len()) && !steps_not(&call.name) && !other()
            || returns_gradient(&call.name, call.arguments.len())
            || measures_gradients(&call.name) && !(call.whole && clips(&call.name))
    }

    /// Whether the function may update parameters without a call of a step.
    fn updates_by_hand(&self) -> bool {
        let bound = |name: &str| self.walk.bound.iter().any(|bound| bound.name == name);
        let reads = |call: &Call<'r>| {
            call.of().is_some_and(|of| names_gradients_alone(&of) && !bound(&of))
                || call.whole
                    && !saves(&call.name)
                    && !only_looks(&call.name)
                    && call.gives(names_rate)
                    && !call.of().is_some_and(|of| self.is_optimizer(&of))
        };
        let counts = |right: &Expr| matches!(bare(right), Expr::Lit(_));
        let assigns = |assigned: &Assigned<'_>| {
            let rated = any_name(assigned.right, names_rate);
            let of_rate = base(assigned.left).is_some_and(|left| names_rate(&left));
            assigned.subtracts && !counts(assigned.right) || rated && !of_rate
        };
        let over = |(_, head): &(usize, &Expr)| any_name(*head, returns_parameters);
        self.walk.assigned.iter().any(assigns)
            || self.walk.heads.iter().any(over)
            || self.walk.calls.iter().any(reads)
    }

    /// The number of times that the function mentions a variable.
    fn mentions(&self, name: &str) -> usize {
        self.function.mentions(name, true)
    }

    /// Whether the function only builds an optimizer and calls methods on it that change no parameters.
    fn only_holds(&self, name: &str, more: usize) -> bool {
        let of = |call: &&Call<'r>| {
            call.receiver.and_then(root).as_deref() == Some(name) && call.of().as_deref() == Some(name)
        };
        let calls: Vec<&Call<'r>> = self.walk.calls.iter().filter(of).collect();
        let bound = self.walk.bound.iter().filter(|bound| bound.name == name);
        // `let optimizer = self.optimizer.as_mut()` mentions the name twice.
        let built: usize = bound.map(|bound| 1 + times(bound.init, name)).sum();
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
            idle && calls == function.mentions(field, false)
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

    /// The first `backward` of the function, or the first call that computes gradients under another name.
    fn first_fill(&self) -> Option<(usize, &Call<'r>)> {
        let stands = |call: &Call<'r>| call.whole || call.bound.is_some() || call.assigned;
        let by_name = self.calls().find(|(_, call)| self.fills(call) && stands(call));
        by_name.or_else(|| self.calls().find(|(_, call)| self.may_fill(call) && stands(call)))
    }

    /// Gradients in a variable that nothing reads, in a function that makes no step.
    pub(super) fn gradients_unused(&self) -> Option<OrderFault<'r>> {
        if self.function.tested || self.walk.calls.iter().any(Self::may_step) || !self.updates().is_empty() {
            return None;
        }
        let unread =
            |bound: &&Bound<'_>| !is_meant_unused(&bound.name) && is_unread(&self.function.body, &bound.name);
        let named =
            |bound: &Bound<'_>| self.walk.calls.iter().find(|call| call.bound.as_ref() == Some(&bound.name));
        let of_parameters = self.walk.bound.iter().filter(unread).find_map(|bound| {
            let call = named(bound).filter(|call| self.may_fill(call))?;
            // A measurement runs `backward` alone.
            let trains = !call.loops.is_empty() || trains_by_name(&self.function.name);
            let all = trains && names_all_gradients(&bound.name);
            let about = bound.name.clone();
            all.then(|| OrderFault { about, ..fault(NamedFaultKind::NoStep, call, None) })
        });
        let filled = || self.walk.calls.iter().any(|call| self.fills(call));
        let of_output = || {
            if !trains_by_name(&self.function.name) || filled() {
                return None;
            }
            self.walk.bound.iter().filter(unread).find_map(|bound| {
                let call = named(bound).filter(|_| names_output_gradient(&bound.name))?;
                let about = bound.name.clone();
                Some(OrderFault { about, ..fault(NamedFaultKind::GradientLost, call, None) })
            })
        };
        of_parameters.or_else(of_output)
    }

    /// Gradients that are a value, of a loss in a loop or in a function that trains by its name, if nothing reads them.
    pub(super) fn gradients_unread(&self) -> Option<OrderFault<'r>> {
        if self.function.tested || !self.vocabulary.gives_gradients() {
            return None;
        }
        self.walk.bound.iter().filter(|bound| !is_meant_unused(&bound.name)).find_map(|bound| {
            let of = address(without_errors(bound.init));
            let call = self.walk.calls.iter().find(|call| address(call.expr) == of)?;
            let trains = !call.loops.is_empty() || trains_by_name(&self.function.name);
            let alone = call.receiver.is_some() && call.arguments.is_empty() && self.fills(call) && trains;
            let unread = alone && is_unread(&self.function.body, &bound.name);
            unread.then(|| OrderFault {
                about: bound.name.clone(),
                ..fault(NamedFaultKind::GradientsUnread, call, None)
            })
        })
    }

    /// A `backward` in a loop that zeroes its gradients in each iteration, without a step or any other use.
    pub(super) fn zeroed_unused(&self) -> Option<OrderFault<'r>> {
        let (rank, backward) = self.calls().find(|(_, call)| self.fills(call) && call.whole)?;
        let around = backward.loops.first()?;
        let zero =
            self.walk.calls.iter().find(|call| call.is_zero() && call.loops.first() == Some(around))?;
        let rated = backward.gives(names_rate);
        let measured = measures_time(&self.function.name);
        // Other code may step for what it owns.
        let owned = zero.roots().iter().any(|of| {
            let mut lets = self.walk.bound.iter().filter(|bound| bound.name == *of);
            lets.any(|bound| !bound.loops.contains(around))
        });
        let of_self = zero.receiver.is_some_and(|of| root(of).as_deref() == Some("self"));
        let by_others = of_self && (self.function.options.annotated || self.resolver.some_function_steps());
        if !owned && !trains_by_name(&self.function.name) || by_others {
            return None;
        }
        let known =
            self.function.tested || rated || measured || self.updates_by_hand() || !self.updates().is_empty();
        let stepped = self.calls().any(|(at, call)| {
            let follows = at > rank && call.loops == backward.loops && call.whole;
            Self::may_step(call) || self.may_update_inside(call, zero, backward, follows)
        });
        let read = reads_stored(self.function.body.to_token_stream())
            || self.function.names().iter().any(|name| is_black_box(name));
        (!known && !stepped && !read).then(|| fault(NamedFaultKind::NoStepZeroed, backward, Some(zero)))
    }

    /// Whether a call of unknown meaning gets a model, so that it may make a step.
    ///
    /// In the statements that follow the `backward`, any call of unknown meaning may.
    fn may_update_inside(
        &self,
        call: &Call<'r>,
        zero: &Call<'r>,
        backward: &Call<'r>,
        follows: bool,
    ) -> bool {
        let known = self.may_fill(call)
            || call.is_backward()
            || call.is_zero()
            || computes_output(&call.name)
            || only_looks(&call.name)
            || only_prepares(&call.name)
            || collects(&call.name)
            || sets_gradient(&call.name)
            || only_passes(&call.name)
            || saves(&call.name)
            || is_evaluation(&call.name)
            || is_loss(&call.name)
            || call.of().is_some_and(|of| shows_progress(&of));
        if known {
            return false;
        }
        if let Some(inside) = self.inside(&call.name, May::Update) {
            return inside;
        }
        let mine = |name: &String| {
            zero.roots().contains(name) || backward.roots().contains(name) || self.models().contains(name)
        };
        let lent = call
            .arguments
            .iter()
            .any(|argument| is_exclusive(argument) && root(argument).is_some_and(|name| mine(&name)));
        lent || follows || call.whole && (call.roots().iter().any(mine) || call.receiver.is_some_and(is_self))
    }

    /// An optimizer that the function builds and never mentions again.
    pub(super) fn optimizer_unused(&self) -> Option<OrderFault<'r>> {
        let stepped = self.walk.calls.iter().any(Self::may_step) || !self.updates().is_empty();
        let evaluates =
            self.walk.calls.iter().any(|call| is_no_grad(&call.name) || is_evaluation(&call.name));
        if self.function.tested || stepped || evaluates || self.walk.heads.is_empty() {
            return None;
        }
        let typed = |bound: &Bound<'_>| {
            constructed(bound.init)
                .is_some_and(|of| role_of_type(self.vocabulary, &of) == Some(Role::Optimizer))
        };
        let mut idle =
            self.walk.bound.iter().filter(|bound| {
                typed(bound) && !is_meant_unused(&bound.name) && self.mentions(&bound.name) == 1
            });
        let idle = idle.next()?;
        let built = self.walk.calls.iter().find(|call| call.bound.as_ref() == Some(&idle.name))?;
        let about = idle.name.clone();
        Some(OrderFault { about, ..fault(NamedFaultKind::OptimizerUnused, built, None) })
    }

    /// A step of a schedule whose rate nothing reads, and which has no optimizer.
    pub(super) fn schedule_unread(&self) -> Option<OrderFault<'r>> {
        self.walk.bound.iter().find_map(|bound| {
            let typed = constructed(bound.init).is_some_and(|of| is_schedule_type(&of));
            if role_of_name(&bound.name) != Some(Role::Schedule) || !typed {
                return None;
            }
            let inside = names_in(bound.init);
            let alone = matches!(bare(bound.init), Expr::Call(_))
                && !inside.iter().any(|name| is_clone(name))
                && !inside.iter().any(|name| self.is_optimizer(name))
                && !has_reference(bound.init);
            let calls: Vec<&Call<'r>> =
                self.walk.calls.iter().filter(|call| call.of().as_ref() == Some(&bound.name)).collect();
            let moves = calls.iter().all(|call| call.whole && advances(&call.name));
            let unread = moves && self.mentions(&bound.name) == calls.len() + 1;
            let moved = calls.iter().find(|call| !call.loops.is_empty())?;
            (alone && unread).then(|| OrderFault {
                about: bound.name.clone(),
                ..fault(NamedFaultKind::ScheduleUnread, moved, None)
            })
        })
    }
}

/// An expression without what handles its errors: `loss.backward()` for `loss.backward().unwrap_or_else(|e| panic!("{e}"))`.
fn without_errors(expr: &Expr) -> &Expr {
    match bare(expr) {
        Expr::MethodCall(call) if handles_errors(&call.method.to_string()) => without_errors(&call.receiver),
        other => other,
    }
}

/// How often an expression mentions a name.
fn times(expr: &Expr, name: &str) -> usize {
    let mut times = 0;
    let _: bool = expr.find_name(&mut |found| {
        times += usize::from(found == name);
        false
    });
    times
}

fn has_reference(expr: &Expr) -> bool {
    expr.to_token_stream().to_string().contains('&')
}

/// Whether code reads a stored gradient: a field or a method with the name of a gradient.
fn reads_stored(tokens: TokenStream) -> bool {
    let mut after_dot = false;
    for token in tokens {
        let found = match &token {
            TokenTree::Group(group) => reads_stored(group.stream()),
            TokenTree::Ident(name) => after_dot && is_read(&name.to_string()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        };
        if found {
            return true;
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    false
}

fn is_read(name: &str) -> bool {
    let other = ["requires", "no", "with", "set", "enable", "needs"];
    (names_gradients_alone(name) || reads_gradients(name, 0))
        && !zeroes_gradients(name)
        && !names_backward(name)
        && !clips(name)
        && !name.split('_').next().is_some_and(|first| other.contains(&first))
}
