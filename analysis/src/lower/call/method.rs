//! Method calls: what happens to gradients and graphs, by the vocabulary's table.

use syn::{Expr, ExprMethodCall};

use crate::cfg::{Action, Deps, Mark, OptimizerId, Origin, SiteId, Sites};
use crate::diagnostic::Place;
use crate::lower::call::effects::On;
use crate::lower::call::unseen::shared_with;
use crate::lower::env::value::{Handed, Kind, Value};
use crate::lower::{Lower, text};
use crate::stage::Stage;
use crate::vocabulary::rust::{is_forced, is_reading};
use crate::vocabulary::{
    CallEffect, GradientStop, handles_gradients, hints_at_backward, hints_at_mode, hints_at_training,
    is_loss, is_weight, measures_gradients, writes_gradients,
};

impl<'a> Lower<'a> {
    pub(in crate::lower) fn method(&mut self, expr: &'a Expr, node: &'a ExprMethodCall) -> Value<'a> {
        if let Some(value) = self.driven(expr, node) {
            return value;
        }
        let name = node.method.to_string();
        let receiver = if is_forced(&name) {
            // An error ends the program.
            self.asks(&node.receiver, None)
        } else {
            self.expr(&node.receiver)
        };
        let arguments: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
        if let Some(value) = self.seen_method(expr, node, &receiver, &arguments) {
            return value;
        }
        match &receiver.kind {
            Kind::Optimizer(id) => self.optimizer_method(expr, node, *id, &receiver, &arguments),
            Kind::NewOptimizer(..) | Kind::Settings(_)
                if self.vocabulary.optimizer_method(&name, arguments.len()) == Some(CallEffect::Builds) =>
            {
                self.built_of(expr, &arguments)
            }
            Kind::NewOptimizer(..) => receiver,
            Kind::Settings(_) => {
                self.unseen_method(expr, node, &receiver, &arguments);
                receiver
            }
            Kind::Schedule => self.schedule_method(expr, node, receiver, &arguments),
            Kind::Scaler => match self.scaler_method(expr, &name, &arguments) {
                Some(value) => value,
                None => self.plain_method(expr, node, &receiver, arguments),
            },
            _ => self.plain_method(expr, node, &receiver, arguments),
        }
    }

    fn optimizer_method(
        &mut self,
        expr: &'a Expr,
        node: &'a ExprMethodCall,
        id: OptimizerId,
        receiver: &Value<'a>,
        arguments: &[Value<'a>],
    ) -> Value<'a> {
        let name = node.method.to_string();
        match self.vocabulary.optimizer_method(&name, arguments.len()) {
            Some(CallEffect::Gradients(effects)) => {
                self.effects(expr, effects, &On::Optimizer(id), arguments.first());
                Value { measured: true, ..Value::number() }
            }
            Some(CallEffect::Builds) => self.built_of(expr, arguments),
            Some(CallEffect::Adopts) => {
                let path = self.cfg.optimizers[id].path;
                if let (Some(more), Some(_)) = (arguments.first(), &self.cfg.optimizers[id].owned) {
                    self.optimizer(path, Some(more.derived().deps), false);
                }
                Value::nothing()
            }
            Some(CallEffect::Updates { model, .. }) => self
                .updates(expr, id, arguments, model)
                .unwrap_or_else(|| self.unknown_method(expr, id, arguments)),
            Some(CallEffect::Parameters) => {
                Value::plain(self.cfg.optimizers[id].owned.clone().unwrap_or_else(Deps::none))
            }
            Some(CallEffect::Detaches) => Value::number(),
            Some(CallEffect::Passes) => Value { handed: Handed::Value, ..receiver.clone() },
            Some(CallEffect::Takes) => self.taken(receiver),
            None if self.vocabulary.method(&name, arguments.len()) == Some(CallEffect::Copies) => {
                let mut value = self.unknown_method(expr, id, arguments);
                value.copy_of = Some(id);
                value
            }
            None => self.unknown_method(expr, id, arguments),
            Some(_) => Value::nothing(),
        }
    }

    /// A method of an optimizer that the vocabulary does not know.
    fn unknown_method(&mut self, expr: &'a Expr, id: OptimizerId, arguments: &[Value<'a>]) -> Value<'a> {
        let site = self.site_of(expr, None);
        self.emit(Action::Touch(Deps::one(self.cfg.optimizers[id].path)), site);
        self.hand_over(arguments, site, false);
        Value::nothing()
    }

    fn plain_method(
        &mut self,
        expr: &'a Expr,
        node: &'a ExprMethodCall,
        receiver: &Value<'a>,
        arguments: Vec<Value<'a>>,
    ) -> Value<'a> {
        let name = node.method.to_string();
        if self.reads_method(expr, node, receiver, &arguments) {
            return Value::nothing();
        }
        let known = self.vocabulary.method(&name, arguments.len());
        let known = known.or_else(|| is_loss(&name).then_some(CallEffect::Computes(Stage::Loss)));
        let known = known.or_else(|| self.vocabulary.on_tensor(&name).filter(|_| receiver.is_tensor()));
        self.note_method(&node.receiver, known);
        match known {
            Some(CallEffect::Backward { retain }) => self.backward(expr, receiver, retain),
            Some(CallEffect::Gradients(effects)) => {
                self.effects(expr, effects, &On::Places(receiver.derived().deps), arguments.first());
                Value { measured: true, ..Value::number() }
            }
            Some(CallEffect::Applies)
                if matches!(
                    arguments.first().map(|model| &model.kind),
                    None | Some(Kind::Plain | Kind::Fields(_))
                ) =>
            {
                self.applies(expr, receiver, &arguments)
            }
            Some(CallEffect::Computes(stage)) => {
                // A model may keep what it computed in its own fields.
                if let Some(place) = receiver.place {
                    self.lose_parts(place);
                }
                self.computes(expr, stage, Some(receiver), &arguments)
            }
            Some(CallEffect::KeepsGraph) => {
                let site = self.site_of(expr, None);
                let others: Vec<&Origin> = arguments.iter().map(|argument| &argument.origin).collect();
                let origin = receiver.origin.after(self.vocabulary.op(&name), site, &others);
                let mut all = vec![receiver.clone()];
                all.extend(arguments);
                self.combine(&all).with_origin(origin)
            }
            Some(CallEffect::Detaches) => match self.vocabulary.cut(&name) {
                Some(how) => {
                    if how == GradientStop::Detach {
                        let computed = &receiver.past.computed;
                        self.cfg.function.detached = self.cfg.function.detached.union(computed);
                    }
                    let site = self.site_of(expr, None);
                    self.name_callee(site, expr);
                    Value::number_of(receiver).with_origin(receiver.origin.ended(how, site))
                }
                None => Value::number_of(receiver),
            },
            Some(CallEffect::Parameters) => {
                self.cfg.function.models = self.cfg.function.models.union(&receiver.deps);
                Value::plain(receiver.derived().deps)
            }
            Some(CallEffect::Passes) => Value { handed: Handed::Value, ..receiver.clone() },
            Some(CallEffect::Takes) => self.taken(receiver),
            Some(CallEffect::Copies) => Value { handed: Handed::Value, copied: true, ..receiver.clone() },
            Some(CallEffect::Mode(stage)) => {
                self.set_mode(expr, receiver, Some(stage == Stage::TrainMode));
                receiver.derived().with_made(receiver.made)
            }
            Some(CallEffect::ModeBy) => {
                self.set_mode_by(expr, node, receiver);
                receiver.derived().with_made(receiver.made)
            }
            Some(CallEffect::SetsEpoch) => {
                let site = self.site_of(expr, None);
                self.cfg.facts.mark(site, Mark::SetsEpoch);
                self.unseen_method(expr, node, receiver, &arguments)
            }
            Some(CallEffect::Reduces) => {
                let mut all = vec![Value { handed: Handed::Shared, ..receiver.derived() }];
                all.extend(arguments);
                self.reduces(expr, &all)
            }
            Some(CallEffect::Harmless) => {
                arguments.iter().fold(receiver.derived(), |all, part| all.with(&part.derived()))
            }
            Some(
                CallEffect::NoGrad
                | CallEffect::WithGrad
                | CallEffect::SwitchesRecording
                | CallEffect::Applies
                | CallEffect::Settings
                | CallEffect::Builds
                | CallEffect::Scales
                | CallEffect::Adopts
                | CallEffect::Updates { .. },
            )
            | None => self.unseen_method(expr, node, receiver, &arguments),
        }
    }

    /// A stage that computes a tensor from what it is given.
    pub(in crate::lower) fn computes(
        &mut self,
        expr: &'a Expr,
        stage: Stage,
        receiver: Option<&Value<'a>>,
        arguments: &[Value<'a>],
    ) -> Value<'a> {
        let site = self.stage_site(expr, stage);
        self.emit(Action::Mark(stage), site);
        // A network may keep what it computes in fields of its own.
        if let Some(place) = receiver.and_then(|receiver| receiver.place) {
            self.lose_parts(place);
        }
        let origin = self.computed_origin(expr, stage, site, receiver, arguments);
        self.runs(site, stage, receiver, arguments, told(expr));
        let mut value = Value::nothing();
        for part in receiver.into_iter().chain(arguments) {
            value = value.with(&part.derived());
            value.models = value.models.union(&part.models);
            value.graphs.extend(part.through());
        }
        for part in arguments {
            let fields = part.place.filter(|_| stage == Stage::Forward).map(|place| self.graphs_in(place));
            for graph in part.parts().into_iter().chain(fields.into_iter().flatten()) {
                value.models = value.models.union(&self.cfg.graphs[graph].models);
                value.graphs.push(graph);
            }
        }
        if let Some(receiver) = receiver.filter(|_| stage == Stage::Forward) {
            value.models = value.models.union(&receiver.deps);
            self.cfg.function.models = self.cfg.function.models.union(&receiver.deps);
        }
        value.past.computed = value.past.computed.union(&Sites::one(site));
        value.past.open |= self.opens(arguments);
        Value { computed: true, measured: true, ..value.with_origin(origin) }
    }

    /// A model, given first, runs on the receiver.
    fn applies(&mut self, expr: &'a Expr, receiver: &Value<'a>, arguments: &[Value<'a>]) -> Value<'a> {
        let Some((model, more)) = arguments.split_first() else { return receiver.derived() };
        let mut given = vec![receiver.clone()];
        given.extend(more.iter().cloned());
        self.computes(expr, Stage::Forward, Some(model), &given)
    }

    /// A value that is moved out of its place, where another is left.
    pub(in crate::lower) fn taken(&mut self, value: &Value<'a>) -> Value<'a> {
        if let Some(place) = value.place {
            self.changed_in(place);
        }
        Value { handed: Handed::Value, ..value.clone() }
    }

    /// A method that the vocabulary does not know.
    fn unseen_method(
        &mut self,
        expr: &'a Expr,
        node: &'a ExprMethodCall,
        receiver: &Value<'a>,
        arguments: &[Value<'a>],
    ) -> Value<'a> {
        let name = node.method.to_string();
        if handles_gradients(&name) {
            self.cfg.function.reads_gradients = true;
        }
        self.part_of_several(receiver);
        let site = self.opaque_site_of(expr);
        if hints_at_backward(&name) {
            self.may_run_backward(arguments);
        }
        if writes_gradients(&name) {
            self.emit(Action::Touch(Deps::Anything), site);
        }
        if hints_at_mode(&name) {
            [receiver]
                .into_iter()
                .chain(arguments)
                .for_each(|value| self.lose_mode(&value.derived().deps, site));
        }
        let place = receiver.place.map_or_else(Deps::none, Deps::one);
        self.unseen(site, place, arguments);
        // What holds an optimizer may use it.
        if !self.optimizers_in(&receiver.deps).is_empty() || (hints_at_training(&name) && !is_count(receiver))
        {
            let deps =
                if hints_at_training(&name) { receiver.deps.clone() } else { self.paths_in(&receiver.deps) };
            self.emit(Action::Touch(deps), site);
        }
        if let Some(place) = receiver.place {
            self.lose_parts(place);
            if receiver.handed != Handed::Shared && !is_reading(&name) {
                self.changed_in(place);
            }
        }
        let shared = shared_with(&name, arguments);
        self.hand_over(shared.as_deref().unwrap_or(arguments), site, false);
        for argument in &node.args {
            if let Expr::Closure(closure) = argument {
                self.touch_tokens(quote::ToTokens::to_token_stream(&closure.body));
            }
        }
        let mut value = receiver.derived();
        for argument in arguments {
            value = value.with(&argument.derived());
        }
        value.origin = self.unseen_origin(&name, node, receiver, arguments);
        // `let valid_model = model.valid()` may be a model that records nothing.
        value.origin.unrecorded |= hints_at_mode(&name);
        value.measured |= measures_gradients(&name);
        value.past.open |= self.opens(arguments);
        // `losses.push(loss)` puts the argument into the receiver.
        if let Some(place) = receiver.place
            && let Some(holder) = self.values.get_mut(&place)
        {
            if matches!(holder.kind, Kind::Plain) {
                holder.holds = holder.holds.union(&value.deps);
            }
            self.collects(expr, node, arguments, place);
        }
        value
    }

    /// The site of a stage; in a spec it is the one token that stands for it.
    pub(in crate::lower) fn stage_site(&mut self, expr: &'a Expr, stage: Stage) -> SiteId {
        self.stage_site_at(crate::lower::address(expr), expr, stage)
    }

    /// The same under a key of its own, for a call that is several stages.
    pub(in crate::lower) fn stage_site_at(&mut self, key: usize, expr: &'a Expr, stage: Stage) -> SiteId {
        let spec = self.options.origin == crate::options::Origin::Spec;
        let generated = spec && is_generated(expr);
        // The schedule's `step` has the optimizer's name for it.
        let site = self.site(key, Some(stage), || {
            let place = match expr {
                Expr::MethodCall(node) if generated => Place::from(node.method.span()),
                _ => Place::of(expr),
            };
            (place, text::call(expr).into())
        });
        self.name_callee(site, expr);
        self.cfg.sites[site].own = spec && !generated;
        site
    }
}

/// Whether a condition asks a `Run` if a batch, or a window of them, has a weight: `run.batch_weight() > 0.0`.
pub(in crate::lower) fn asks_for_weight(condition: &Expr) -> bool {
    let Expr::Binary(condition) = condition else { return false };
    let Expr::MethodCall(call) = &*condition.left else { return false };
    matches!(condition.op, syn::BinOp::Gt(_)) && is_weight(&call.method)
}

/// Whether the generator wrote a call of a spec's loop: it puts the dot and the method at one token.
fn is_generated(expr: &Expr) -> bool {
    match expr {
        Expr::MethodCall(node) => node.dot_token.span.start() == node.method.span().start(),
        _ => false,
    }
}

/// The mode that a forward is told by an argument.
fn told(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::MethodCall(node) => node.args.iter().find_map(crate::lower::call::mode::literal_bool),
        _ => None,
    }
}

fn is_count(value: &Value<'_>) -> bool {
    matches!(value.kind, Kind::Number)
}
