//! Inlining of resolved functions and closures, whose bodies are lowered at their call sites.
//!
//! A call binds the parameters to its arguments, so that the callee acts on the caller's objects.
//! A `return` ends the callee. If a `?` in the callee fails, control continues at the `?` that
//! tests the call.
//! Recursive calls and calls beyond the limits are opaque.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Expr, FnArg, ReturnType};

use super::Call;
use crate::cfg::{self, CallId, Deps, SiteId};
use crate::limits;
use crate::lower::env::value::{Closure, Kind, Value};
use crate::lower::resolve::survey::type_name;
use crate::lower::resolve::{FnId, Function};
use crate::lower::{Lower, address};
use crate::vocabulary::hints_at_training;
use crate::vocabulary::rust::is_option;
use policy::Policy;

mod closure;
mod parameters;
mod policy;

/// The state of inlining: the functions and closures that are being inlined, and the calls so far.
#[derive(Default)]
pub(in crate::lower) struct Inlining {
    /// The function whose graph is built; other functions are inlined into it.
    pub root: FnId,
    /// The function whose body is being lowered: the root, or an inlined one.
    pub function: FnId,
    /// The call at which `function` is inlined; `None` for the root.
    pub call: Option<CallId>,
    /// The ids of inlined calls, by their chain of calls.
    ids: BTreeMap<u32, CallId>,
    /// The inlined functions around the current code, outermost first.
    stack: Vec<Activation>,
    /// Closures that are being inlined, by syntax node.
    closures: Vec<usize>,
    /// Whether the closure that is being inlined is given to an opaque call that runs it once.
    pub runs_closure: bool,
    /// The bodies of the closures that an opaque call runs once, by syntax node. They are lowered at the call.
    pub run_once: BTreeSet<usize>,
    /// Number of calls inlined so far.
    count: usize,
    /// All functions that are called, inlined or not.
    pub called: BTreeSet<FnId>,
    /// Calls that are awaited, by syntax node.
    pub awaited: Vec<usize>,
}

/// A function that is being inlined.
struct Activation {
    of: FnId,
    /// Number of names in scope at the call of the function.
    mark: usize,
    /// The caller: the function that contains the call, and the call for which this function is inlined.
    caller: (FnId, Option<CallId>),
}

impl Inlining {
    pub(in crate::lower) fn of(function: FnId) -> Self {
        Self { root: function, function, ..Self::default() }
    }

    /// Whether the body of a closure is being lowered.
    pub(in crate::lower) fn is_in_closure(&self) -> bool {
        !self.closures.is_empty()
    }

    /// Whether the body of an inlined function is being lowered.
    pub(in crate::lower) fn is_inside(&self) -> bool {
        !self.stack.is_empty()
    }
}

impl<'a> Lower<'a> {
    /// Inlines a call, if its function is resolved and the limits allow it.
    pub(super) fn inlined(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let (id, policy) = self.resolved(call)?;
        let inlines = match policy {
            Policy::Always | Policy::AsStage(_) => true,
            Policy::Never => false,
            Policy::IfItTrains => self.resolver.functions[id].survey.trains,
            Policy::IfItHoldsOptimizer => {
                let ty = call.receiver.as_ref().and_then(|receiver| receiver.ty);
                ty.is_some_and(|ty| self.holds_optimizer(ty))
            }
        };
        if !inlines {
            return None;
        }
        self.inlining.called.insert(id);
        if !self.may_inline(id, call.expr) {
            return None;
        }
        let value = self.inline(id, call.expr, call.values().cloned());
        if let Policy::AsStage(stage) = policy
            && !value.computed
        {
            return Some(self.computes(call, stage, call.receiver.as_ref(), &call.arguments));
        }
        Some(value)
    }

    /// The resolved function of a call, and the policy that tells when the call is inlined.
    fn resolved(&self, call: &Call<'a>) -> Option<(FnId, Policy)> {
        if let Some(path) = call.path() {
            let id = self.resolver.resolve(path, self.inlining.function)?;
            let effect = self.vocabulary.function(&call.name).filter(|_| path.segments.len() == 1);
            return Some((id, policy::of_function(effect)));
        }
        let id = self.resolver.method(call.receiver.as_ref()?.ty?, &call.name)?;
        let inputs = &self.resolver.functions[id].sig.inputs;
        let has_receiver = matches!(inputs.first(), Some(FnArg::Receiver(_)));
        let effect = self.vocabulary.method(&call.name, call.arguments.len());
        has_receiver.then(|| (id, policy::of_method(effect)))
    }

    /// The function that a call resolves to.
    pub(super) fn callee_of(&self, call: &Call<'a>) -> Option<FnId> {
        self.resolved(call).map(|(id, _)| id)
    }

    /// Whether a call is inlined, whatever its function does.
    pub(super) fn is_inlined(&self, call: &Call<'a>) -> bool {
        let resolved = self.resolved(call);
        resolved
            .is_some_and(|(id, policy)| matches!(policy, Policy::Always) && self.may_inline(id, call.expr))
    }

    /// Whether the limits allow a call of the function `id` to be inlined at the current place.
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

    /// Lowers the body of a function at a call.
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

    fn inlined_body(&mut self, function: &'a Function, call: &Expr, after: cfg::BlockId) -> Value<'a> {
        let returns_option =
            matches!(&function.sig.output, ReturnType::Type(_, ty) if is_option(&type_name(ty)));
        self.with_failures(&function.body.stmts, call, after, returns_option)
    }

    /// The id of the call at the end of the current chain of calls.
    fn call_of(&mut self, site: SiteId, id: FnId) -> CallId {
        let (caller, callee) = (self.here().name.clone(), self.resolver.functions[id].name.clone());
        let calls = &mut self.cfg.calls;
        *self.inlining.ids.entry(self.nodes.chain).or_insert_with(|| {
            calls.push(cfg::Call { site, caller, callee });
            calls.len() - 1
        })
    }

    /// The value that an inlined function returns.
    ///
    /// If the value is a closure, its variables are out of scope at later calls. A closure that only computes is
    /// then a value like a model, which holds what it captured. The optimizers that any other closure captured
    /// become unknown.
    fn returned(&mut self, mut value: Value<'a>) -> Value<'a> {
        if let Kind::Closure(closure) = value.kind {
            return self.returned_closure(closure);
        }
        for (_, part) in value.kind.parts_mut() {
            *part = self.returned(std::mem::replace(part, Value::nothing()));
        }
        value
    }

    fn returned_closure(&mut self, closure: Closure<'a>) -> Value<'a> {
        let source = self.resolver.source(&closure.node.body);
        let names = &source.mentions(&closure.node.body).names;
        let captured: Vec<Value<'a>> =
            names.iter().filter_map(|name| self.env.value(self.lookup(name)?).cloned()).collect();
        let held = captured.iter().fold(Deps::none(), |all, part| all.union(&part.derived().deps));
        let optimizer = |value: &Value<'a>| match value.kind {
            Kind::Optimizer(id) | Kind::Optimizers(id) => Some(id),
            _ => None,
        };
        let optimizers: Vec<_> = captured.iter().filter_map(optimizer).collect();
        let trains = names.iter().any(|name| hints_at_training(name));
        if !trains && optimizers.is_empty() && self.optimizers_in(&held).is_empty() {
            return Value::plain(held);
        }
        self.lose(optimizers);
        self.touch_expr(&closure.node.body);
        Value::plain(Deps::Anything)
    }
}
