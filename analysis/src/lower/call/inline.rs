//! Inlining: resolved functions and closures are lowered in place where they are called.
//!
//! A call binds the parameters to its arguments, so that the callee acts on the caller's objects.
//! `return` ends the callee; `?` continues where the call itself is tested by `?`.
//! Recursive calls, and calls beyond the limits, stay opaque.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Expr, ExprClosure, FnArg, Pat, ReceiverKind, ReturnType, Type};

use super::Call;
use crate::cfg::{self, CallId, Deps, SiteId};
use crate::limits;
use crate::lower::control::FrameKind;
use crate::lower::env::value::{Handed, Kind, Value};
use crate::lower::resolve::survey::type_name;
use crate::lower::resolve::{FnId, SeenFn};
use crate::lower::{Lower, address};
use crate::stage::Stage;
use crate::tokens::names_in;
use crate::vocabulary::rust::is_option;
use crate::vocabulary::{CallEffect, Role};

/// The functions and closures that are being inlined.
#[derive(Default)]
pub(in crate::lower) struct Inlining {
    /// The function that is lowered.
    pub root: FnId,
    /// The function whose body is being lowered.
    pub function: FnId,
    /// The call that it is inlined for.
    pub call: Option<CallId>,
    /// Calls by their chain.
    ids: BTreeMap<u32, CallId>,
    /// Inlined functions, outermost first.
    stack: Vec<Activation>,
    /// Closures that are being inlined, by syntax node.
    closures: Vec<usize>,
    /// Number of calls inlined so far.
    count: usize,
    /// Functions that are called, inlined or not.
    pub called: BTreeSet<FnId>,
    /// Calls that are awaited, by syntax node.
    pub awaited: Vec<usize>,
}

/// A function that is being inlined.
struct Activation {
    of: FnId,
    /// Number of names in scope at its call.
    mark: usize,
    /// The caller, and the call that it is inlined for.
    caller: (FnId, Option<CallId>),
}

/// When a call is inlined, provided that its function is resolved.
enum Policy {
    Always,
    Never,
    /// If the function trains; else the vocabulary knows enough.
    IfItTrains,
    /// If the receiver's type holds an optimizer.
    IfItHoldsOptimizer,
}

impl Inlining {
    pub(in crate::lower) fn of(function: FnId) -> Self {
        Self { root: function, function, ..Self::default() }
    }

    /// Whether the body of an inlined function is being lowered.
    pub(in crate::lower) fn is_inside(&self) -> bool {
        !self.stack.is_empty()
    }
}

/// When a method with this effect is inlined.
fn policy_of_method(effect: Option<CallEffect>) -> Policy {
    match effect {
        None | Some(CallEffect::Backward { .. }) => Policy::Always,
        // The `forward`, `train` or `zero_grad` of a model's own are what the vocabulary says.
        Some(CallEffect::Computes(Stage::Forward)) => Policy::Never,
        Some(CallEffect::Computes(_)) => Policy::Always,
        Some(CallEffect::Gradients(_)) => Policy::IfItHoldsOptimizer,
        Some(
            CallEffect::Applies
            | CallEffect::Settings
            | CallEffect::Builds
            | CallEffect::Adopts
            | CallEffect::Updates { .. }
            | CallEffect::Scales
            | CallEffect::SetsEpoch
            | CallEffect::Reduces
            | CallEffect::KeepsGraph
            | CallEffect::Detaches
            | CallEffect::Parameters
            | CallEffect::Passes
            | CallEffect::Takes
            | CallEffect::Copies
            | CallEffect::Mode(_)
            | CallEffect::ModeBy
            | CallEffect::NoGrad
            | CallEffect::WithGrad
            | CallEffect::SwitchesRecording
            | CallEffect::Harmless,
        ) => Policy::IfItTrains,
    }
}

/// When a function with this effect is inlined.
fn policy_of_function(effect: Option<CallEffect>) -> Policy {
    match effect {
        Some(
            CallEffect::Gradients(_)
            | CallEffect::NoGrad
            | CallEffect::WithGrad
            | CallEffect::SwitchesRecording,
        ) => Policy::Never,
        None
        | Some(
            CallEffect::Backward { .. }
            | CallEffect::Computes(_)
            | CallEffect::Applies
            | CallEffect::Settings
            | CallEffect::Builds
            | CallEffect::Adopts
            | CallEffect::Updates { .. }
            | CallEffect::Scales
            | CallEffect::SetsEpoch
            | CallEffect::Reduces
            | CallEffect::KeepsGraph
            | CallEffect::Detaches
            | CallEffect::Parameters
            | CallEffect::Passes
            | CallEffect::Takes
            | CallEffect::Copies
            | CallEffect::Mode(_)
            | CallEffect::ModeBy
            | CallEffect::Harmless,
        ) => Policy::Always,
    }
}

/// Resolved functions.
impl<'a> Lower<'a> {
    /// Inlines a call, if its function is resolved and the limits allow it.
    pub(super) fn inlined(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let (id, effect, policy) = self.resolved(call)?;
        let inlines = match policy {
            Policy::Always => true,
            Policy::Never => false,
            Policy::IfItTrains => self.resolver.functions[id].survey.trains,
            Policy::IfItHoldsOptimizer => call
                .receiver
                .as_ref()
                .and_then(|receiver| receiver.ty)
                .is_some_and(|ty| self.holds_optimizer(ty)),
        };
        if !inlines {
            return None;
        }
        self.inlining.called.insert(id);
        if !self.may_inline(id, call.expr) {
            return None;
        }
        let value = self.inline(id, call.expr, call.values().cloned());
        Some(match effect {
            // If its arithmetic is not understood, the vocabulary says whether the result has a graph.
            Some(CallEffect::Computes(stage)) if !value.computed => {
                self.computes(call, stage, call.receiver.as_ref(), &call.arguments)
            }
            _ => value,
        })
    }

    /// The function of a call, the effect that the vocabulary has for its name, and when it is inlined.
    fn resolved(&self, call: &Call<'a>) -> Option<(FnId, Option<CallEffect>, Policy)> {
        if let Some(path) = call.path() {
            let id = self.resolver.resolve(path, self.inlining.function)?;
            let effect = self.vocabulary.function(&call.name).filter(|_| path.segments.len() == 1);
            return Some((id, effect, policy_of_function(effect)));
        }
        let id = self.resolver.method(call.receiver.as_ref()?.ty?, &call.name)?;
        let inputs = &self.resolver.functions[id].sig.inputs;
        let has_receiver = matches!(inputs.first(), Some(FnArg::Receiver(_)));
        let effect = self.vocabulary.method(&call.name, call.arguments.len());
        has_receiver.then(|| (id, effect, policy_of_method(effect)))
    }

    /// Whether the limits allow to inline a call of this function here.
    pub(in crate::lower) fn may_inline(&self, id: FnId, call: &Expr) -> bool {
        let function = &self.resolver.functions[id];
        let (inlining, depth) = (&self.inlining, self.syntax.depth + function.survey.deepest);
        let awaited = function.sig.asyncness.is_none() || inlining.awaited.contains(&address(call));
        awaited
            && id != inlining.root
            && !inlining.stack.iter().any(|active| active.of == id)
            && inlining.stack.len() < limits::NESTED_CALLS
            && inlining.count < limits::CALLS
            && self.at.events < limits::EVENTS_TO_FOLLOW_IN
            && self.cfg.optimizers.len() < limits::OPTIMIZERS_TO_FOLLOW_IN
            && depth + 8 < limits::NESTED_EXPRESSIONS
    }

    /// Lowers a function in place.
    fn inline(&mut self, id: FnId, call: &'a Expr, given: impl Iterator<Item = Value<'a>>) -> Value<'a> {
        let function = &self.resolver.functions[id];
        let site = self.site_of(call, None);
        let after = self.block("");
        let (mark, branches) = (self.scope.len(), self.control.branches);
        let caller = (self.inlining.function, self.inlining.call);
        // The arguments belong to the caller; everything below belongs to the callee.
        let chain = self.nodes.chain_of(address(call));
        let chain = std::mem::replace(&mut self.nodes.chain, chain);
        self.inlining.call = Some(self.call_of(site, id));
        self.inlining.function = id;
        let hidden = self.scope.enter_function();
        self.inlining.stack.push(Activation { of: id, mark, caller });
        self.inlining.count += 1;

        self.bind_parameters(function, given);
        let value = self.inlined_body(function, call, after);
        let value = self.returned(value);
        self.leave_with(mark, &value);
        self.join_at(after);

        self.inlining.stack.pop();
        (self.inlining.function, self.inlining.call) = caller;
        self.control.branches = branches;
        self.scope.leave_body(hidden);
        self.nodes.chain = chain;
        let ty = match &function.sig.output {
            ReturnType::Type(_, ty) => self.resolver.type_of(ty, id),
            ReturnType::Default => None,
        };
        Value { ty: value.ty.or(ty), ..value.with_known(None) }
    }

    fn inlined_body(&mut self, function: &'a SeenFn, call: &Expr, after: cfg::BlockId) -> Value<'a> {
        let returns_option =
            matches!(&function.sig.output, ReturnType::Type(_, ty) if is_option(&type_name(ty)));
        self.with_failures(&function.body.stmts, call, after, returns_option)
    }

    /// The call of the chain that is being lowered.
    fn call_of(&mut self, site: SiteId, id: FnId) -> CallId {
        let (caller, callee) = (self.here().name.clone(), self.resolver.functions[id].name.clone());
        let calls = &mut self.cfg.calls;
        *self.inlining.ids.entry(self.nodes.chain).or_insert_with(|| {
            calls.push(cfg::Call { site, caller, callee });
            calls.len() - 1
        })
    }

    /// The value that a function returns; variables that a closure captures have ended by then.
    fn returned(&mut self, mut value: Value<'a>) -> Value<'a> {
        if let Kind::Closure(closure, _) = value.kind {
            let names = names_in(&closure.body);
            let captured = names.iter().filter_map(|name| self.lookup(name));
            let optimizer = |path| match self.env.value(path)?.kind {
                Kind::Optimizer(id) => Some(id),
                _ => None,
            };
            let captured = captured.filter_map(optimizer).collect();
            self.lose(captured);
            self.touch_expr(&closure.body);
            return Value::plain(Deps::Anything);
        }
        for (_, part) in value.kind.parts_mut() {
            *part = self.returned(std::mem::replace(part, Value::nothing()));
        }
        value
    }
}

/// Parameters.
impl<'a> Lower<'a> {
    fn bind_parameters(&mut self, function: &'a SeenFn, mut given: impl Iterator<Item = Value<'a>>) {
        for input in &function.sig.inputs {
            let value = given.next().unwrap_or_else(Value::nothing);
            match input {
                FnArg::Receiver(receiver) => self.bind_receiver(receiver, value),
                FnArg::Typed(typed) => self.bind_parameter(&typed.pat, &typed.ty, value),
            }
        }
    }

    fn bind_receiver(&mut self, receiver: &syn::Receiver, value: Value<'a>) {
        let handed = match &receiver.kind {
            ReceiverKind::Reference(_, _, Some(_)) => Handed::Exclusive,
            ReceiverKind::Reference(_, _, None) => Handed::Shared,
            _ => Handed::Value,
        };
        let value = Value { ty: value.ty.or(self.here().owner), handed, ..value };
        self.alias("self", address(receiver), value, None);
    }

    fn bind_parameter(&mut self, pat: &'a Pat, ty: &'a Type, value: Value<'a>) {
        let role = self.role_of_parameter(ty, &self.here().sig.generics);
        let declared = || self.resolver.type_of(ty, self.inlining.function);
        let value = Value { ty: value.ty.or_else(declared), ..value };
        let Pat::Ident(ident) = pat else { return self.bind(pat, value) };
        let name = ident.ident.to_string();
        let value = self.promoted(&name, role, value);
        if matches!(ty, Type::Reference(by) if by.mutability.is_some()) {
            self.alias(&name, address(ident), value, role);
        } else {
            self.variable(&name, address(ident), value, role);
        }
    }

    /// Makes an argument an optimizer if the parameter is one, though the caller did not know.
    fn promoted(&mut self, name: &str, role: Option<Role>, value: Value<'a>) -> Value<'a> {
        let Some(place) = value.place.filter(|place| value.deps == Deps::one(*place)) else { return value };
        let known = value.ty.is_some() && role != Some(Role::Optimizer);
        if !matches!(value.kind, Kind::Plain) || known || self.role(name, role) != Some(Role::Optimizer) {
            return value;
        }
        let kind = Kind::Optimizer(self.optimizer_of(place));
        if let Some(known) = self.env.values.get_mut(&place) {
            known.kind = kind.clone();
        }
        Value { kind, ..value }
    }

    /// A variable that is another name for a place: stores through it go there.
    fn alias(&mut self, name: &str, node: usize, value: Value<'a>, role: Option<Role>) {
        let Some(place) = value.place else { return self.variable(name, node, value, role) };
        let path = self.root(name, node);
        self.changed(name);
        self.env.aliases.insert(path, place);
        self.env.values.entry(place).or_insert_with(|| value.clone());
        self.env.values.insert(path, value);
    }
}

/// Closures.
impl<'a> Lower<'a> {
    /// Inlines a closure; `seen` names were in scope at its definition.
    pub(in crate::lower) fn run(
        &mut self,
        closure: &'a ExprClosure,
        seen: usize,
        call: usize,
        given: Vec<Value<'a>>,
    ) -> Value<'a> {
        let after = self.block("");
        let node = address(closure);
        if self.inlining.closures.contains(&node) || self.inlining.closures.len() > limits::NESTED_CLOSURES {
            self.cfg.gave_up = true;
            return Value::nothing();
        }
        let mark = self.scope.len();
        let chain = self.nodes.chain_of(call);
        let chain = std::mem::replace(&mut self.nodes.chain, chain);
        self.inlining.closures.push(node);
        let around = (self.inlining.function, self.inlining.call);
        self.enter_definer(seen);
        let hidden = self.scope.enter_closure(seen);
        let mut given = given.into_iter();
        for input in &closure.inputs {
            let value = given.next().unwrap_or_else(Value::nothing);
            self.bind(input, value);
        }
        self.open_frame(None, FrameKind::Call, after);
        let value = self.expr(&closure.body);
        let value = self.close_frame(value);
        self.leave(mark);
        self.join_at(after);
        (self.inlining.function, self.inlining.call) = around;
        self.scope.leave_body(hidden);
        self.inlining.closures.pop();
        self.nodes.chain = chain;
        value
    }

    /// Makes the function that defines a closure the one whose body is being lowered.
    fn enter_definer(&mut self, seen: usize) {
        if let Some(inner) = self.inlining.stack.iter().find(|active| seen <= active.mark) {
            (self.inlining.function, self.inlining.call) = inner.caller;
        }
    }
}
