//! Faults in the order of a function's stages that the names of its calls show.
//!
//! A library without a vocabulary may keep its gradients anywhere, so the data flow cannot follow every optimizer.
//! The order of calls named `backward` and `step` may still be a fault wherever the gradients are.
//! The function has to repeat a call at once, to step before its only `backward`, or to lack one of the two.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use syn::{FnArg, GenericParam, TypeParamBound};

use super::{FnId, Function, Resolver};
use crate::tokens::{any_name, names_in};
use crate::vocabulary::{Role, Vocabularies, hints_at_training, names_rate, role_of_name, role_of_type};

mod faults;
mod idle;
mod inside;
mod missing;
mod moved;
mod never;
mod peers;
mod unread;
mod update;
mod walk;

pub(in crate::lower) use faults::OrderFault;

use faults::Faults;
use inside::Inside;
use peers::Kind;
use walk::Walk;

/// Answers about all functions of the checked code, each computed when it is first needed.
#[derive(Default)]
pub(super) struct Shared {
    /// The functions with each name.
    named: OnceCell<BTreeMap<String, Vec<FnId>>>,
    /// Whether the `step` of some type only counts.
    counts: OnceCell<bool>,
    /// Whether some function calls what may be a step.
    steps: OnceCell<bool>,
    /// What each function may do, with the functions that it calls.
    inside: RefCell<BTreeMap<FnId, Rc<Inside>>>,
    /// The functions whose loop zeroes its gradients, each with the kind of the loop.
    zeroing: OnceCell<Vec<(FnId, Kind)>>,
}

impl Resolver<'_> {
    /// The faults in the order of a function's stages that the names of its calls show.
    pub(in crate::lower) fn order_faults(&self, id: FnId) -> Vec<OrderFault<'_>> {
        let function = &self.functions[id];
        let trains = || any_name(&*function.body, |name| hints_at_training(name) || names_rate(name));
        if function.survey.names_no_stage() && !trains() {
            return Vec::new();
        }
        // A call that runs `backward` and steps may be repeated, and so may a step that only counts.
        if *self.order.counts.get_or_init(|| (0..self.types.len()).any(|ty| self.only_counts(ty))) {
            return Vec::new();
        }
        let faults = self.faults_of(id);
        if faults.walk.fused { Vec::new() } else { faults.all() }
    }

    /// The functions with a name.
    fn functions_named(&self, name: &str) -> &[FnId] {
        let named = self.order.named.get_or_init(|| {
            let mut named: BTreeMap<String, Vec<FnId>> = BTreeMap::new();
            for (id, function) in self.functions.iter().enumerate() {
                named.entry(function.name.clone()).or_default().push(id);
            }
            named
        });
        named.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether some function calls what may be a step.
    fn some_function_steps(&self) -> bool {
        let steps = |function: &Function<'_>| Walk::over(&function.body).calls.iter().any(Faults::may_step);
        *self.order.steps.get_or_init(|| self.functions.iter().any(steps))
    }

    /// The functions whose loop zeroes its gradients, each with the kind of the loop.
    fn zeroing_loops(&self) -> &[(FnId, Kind)] {
        self.order.zeroing.get_or_init(|| {
            (0..self.functions.len())
                .filter(|id| {
                    let survey = &self.functions[*id].survey;
                    survey.names_zero() && survey.names_backward()
                })
                .filter_map(|id| Some((id, self.faults_of(id).zeroing_loop()?)))
                .collect()
        })
    }

    /// The search for faults in a function.
    fn faults_of(&self, id: FnId) -> Faults<'_, '_> {
        let function = &self.functions[id];
        let walk = Walk::over(&function.body);
        let vocabulary = function.options.vocabularies.unwrap_or(self.vocabularies);
        let found = faults::Found::default();
        Faults { resolver: self, function, walk, vocabulary, found }
    }

    /// The fields of the type of a method that are optimizers by their types or their names.
    fn optimizer_fields(&self, vocabulary: Vocabularies, function: &Function<'_>) -> BTreeSet<String> {
        let Some(owner) = function.owner else { return BTreeSet::new() };
        let is_optimizer = |(name, ty): &&(String, &syn::Type)| match role_of_name(name) {
            Some(role) => role == Role::Optimizer,
            None => is_optimizer_type(vocabulary, &names_in(ty)),
        };
        self.types[owner].fields.iter().filter(is_optimizer).map(|(name, _)| name.clone()).collect()
    }
}

/// The parameters of a function that are optimizers by their types, by the bounds of their types, or by their names.
fn typed_optimizers(vocabulary: Vocabularies, function: &Function<'_>) -> BTreeSet<String> {
    let bounded = |parameter: &&GenericParam| match parameter {
        GenericParam::Type(parameter) => parameter.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => is_optimizer_type(vocabulary, &names_in(&bound.path)),
            _ => false,
        }),
        _ => false,
    };
    let generics = function.sig.generics.params.iter().filter(bounded);
    let generics: BTreeSet<String> = generics.flat_map(names_in).collect();
    let is_optimizer = |name: &str, ty: &syn::Type| {
        let names = names_in(ty);
        match role_of_name(name) {
            Some(role) => role == Role::Optimizer,
            None => is_optimizer_type(vocabulary, &names) || !names.is_disjoint(&generics),
        }
    };
    let typed = function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => match &*input.pat {
            syn::Pat::Ident(name) => Some((name.ident.to_string(), &*input.ty)),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    typed.filter(|(name, ty)| is_optimizer(name, ty)).map(|(name, _)| name).collect()
}

/// Whether a type with these names is an optimizer, whatever wraps it.
fn is_optimizer_type(vocabulary: Vocabularies, names: &BTreeSet<String>) -> bool {
    names.iter().any(|name| role_of_type(vocabulary, name) == Some(Role::Optimizer))
}
