//! Calls on tensors other than plain operations: derivatives, methods called by path, and in-place
//! operations.

use syn::Expr;

use super::Call;
use crate::cfg::{Action, Deps, Join, Origin, PathId, Recorded, Source};
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address};
use crate::stage::Stage;
use crate::vocabulary::{CallEffect, returns_view};

impl<'a> Lower<'a> {
    /// Performs a call that returns the gradients of some losses: `Tensor::run_backward(&[&loss], ..)`.
    ///
    /// The code may then write these gradients into the parameters, so the gradients of all
    /// optimizers become unknown.
    pub(super) fn differentiates(&mut self, call: &Call<'a>) -> Value<'a> {
        self.may_run_backward(&call.arguments);
        self.emit(Action::Touch(Deps::Anything), 0);
        self.cfg.function.reads_gradients = true;
        Value::nothing()
    }

    /// Runs the closure among the arguments of a call, such as `autocast(true, || ..)`.
    pub(super) fn runs(&mut self, call: &Call<'a>) -> Value<'a> {
        let mut given = call.args.iter().zip(&call.arguments);
        let closure = given.find_map(|(argument, value)| match (argument, &value.kind) {
            (Expr::Closure(_), Kind::Closure(closure)) => Some(*closure),
            _ => None,
        });
        match closure {
            Some(closure) => self.inline_closure(closure, address(call.expr), Vec::new()),
            None => self.opaque(call),
        }
    }

    /// Evaluates a function of a tensor type: a method by its path, or a constructor.
    ///
    /// `Tensor::backward(&loss)` has the effect of `loss.backward()`.
    pub(super) fn of_tensor(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let tensor = call.arguments.first().is_some_and(Value::is_tensor);
        let by_path = self.vocabulary.function(&call.name);
        let of_method = self.vocabulary.method(&call.name, call.arguments.len().saturating_sub(1));
        let on_tensor = self.vocabulary.on_tensor(&call.name).filter(|_| tensor);
        let by_path = by_path.filter(|effect| *effect == CallEffect::Differentiates);
        let backward = |effect: &CallEffect| matches!(effect, CallEffect::Backward { .. });
        let of_method = of_method.filter(|effect| backward(effect) && !call.arguments.is_empty());
        let effect = by_path.or(of_method).or(on_tensor)?;
        Some(self.perform(effect, call))
    }

    /// Records that a forward without arguments may recompute its receiver, a tensor.
    ///
    /// In libraries that define a graph before they run it, `loss.forward()` computes the loss, and
    /// each `loss.forward()` permits one `loss.backward(1.0)`.
    pub(super) fn may_recompute(&mut self, receiver: Option<&Value<'a>>, given: &[Value<'a>]) {
        let Some(receiver) = receiver.filter(|_| given.is_empty()) else { return };
        let named = receiver.place.filter(|place| self.is_loss_place(Some(*place)));
        let named = named.map(|place| self.graph(place));
        for graph in receiver.through().into_iter().chain(named) {
            self.emit(Action::LoseGraph(graph), 0);
        }
    }

    /// Records that an in-place operation replaced the value of its receiver by a value with this
    /// origin.
    pub(super) fn written_in_place(&mut self, call: &Call<'a>, origin: &Origin) {
        let Some(place) = call.receiver.as_ref().and_then(|receiver| receiver.place) else { return };
        if !self.vocabulary.writes_receiver(&call.name) {
            return;
        }
        let straight = self.is_straight(place);
        let cuts = origin.cut.is_some();
        if let Some(held) = self.env.values.get_mut(&place) {
            held.origin = if straight { origin.clone() } else { held.origin.either(origin) };
            held.computed &= !cuts;
        }
        if let Some(graph) = self.objects.graph_of(place).filter(|_| cuts) {
            self.emit(Action::LoseGraph(graph), 0);
        }
    }

    /// Records that an opaque method writes its arguments into its receiver, as in `x.index_put_(.., &y, ..)`.
    ///
    /// The receiver, a tensor or a view of a tensor, then also depends on the arguments.
    pub(super) fn written_with_arguments(&mut self, call: &Call<'a>, receiver: &Value<'a>) {
        let view = || call.callee.receiver().and_then(|view| self.tensor_behind(view));
        let Some(place) = receiver.place.or_else(view) else { return };
        let recorded = self.recording.state() == Recorded::Yes;
        let graph = |value: &Value<'a>| {
            let origin = &value.origin;
            recorded && origin.source == Source::Computed && origin.cut.is_none() && !origin.unrecorded
        };
        let straight = self.is_straight(place);
        let Some(held) = self.env.values.get_mut(&place) else { return };
        for value in call.arguments.iter().filter(|argument| !argument.origin.forwards.is_empty()) {
            let written = held.origin.with(&value.origin, Join::Other);
            if held.is_tensor() {
                held.origin = held.origin.either(&written);
                held.past = held.past.union(&value.past);
            } else if straight && graph(value) {
                held.origin = written;
                held.past = held.past.union(&value.past);
            }
        }
    }

    /// The place of the tensor on which a chain of views starts: `x` for `x.get(0)`.
    fn tensor_behind(&self, view: &'a Expr) -> Option<PathId> {
        match view {
            Expr::MethodCall(call) if returns_view(&call.method.to_string()) => {
                self.tensor_behind(&call.receiver)
            }
            Expr::Path(path) => self.lookup(&path.path.get_ident()?.to_string()),
            _ => None,
        }
    }

    /// Performs a forward in evaluation mode and without recording, such as
    /// `net.batch_accuracy_for_logits(..)`.
    pub(super) fn evaluates(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, Some(Stage::Forward));
        self.name_callee(site, call.expr);
        self.recording.open(true);
        self.note_run(site, Stage::Forward, call.receiver.as_ref(), &call.arguments, Some(false));
        self.recording.close(true);
        Value { measured: true, ..Value::number() }
    }
}
