//! Calls of `backward`, and the gradients that `backward` leaves in parameters or returns.

use syn::Expr;

use super::Call;
use crate::cfg::{Action, Deps, Excerpt, Mark, Scaler, SiteId, StoreId, User};
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, text};
use crate::stage::Stage;
use crate::vocabulary::{CallEffect, Keeping};

impl<'a> Lower<'a> {
    pub(super) fn backward(&mut self, call: &Call<'a>, retain: bool) -> Value<'a> {
        let Some(loss) = call.subject() else { return self.opaque(call) };
        if let Expr::MethodCall(node) = call.expr
            && self.is_loss_object(&node.receiver, loss)
        {
            // The result is the gradient of the loss, which is passed to a layer's `backward`.
            return Value { measured: true, ..Value::nothing() };
        }
        self.backward_from(call, loss, retain)
    }

    /// Performs a call that runs `backward` from `loss`.
    fn backward_from(&mut self, call: &Call<'a>, loss: &Value<'a>, retain: bool) -> Value<'a> {
        let site = self.stage_site(call.expr, Stage::Backward);
        if !loss.is_tensor() && !self.is_loss_place(loss.place) {
            self.cfg.facts.mark(site, Mark::OfLayer);
        }
        if let Some(scaler) = self.scaler_of(call.expr) {
            self.cfg.facts.set(site, Scaler(scaler));
        }
        let store = self.store_at(site);
        if self.recording.adds && self.vocabulary.keeping() == Some(Keeping::Threaded) {
            self.cfg.stores[store].keeping = Keeping::Threaded;
        }
        // Gradients in a field may hold something already.
        if self.recording.may_add && self.vocabulary.keeping() == Some(Keeping::Threaded) {
            self.cfg.facts.mark(site, Mark::MayAdd);
        }
        self.backward_at(site, loss, retain, Some(store));
        Value::of(Kind::Gradients(vec![store]), Deps::none())
    }

    /// Performs `graph.backward(loss)`, whose receiver holds the gradients.
    ///
    /// Two models may get the same gradient of a loss, but a tape runs once through the graph of a loss. A function
    /// that steps nothing may be a benchmark, which runs it again.
    pub(super) fn backward_of_tape(&mut self, call: &Call<'a>, is_tape: bool) -> Value<'a> {
        let (Some(holder), [loss, ..]) = (&call.receiver, &call.arguments[..]) else {
            return self.opaque(call);
        };
        let site = self.stage_site(call.expr, Stage::Backward);
        self.cfg.facts.mark(site, Mark::OfLayer);
        let deps = loss.derived().deps.union(&holder.derived().deps);
        let steps = !self.cfg.optimizers.is_empty() || self.survey().applies_optimizer();
        self.backward_from(call, &Value { deps, ..loss.clone() }, !is_tape || !steps)
    }

    /// The scaler of `scaler.scale(&loss).backward()`.
    fn scaler_of(&self, expr: &Expr) -> Option<Excerpt> {
        let Expr::MethodCall(backward) = expr else { return None };
        let Expr::MethodCall(scaled) = &*backward.receiver else { return None };
        let effect = self.vocabulary.scaler_method(&scaled.method.to_string(), scaled.args.len())?;
        matches!(effect, CallEffect::Scales).then(|| text::tight(&scaled.receiver).into())
    }

    pub(super) fn backward_at(
        &mut self,
        site: SiteId,
        loss: &Value<'a>,
        retain: bool,
        store: Option<StoreId>,
    ) {
        for &call in loss.derived().past.calls.known() {
            self.cfg.facts.mark(call, Mark::GivesLoss);
        }
        self.note_root(site, &loss.origin);
        self.note_run(site, Stage::Backward, None, std::slice::from_ref(loss), None);
        let mut graphs = loss.through();
        // A model with a `backward` of its own is no loss, and may repeat it.
        if graphs.is_empty()
            && let Some(place) = loss.place
            && (store.is_some_and(|store| self.cfg.stores[store].keeping != Keeping::InPlace)
                || self.is_loss_place(loss.place))
        {
            let graph = self.graph(place);
            // A loss in a field, `output.loss`, has the models of the whole.
            for whole in loss.parts() {
                let models = self.cfg.graphs[whole].models.clone();
                self.cfg.graphs[graph].models = self.cfg.graphs[graph].models.union(&models);
            }
            graphs = vec![graph];
        }
        for &graph in &graphs {
            self.uses(graph, User::Backward(site));
        }
        if graphs.is_empty() {
            graphs = loss.parts();
        }
        let own = loss.tensor.is_some() || (loss.graphs.is_empty() && loss.parts().is_empty());
        let scaled = matches!(loss.kind, Kind::Scaled);
        let deps = loss.derived().deps;
        // A loss that was computed without recording has no graph to free.
        let never = loss.origin.unrecorded && !loss.computed && loss.tensor.is_none();
        let retain = retain || never;
        self.emit(Action::Backward { deps, graphs, own, retain, scaled, store }, site);
    }

    /// Records that opaque code may call `backward` on these values.
    pub(super) fn may_run_backward(&mut self, values: &[Value<'a>]) {
        for value in values {
            self.cfg.function.handed = self.cfg.function.handed.union(&value.derived().past);
        }
    }
}
