//! Calls on tensors other than plain operations: derivatives, methods called by path, and in-place
//! operations.

use syn::Expr;

use super::Call;
use crate::cfg::{Action, Deps, Origin};
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address};
use crate::stage::Stage;
use crate::vocabulary::CallEffect;

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
