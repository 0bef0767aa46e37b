//! Resolution and effects of calls.
//!
//! Each call becomes one [`Call`].
//! The call is inlined if its function is resolved; otherwise the effect of the call is performed.

use syn::punctuated::Punctuated;
use syn::{Expr, ExprCall, ExprMethodCall, Path, Token};

use super::control::known::Known;
use super::env::value::{Kind, Passing, Value};
use super::resolve::macros::Unfolded;
use super::{Lower, address};
use crate::cfg::{Mark, OptimizerId, PathId};
use crate::stage::Stage;
use crate::vocabulary::rust::{Variant, is_forced, is_mem_take, is_number};
use crate::vocabulary::{CallEffect, adds, is_loss};

mod averages;
mod backward;
mod byhand;
mod checkpoints;
mod closures;
mod collect;
mod compute;
mod construct;
mod evaluations;
mod gradients;
mod handed;
pub(super) mod inline;
mod losses;
mod metrics;
pub(super) mod mode;
mod modes;
mod opaque;
mod optimizers;
mod outcome;
mod outputs;
mod parameters;
mod passed;
pub(super) mod processes;
mod reads;
mod schedule;
mod several;
mod shapes;
mod stores;
mod tensors;
mod updates;
mod writes;

/// A call whose receiver and arguments have been evaluated.
pub(super) struct Call<'a> {
    expr: &'a Expr,
    /// The name of the method, or the last segment of the function's path; empty if the callee has no name.
    name: String,
    callee: Callee<'a>,
    receiver: Option<Value<'a>>,
    /// The syntax of the arguments.
    args: &'a Punctuated<Expr, Token![,]>,
    /// The values of the arguments.
    arguments: Vec<Value<'a>>,
}

/// The callee of a call, such as a method or a function.
enum Callee<'a> {
    /// A method of the receiver.
    Method(&'a ExprMethodCall),
    /// A function that is named by a path.
    Function(&'a Path),
    /// An associated function, with the name of its type: the last segment but one of the path.
    Associated(&'a Path, String),
    /// A variable that is called: a closure, a loss function or a model.
    Variable(&'a Path, PathId),
    /// The value of an expression that is called.
    Value(Value<'a>),
}

impl<'a> Callee<'a> {
    /// The syntax of the receiver, for a method.
    fn receiver(&self) -> Option<&'a Expr> {
        match self {
            Self::Method(node) => Some(&node.receiver),
            Self::Function(_) | Self::Associated(..) | Self::Variable(..) | Self::Value(_) => None,
        }
    }
}

impl<'a> Call<'a> {
    /// The object that a call acts on: the receiver, or else the first argument.
    ///
    /// `step(&mut optimizer)` acts on the same object as `optimizer.step()`.
    fn subject(&self) -> Option<&Value<'a>> {
        self.receiver.as_ref().or_else(|| self.arguments.first())
    }

    /// The arguments after the [subject](Self::subject).
    fn rest(&self) -> &[Value<'a>] {
        let from = usize::from(self.receiver.is_none());
        self.arguments.get(from..).unwrap_or_default()
    }

    /// The optimizer that is the receiver, if the receiver is an optimizer.
    fn optimizer(&self) -> Option<OptimizerId> {
        match self.receiver.as_ref()?.kind {
            Kind::Optimizer(id) => Some(id),
            _ => None,
        }
    }

    /// The values of the receiver, if there is one, and of the arguments.
    fn values(&self) -> impl Iterator<Item = &Value<'a>> + Clone {
        self.receiver.iter().chain(&self.arguments)
    }

    /// The path of a callee that is a function or a variable.
    fn path(&self) -> Option<&'a Path> {
        match &self.callee {
            Callee::Function(path) | Callee::Associated(path, _) | Callee::Variable(path, _) => Some(path),
            Callee::Method(_) | Callee::Value(_) => None,
        }
    }
}

impl<'a> Lower<'a> {
    /// Lowers a call expression, such as `f(x)` or `closure(x)`.
    pub(super) fn call(&mut self, expr: &'a Expr, node: &'a ExprCall) -> Value<'a> {
        match Unfolded::of(node) {
            Some(Unfolded::Diverges) => {
                self.stop();
                return Value::never();
            }
            Some(Unfolded::Reads) => return self.reads_arguments(node),
            None => {}
        }
        if self.ends_in_error(expr) {
            return Value::never();
        }
        let (callee, name) = self.callee(&node.func);
        let arguments = node.args.iter().map(|argument| self.expr(argument)).collect();
        let call = Call { expr, name, callee, receiver: None, args: &node.args, arguments };
        self.note_bookkeeping(&call);
        match &call.callee {
            Callee::Variable(_, path) => self.call_variable(&call, *path),
            Callee::Value(function) => self.call_value(&call, function),
            Callee::Associated(_, owner) => self.associated(&call, owner),
            Callee::Function(_) | Callee::Method(_) => self.inlined_or_performed(&call),
        }
    }

    pub(super) fn method(&mut self, expr: &'a Expr, node: &'a ExprMethodCall) -> Value<'a> {
        let name = node.method.to_string();
        if let Some(value) = self.driven(expr, node, &name) {
            return value;
        }
        let receiver = if is_forced(&name) {
            // An error ends the program.
            self.with_error_exit(&node.receiver, None)
        } else {
            self.expr(&node.receiver)
        };
        let arguments = node.args.iter().map(|argument| self.expr(argument)).collect();
        let callee = Callee::Method(node);
        let call = Call { expr, name, callee, receiver: Some(receiver), args: &node.args, arguments };
        self.note_bookkeeping(&call);
        self.inlined_or_performed(&call)
    }

    /// The callee of a call expression, and the name of the callee.
    fn callee(&mut self, function: &'a Expr) -> (Callee<'a>, String) {
        let Expr::Path(function) = function else {
            return (Callee::Value(self.expr(function)), String::new());
        };
        let path = &function.path;
        let mut segments = path.segments.iter().rev().map(|part| part.ident.to_string());
        let last = segments.next().unwrap_or_default();
        let owner = segments.next();
        if owner.is_none()
            && let Some(variable) = self.lookup(&last)
        {
            return (Callee::Variable(path, variable), last);
        }
        match owner.filter(|owner| owner.starts_with(char::is_uppercase) || is_number(owner)) {
            Some(owner) => (Callee::Associated(path, owner), last),
            None => (Callee::Function(path), last),
        }
    }

    /// Evaluates the replacement of a macro that only reads its arguments, such as `println!`.
    fn reads_arguments(&mut self, node: &'a ExprCall) -> Value<'a> {
        self.cfg.function.prints = true;
        let looked: Vec<Value<'a>> = node.args.iter().map(|argument| self.expr(argument)).collect();
        self.note_shown(None, looked.iter());
        Value { measured: looked.iter().any(|value| value.measured), ..Value::number() }
    }

    /// Performs a call of a variable, which is a closure, a loss function or a model.
    fn call_variable(&mut self, call: &Call<'a>, path: PathId) -> Value<'a> {
        let function = self.env.value(path).cloned();
        if let Some(&Kind::Closure(closure)) = function.as_ref().map(|value| &value.kind) {
            if !self.survey().assigned.contains(&call.name) {
                return self.inline_closure(closure, address(call.expr), call.arguments.clone());
            }
            self.touch_expr(&closure.node.body);
        }
        if self.vocabulary.function(&call.name) == Some(CallEffect::Computes(Stage::Loss)) {
            return self.computes(call, Stage::Loss, None, &call.arguments);
        }
        match function {
            Some(function) if self.is_model(&call.name, &function) => {
                self.computes(call, Stage::Forward, Some(&function), &call.arguments)
            }
            _ => self.opaque_call(call),
        }
    }

    /// Performs a call whose callee is an expression of value `function`: `(self.loss)(x, y)`.
    fn call_value(&mut self, call: &Call<'a>, function: &Value<'a>) -> Value<'a> {
        if let Kind::Closure(closure) = function.kind {
            return self.inline_closure(closure, address(call.expr), call.arguments.clone());
        }
        self.opaque_call(call)
    }

    /// Inlines a call if its function is resolved; otherwise performs the effect of the call.
    fn inlined_or_performed(&mut self, call: &Call<'a>) -> Value<'a> {
        self.note_metric(call);
        self.writes_by_method(call);
        self.note_method_write(call);
        self.note_unscaling(call);
        let value = self.by_shape(call).or_else(|| self.clips_by_name(call));
        if let Some(value) = value.or_else(|| self.inlined(call)) {
            return value;
        }
        if let Some(value) = self.steps_with_closure(call).or_else(|| self.steps_own_optimizer(call)) {
            return value;
        }
        self.may_zero_by_hand(call);
        match call.receiver.as_ref().map(|receiver| &receiver.kind) {
            Some(Kind::Schedule) => return self.schedule_method(call),
            Some(Kind::NewOptimizer(..) | Kind::Settings(_)) => return self.unbuilt_method(call),
            Some(_) if self.is_plain(call) && self.method_reads_parameters(call) => return Value::nothing(),
            _ => {}
        }
        if let Some(value) = self.gradients_method(call) {
            return value;
        }
        let Some(effect) = self.effect(call) else {
            return self.held_optimizer(call).unwrap_or_else(|| self.opaque(call));
        };
        if effect == CallEffect::Detaches || effect == CallEffect::Traces {
            self.cfg.function.always_records |= self.vocabulary.tells_that_all_is_recorded(&call.name);
        }
        if let Callee::Method(node) = call.callee
            && self.is_plain(call)
        {
            self.note_model_use(&node.receiver, effect);
        }
        self.perform(effect, call)
    }

    /// Whether a call is a method call whose receiver is neither an optimizer nor a scaler.
    fn is_plain(&self, call: &Call<'a>) -> bool {
        match call.receiver.as_ref().map(|receiver| &receiver.kind) {
            None | Some(Kind::Optimizer(_)) => false,
            Some(_) => !self.is_of_scaler(call),
        }
    }

    /// Whether a call is a method call that the vocabulary lists for scalers.
    fn is_of_scaler(&self, call: &Call<'a>) -> bool {
        let on_scaler = call.receiver.as_ref().is_some_and(|receiver| matches!(receiver.kind, Kind::Scaler));
        on_scaler && self.scaler_effect(call).is_some()
    }

    /// The effect of a call according to the vocabulary; `None` if the vocabulary does not know the call.
    fn effect(&self, call: &Call<'a>) -> Option<CallEffect> {
        let (name, arguments) = (call.name.as_str(), call.arguments.len());
        let Some(receiver) = &call.receiver else {
            let takes = call.path().is_some_and(|path| is_mem_take(path, arguments));
            return self.vocabulary.function(name).or(takes.then_some(CallEffect::Takes));
        };
        match &receiver.kind {
            Kind::Optimizer(_) => {
                let copies =
                    || self.vocabulary.method(name, arguments).filter(|effect| *effect == CallEffect::Copies);
                self.vocabulary.optimizer_method(name, arguments).or_else(copies)
            }
            Kind::Scaler => self.scaler_effect(call).or_else(|| self.plain_effect(call, receiver)),
            _ => self.plain_effect(call, receiver),
        }
    }

    fn scaler_effect(&self, call: &Call<'a>) -> Option<CallEffect> {
        self.vocabulary.scaler_method(&call.name, call.arguments.len())
    }

    /// The effect of a method call according to the vocabulary, if the receiver is not an optimizer.
    fn plain_effect(&self, call: &Call<'a>, receiver: &Value<'a>) -> Option<CallEffect> {
        let known = self.vocabulary.method(&call.name, call.arguments.len());
        let known = known.or_else(|| is_loss(&call.name).then_some(CallEffect::Computes(Stage::Loss)));
        let adds_tensor = || adds(&call.name) && call.arguments.iter().any(Value::is_tensor);
        known.or_else(|| {
            self.vocabulary.on_tensor(&call.name).filter(|_| receiver.is_tensor() || adds_tensor())
        })
    }

    /// Performs the effect of a call, and returns the value of the call.
    fn perform(&mut self, effect: CallEffect, call: &Call<'a>) -> Value<'a> {
        match effect {
            CallEffect::Gradients(effects) => self.acts_on_gradients(call, effects),
            CallEffect::Backward { retain } => self.backward(call, retain),
            CallEffect::Differentiates => self.differentiates(call),
            CallEffect::Runs => self.runs(call),
            CallEffect::Evaluates => self.evaluates(call),
            CallEffect::Computes(stage) => {
                self.computes(call, stage, call.receiver.as_ref(), &call.arguments)
            }
            CallEffect::Applies => self.applies(call),
            CallEffect::KeepsGraph => self.keeps_graph(call),
            CallEffect::Detaches => self.detaches(call),
            CallEffect::Scales => self.scales(call),
            CallEffect::Reduces => self.reduces(call),
            CallEffect::Collective { kind, .. } => self.collective(call, kind),
            CallEffect::Rank => processes::rank(call),
            CallEffect::Splits => processes::splits(call),
            CallEffect::Parameters => self.parameters(call),
            CallEffect::Settings => self.settings(call),
            CallEffect::Builds => self.builds(call),
            CallEffect::Adopts => self.adopts(call),
            CallEffect::Updates { model, .. } => self.updates(call, model),
            CallEffect::UpdatesOther => self.updates_other(call),
            CallEffect::Constructs => self.constructs(call),
            CallEffect::Steps { gradients } => self.steps(call, gradients),
            CallEffect::Accumulates => self.accumulates(call),
            CallEffect::Collects => self.collects_sum(call),
            CallEffect::Allocates => self.allocates(call),
            CallEffect::Traces => self.traces(call),
            CallEffect::Freezes => self.freezes(call),
            CallEffect::Passes => self.passes(call),
            CallEffect::Takes => self.takes(call),
            CallEffect::Copies => self.copies(call),
            CallEffect::Mode(stage) => self.switches_mode(call, stage),
            CallEffect::ModeBy => self.switches_mode_by(call),
            CallEffect::NoGrad => self.no_grad(call),
            CallEffect::WithGrad => self.with_grad(call),
            CallEffect::SwitchesRecording => self.switches_recording(call),
            CallEffect::SetsEpoch => self.sets_epoch(call),
            CallEffect::Harmless => self.harmless(call),
        }
    }

    /// Performs a call whose result is its subject, such as `Some(loss)` or `loss.unwrap()`.
    fn passes(&mut self, call: &Call<'a>) -> Value<'a> {
        match (&call.receiver, &call.arguments[..]) {
            (Some(receiver), _) => Value { passing: Passing::Value, ..receiver.clone() },
            (None, [value]) => {
                let known = (Variant::of(&call.name) == Some(Variant::Some)).then_some(Known::Something);
                value.clone().with_known(known)
            }
            (None, _) => self.opaque(call),
        }
    }

    /// Performs a call that moves its subject out of a place, such as `option.take()`.
    fn takes(&mut self, call: &Call<'a>) -> Value<'a> {
        let Some(value) = call.subject() else { return self.opaque(call) };
        if let Some(place) = value.place {
            self.changed_in(place);
        }
        Value { passing: Passing::Value, ..value.clone() }
    }

    fn copies(&mut self, call: &Call<'a>) -> Value<'a> {
        let Some(value) = call.subject() else { return self.opaque(call) };
        if let Kind::Optimizer(id) = value.kind {
            let mut copy = self.opaque(call);
            copy.copy_of = Some(id);
            return copy;
        }
        Value { passing: Passing::Value, copied: true, ..value.clone() }
    }

    fn sets_epoch(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, None);
        self.cfg.facts.mark(site, Mark::SetsEpoch);
        self.opaque(call)
    }

    fn harmless(&mut self, call: &Call<'a>) -> Value<'a> {
        match &call.receiver {
            None => Value::number(),
            Some(receiver) => match receiver.kind {
                Kind::Optimizer(_) => Value::nothing(),
                _ if self.is_of_scaler(call) => Value::number(),
                _ => call.arguments.iter().fold(receiver.derived(), |all, part| all.with(&part.derived())),
            },
        }
    }
}
