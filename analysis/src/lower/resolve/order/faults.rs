//! The faults that a walk over the calls of a function shows.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use syn::{Expr, Lit};

use super::typed_optimizers;
use super::update::Update;
use super::walk::{Bound, Call, Walk, bare, base, source};
use crate::cfg::NamedFaultKind;
use crate::lower::address;
use crate::lower::resolve::uses::is_rate_expr;
use crate::lower::resolve::{Function, Resolver};
use crate::lower::text;
use crate::vocabulary::rust::is_self;
use crate::vocabulary::{
    Role, Uses, Vocabularies, applies_gradients, computes_output, differentiates_otherwise, is_average,
    moves_target, names_loss, names_output_gradient, names_rate, names_update_function, names_update_method,
    reads_gradients, retains, role_of_name, role_of_type, runs_backward, sets_gradient, shows_progress,
    speaks_of_loss, trains_by_name,
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
    pub found: Found<'r>,
}

/// The answers about the function, each computed when it is first needed.
#[derive(Default)]
pub(super) struct Found<'r> {
    pub typed: OnceCell<BTreeSet<String>>,
    pub fields: OnceCell<BTreeSet<String>>,
    pub updates: OnceCell<Vec<Update<'r>>>,
    pub models: OnceCell<BTreeSet<String>>,
    pub rated: OnceCell<bool>,
}

impl<'r> Faults<'r, '_> {
    /// The first fault of each kind.
    pub(super) fn all(&self) -> Vec<OrderFault<'r>> {
        // An annotated function is checked while it is written: what is unused may still be used.
        let whole = !self.function.options.annotated;
        let found = [
            self.step_repeated(),
            self.backward_repeated(),
            self.step_early(),
            self.gradient_unread(),
            self.no_backward(),
            self.no_step(),
            self.gradients_unused().filter(|_| whole),
            self.zeroed_unused().filter(|_| whole),
            self.optimizer_unused().filter(|_| whole),
            self.schedule_unread().filter(|_| whole),
            self.zero_missing().filter(|_| whole),
            self.zero_never().filter(|_| whole),
            self.zero_never_by_hand().filter(|_| whole),
            self.gradients_unread().filter(|_| whole),
            self.step_outside(),
            self.zero_outside(),
            self.built_inside(),
        ];
        found.into_iter().flatten().collect()
    }

    pub(super) fn calls(&self) -> impl DoubleEndedIterator<Item = (usize, &Call<'r>)> + Clone {
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
            || named.is_none() && (self.typed().contains(name) || self.fields().contains(name))
            || named != Some(Role::Schedule) && self.walk.bound.iter().any(built)
    }

    /// The parameters that are optimizers by their types.
    pub(super) fn typed(&self) -> &BTreeSet<String> {
        self.found.typed.get_or_init(|| typed_optimizers(self.vocabulary, self.function))
    }

    /// The fields of the method's type that are optimizers.
    pub(super) fn fields(&self) -> &BTreeSet<String> {
        self.found.fields.get_or_init(|| self.resolver.optimizer_fields(self.vocabulary, self.function))
    }

    /// Whether a call certainly updates parameters with gradients.
    pub(super) fn steps(&self, call: &Call<'r>) -> bool {
        let Some(receiver) = call.receiver else { return names_update_function(&call.name) };
        let applies = applies_gradients(&call.name);
        let names_update = names_update_method(&call.name);
        if !applies && !names_update {
            return false;
        }
        if call.arguments.iter().any(|argument| is_closure(argument)) {
            return false;
        }
        let Some(of) = call.of().filter(|of| !is_other(of) && !is_average(of) && !moves_target(of)) else {
            return false;
        };
        if names_update {
            return true;
        }
        let survey = &self.function.survey;
        let uses = survey.uses.get(&text::place(receiver));
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
    pub(super) fn may_fill(&self, call: &Call<'r>) -> bool {
        let of_loss = || call.of().is_some_and(|of| speaks_of_loss(&of)) && !call.arguments.is_empty();
        let otherwise = || {
            let given_loss = || call.roots().iter().any(|root| names_loss(root));
            let reads = || reads_gradients(&call.name, call.arguments.len()) && !given_loss();
            differentiates_otherwise(&call.name, call.arguments.len())
                && !call.is_backward()
                && !sets_gradient(&call.name)
                && (call.whole || !of_loss())
                && !reads()
        };
        self.fills(call) || otherwise()
    }

    /// Two calls in a row that are spelled alike, and whose results go to the same place.
    fn twins(&self, is: impl Fn(&Call<'r>) -> bool) -> Option<(usize, &Call<'r>, &Call<'r>)> {
        let stands = |call: &Call<'r>| call.whole || call.assigned || call.bound.is_some();
        self.calls().find_map(|(rank, second)| {
            let (block, index) = second.statement;
            let before = (block, index.checked_sub(1)?);
            let alike = |first: &&Call<'r>| {
                stands(first)
                    && first.whole == second.whole
                    && first.bound == second.bound
                    && first.statement == before
                    && first.name == second.name
                    && source(first) == source(second)
            };
            if !stands(second) || !is(second) {
                return None;
            }
            self.walk.calls[..rank].iter().rev().find(alike).map(|first| (rank, first, second))
        })
    }

    fn step_repeated(&self) -> Option<OrderFault<'r>> {
        let (rank, first, second) = self.twins(|call| self.steps(call))?;
        let filled = self.walk.calls[..rank].iter().any(Call::is_backward);
        (second.whole && filled).then(|| fault(NamedFaultKind::StepRepeated, second, Some(first)))
    }

    /// A `backward` twice in a row, in a function that trains.
    ///
    /// A test may count the gradients of two, unless a step uses them.
    /// A layer that is applied twice in a row also runs `backward` twice.
    fn backward_repeated(&self) -> Option<OrderFault<'r>> {
        let kept =
            |call: &Call<'r>| retains(&call.name) || call.arguments.iter().any(|argument| is_true(argument));
        let (rank, first, second) = self.twins(|call| call.is_backward() && !kept(call))?;
        let stepped = self.walk.calls[rank..].iter().any(|call| self.steps(call))
            || self.updates().iter().any(|update| update.rank > rank);
        let applied_twice = self.twins(|call| computes_output(&call.name)).is_some();
        (!applied_twice && (stepped || !self.function.tested && self.trains(second)))
            .then(|| fault(NamedFaultKind::BackwardRepeated, second, Some(first)))
    }

    /// Whether the function trains with a `backward`: by its name, by a rate, or by other stages.
    fn trains(&self, backward: &Call<'r>) -> bool {
        let rated = backward.gives(names_rate);
        trains_by_name(&self.function.name)
            || rated
            || self.walk.calls.iter().any(|call| call.is_zero() || Self::may_step(call))
            || !self.updates().is_empty()
    }

    /// A step before the only `backward`, in one block.
    fn step_early(&self) -> Option<OrderFault<'r>> {
        let steps = self.calls().filter(|(_, call)| self.steps(call));
        steps.enumerate().find_map(|(nth, (rank, step))| self.early(nth, rank, step))
    }

    /// The fault of a step, the `nth` of the function, that is before the only `backward` of its model.
    fn early(&self, nth: usize, rank: usize, step: &Call<'r>) -> Option<OrderFault<'r>> {
        let (before, after) = self.walk.calls.split_at(rank);
        let others = after[1..].iter().any(|call| self.steps(call));
        let given = step.gives(names_output_gradient);
        if !step.whole || given || (nth > 0 || others) && self.function.tested {
            return None;
        }
        let backward = after.iter().find(|call| {
            self.fills(call)
                && (call.whole || call.bound.is_some())
                && call.statement.0 == step.statement.0
                && call.loops == step.loops
        })?;
        // A step that names its model is early if another model alone has gradients.
        let model =
            backward.of().filter(|of| step.arguments.iter().any(|given| base(given).as_ref() == Some(of)));
        let concerns = |call: &Call<'r>| match (&model, call.receiver) {
            (Some(model), Some(receiver)) => {
                is_self(receiver) || call.of().is_none_or(|of| of == *model) || call.roots().contains(model)
            }
            _ => true,
        };
        let filled = before.iter().any(|call| self.may_fill(call) && concerns(call));
        let first =
            nth == 0 || model.is_some() && !step.loops.is_empty() || model.is_some() && !self.function.tested;
        (first && !filled).then(|| fault(NamedFaultKind::StepEarly, step, Some(backward)))
    }
}

pub(super) fn fault<'r>(kind: NamedFaultKind, at: &Call<'r>, other: Option<&Call<'r>>) -> OrderFault<'r> {
    OrderFault { kind, at: at.expr, other: other.map(|other| other.expr), about: base_name(at) }
}

fn base_name(call: &Call<'_>) -> String {
    call.receiver.and_then(base).unwrap_or_default()
}

/// Whether the variable or field with this name is certainly no optimizer and no model.
pub(super) fn is_other(name: &str) -> bool {
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

pub(super) fn is_exclusive(expr: &Expr) -> bool {
    matches!(expr, Expr::Reference(by) if by.mutability.is_some())
}

fn is_true(expr: &Expr) -> bool {
    matches!(bare(expr), Expr::Lit(literal) if matches!(&literal.lit, Lit::Bool(value) if value.value))
}
