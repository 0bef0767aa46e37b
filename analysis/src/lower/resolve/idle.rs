//! Losses that nothing trains with, and optimizers that never step, by the uses of variables.
//!
//! The data flow follows optimizers that it knows. A fused step such as `backward_step(&loss)` is a single call:
//! without it, a function often has no stage that the data flow could follow. What remains is a loss that is only
//! printed or converted to a number.

use std::collections::BTreeSet;

use syn::Expr;

use super::{FnId, Function, Resolver, TypeId};
use crate::cfg::IdleKind;
use crate::lower::env::bind::member;
use crate::tokens::names_in;
use crate::vocabulary::rust::{is_meant_unused, is_self};
use crate::vocabulary::{
    Role, Vocabularies, applies_gradients, averages_tensor, builds, cannot_train, clips_gradients,
    configured, hints_at_differentiation, is_mode_or_training, is_step, moves_target, names_backward,
    names_loss, role_of_name, role_of_type, speaks_of_evaluation, stops_recording, sums_tensor,
    trains_by_call, trains_by_name, trains_model_by_name, updates_priorities, zeroes_gradients,
};

mod bindings;
mod branches;
mod flow;
mod forks;
mod gradients;
mod names;
mod optimizers;
mod patterns;
mod signature;

use bindings::{Binding, Named};
use flow::Flow;
use names::{calls_in, constructed_by, ends_in_number, gets_detached, of_progress};
use patterns::bare;
use signature::{given_optimizers, is_exclusive, parameter};

/// A loss or an optimizer that nothing trains with.
pub(in crate::lower) struct Idle<'a> {
    pub kind: IdleKind,
    /// The expression at which the fault is reported; `None` for the name of the function.
    pub at: Option<&'a Expr>,
    pub about: String,
    pub optimizer: String,
}

/// The search in one function.
struct Search<'r, 'a> {
    resolver: &'r Resolver<'a>,
    function: &'r Function<'a>,
    flow: Flow<'r>,
    vocabulary: Vocabularies,
    /// The parameters that are optimizers which the function may change.
    given: BTreeSet<String>,
    /// The optimizers in fields of the method's type.
    fields: Vec<String>,
}

impl Resolver<'_> {
    /// The losses and the optimizers of a function that nothing trains with.
    pub(in crate::lower) fn idle(&self, id: FnId) -> Vec<Idle<'_>> {
        let function = &self.functions[id];
        let vocabulary = function.options.vocabularies.unwrap_or(self.vocabularies);
        let known = vocabulary.gives_gradients() || vocabulary.refuses_recorded_writes();
        let evaluates = !function.tested && speaks_of_evaluation([&function.name]);
        let all = known && !evaluates;
        // Without a stage, only a loss or an optimizer could be idle.
        if function.survey.too_many || !all && function.survey.stages == 0 {
            return Vec::new();
        }
        let parameters: Vec<String> = function.sig.inputs.iter().filter_map(parameter).collect();
        let flow = Flow::over(&parameters, &function.body);
        let given = given_optimizers(vocabulary, function);
        let fields = function.owner.map_or_else(Vec::new, |owner| self.own_optimizers(vocabulary, owner));
        let search = Search { resolver: self, function, flow, vocabulary, given, fields };
        if all { search.all() } else { search.in_any_library() }
    }

    /// The fields of a type that are optimizers by their types or their names.
    fn own_optimizers(&self, vocabulary: Vocabularies, owner: TypeId) -> Vec<String> {
        let fields = self.types[owner].fields.iter();
        let is_optimizer = |(name, ty): &&(String, &syn::Type)| {
            let names = names_in(ty);
            let by_type = names.iter().find_map(|part| role_of_type(vocabulary, part));
            by_type.or_else(|| role_of_name(name)) == Some(Role::Optimizer)
        };
        fields.filter(is_optimizer).map(|(name, _)| name.clone()).collect()
    }
}

impl<'r> Search<'r, '_> {
    fn all(&self) -> Vec<Idle<'r>> {
        let losses = self.idle_loss().into_iter().chain(self.loss_of_branch());
        let others = [
            self.idle_optimizer(),
            self.idle_field(),
            self.only_zeroed(),
            self.zeroed_beside(),
            self.built_inside(),
            self.zeroed_parameters(),
            self.never_zeroed(),
            self.fused_twice(),
            self.clipped_alone(),
            self.empty_branch(),
        ];
        losses.chain(others.into_iter().flatten()).collect()
    }

    /// The faults that need no knowledge of the library.
    fn in_any_library(&self) -> Vec<Idle<'r>> {
        let found = [self.zeroed_parameters(), self.clipped_alone(), self.empty_branch(), self.fused_twice()];
        found.into_iter().flatten().collect()
    }

    fn bindings(&self) -> impl Iterator<Item = (usize, &Binding<'r>)> {
        self.flow.bindings.iter().enumerate()
    }

    fn parameters(&self) -> usize {
        self.function.sig.inputs.iter().filter_map(parameter).count()
    }

    /// Whether a variable is an optimizer that the function owns or may change.
    fn is_optimizer(&self, id: usize, known: &Binding<'_>) -> bool {
        if id < self.parameters() {
            return self.given.contains(&known.name);
        }
        known.alone && known.init.is_some_and(|init| self.builds_optimizer(init, &known.name))
    }

    /// Whether an initializer constructs an optimizer. A variable that is only named so may be a reference to
    /// another one.
    fn builds_optimizer(&self, init: &Expr, name: &str) -> bool {
        let typed = constructed_by(init).iter().any(|part| {
            let settings = configured(part);
            role_of_type(self.vocabulary, settings) == Some(Role::Optimizer)
        });
        let built = || match bare(init) {
            Expr::MethodCall(call) => builds(&call.method.to_string()) && call.args.len() == 2,
            _ => false,
        };
        match role_of_name(name) {
            Some(Role::Optimizer) => typed || built(),
            None => typed,
            Some(_) => false,
        }
    }

    /// Whether some of the function's calls may train a model.
    fn trains(&self, calls: (usize, usize)) -> bool {
        self.flow.calls[calls.0..calls.1].iter().any(|call| {
            let acts = trains_by_call(&call.name) && (!is_mode_or_training(&call.name) || call.arguments > 0)
                || differentiates(call);
            let other = moves_target(&call.name)
                || cannot_train(&call.name)
                || updates_priorities(&call.name)
                || of_progress(call.expr)
                || gets_detached(call.expr);
            acts && !other
        })
    }

    fn trains_at_all(&self) -> bool {
        self.trains((0, self.flow.calls.len()))
    }

    /// Whether a variable is a loss with a graph, from which no `backward` can run.
    fn is_idle_loss(&self, id: usize, known: &Binding<'_>) -> bool {
        let names = || known.over.iter().flat_map(|head| head.iter()).chain([&known.name]);
        let Some(init) = known.init else { return false };
        names_loss(&known.name)
            && !is_meant_unused(&known.name)
            && !known.quiet
            && !speaks_of_evaluation(names())
            && !self.flow.flows(id)
            && !ends_in_number(init)
            && !calls_in(init)
                .iter()
                .any(|name| trains_by_name(name) || names_backward(name) || stops_recording(name))
    }

    /// Whether a loss is certainly a tensor: the code converts it to a number, or it is an average of a tensor.
    fn is_tensor(&self, id: usize, known: &Binding<'_>) -> bool {
        self.flow.is_shown(id) || known.alone && known.init.is_some_and(|init| self.computes_loss(init))
    }

    fn computes_loss(&self, init: &Expr) -> bool {
        match bare(init) {
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                let sums = sums_tensor(&name, call.args.len());
                sums || averages_tensor(&name) || self.vocabulary.loss(&name).is_some()
            }
            Expr::Call(call) => {
                matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|last| {
                    self.vocabulary.loss(&last.ident.to_string()).is_some()
                }))
            }
            _ => false,
        }
    }

    /// A loss that is only looked at, in a function with an optimizer that never steps, or in a method that
    /// trains by its name.
    fn idle_loss(&self) -> Option<Idle<'r>> {
        // The last of several losses is the one to train with.
        let last = |known: &Binding<'_>| {
            !known.into.iter().any(|other| names_loss(&self.flow.bindings[*other].name))
        };
        let is_it = |(id, known): &(usize, &Binding<'_>)| {
            self.is_idle_loss(*id, known) && self.is_tensor(*id, known) && last(known)
        };
        let mut losses = self.bindings().filter(is_it);
        losses.find_map(|(id, known)| {
            let idle = |id: &&usize| {
                let optimizer = &self.flow.bindings[**id];
                let mine = **id >= self.parameters() || !self.function.tested;
                mine && self.is_optimizer(**id, optimizer)
                    && !self.flow.may_train(**id)
                    && !is_meant_unused(&optimizer.name)
            };
            let around = self.flow.around(id);
            let optimizer = around.iter().find(idle).map(|id| self.flow.bindings[*id].name.clone());
            let (kind, optimizer) = match optimizer {
                Some(name) => (IdleKind::Loss, name),
                None if self.steps_alone() => (IdleKind::NoBackward, String::new()),
                None => (IdleKind::LossOfMethod, self.own_trainer()?),
            };
            Some(Idle { kind, at: known.init, about: known.name.clone(), optimizer })
        })
    }

    /// Whether the function steps an optimizer in a field of `self`, and no call of it may run `backward`.
    fn steps_alone(&self) -> bool {
        let of_field = |call: &Named<'_>| {
            let Expr::MethodCall(node) = call.expr else { return false };
            let Expr::Field(field) = bare(&node.receiver) else { return false };
            is_self(&field.base) && self.fields.contains(&member(&field.member))
        };
        let mut steps = self.flow.calls.iter().filter(|call| applies_gradients(&call.name) && of_field(call));
        steps.next().is_some()
            && !self.function.tested
            && !self.flow.calls.iter().any(|call| differentiates(call))
    }

    /// The optimizer of a method that trains by its name and calls nothing that could train; empty if the model
    /// owns its optimizer.
    fn own_trainer(&self) -> Option<String> {
        let name = &self.function.name;
        let by_name = if self.fields.is_empty() {
            trains_model_by_name(name)
        } else {
            trains_by_name(name) || is_step(name)
        };
        let number = |known: &Binding<'_>| known.init.is_some_and(ends_in_number);
        let others = self
            .bindings()
            .any(|(id, known)| names_loss(&known.name) && self.flow.flows(id) && !number(known));
        if !by_name || self.function.tested || !is_exclusive(self.function) || others || self.trains_at_all()
        {
            return None;
        }
        if self.fields.iter().any(|field| self.flow.acting_fields.contains(field)) {
            return None;
        }
        Some(self.fields.first().map_or_else(String::new, |field| format!("self.{field}")))
    }
}

/// Whether a call may run `backward`, by its name.
fn differentiates(call: &Named<'_>) -> bool {
    let other =
        zeroes_gradients(&call.name) || is_mode_or_training(&call.name) || clips_gradients(&call.name);
    names_backward(&call.name) || hints_at_differentiation(&call.name) && !other
}
