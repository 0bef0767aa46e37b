//! Models and optimizers of libraries without a vocabulary, recognized by the shape of their calls.
//!
//! In some libraries a model stores its gradients and updates itself: `model.zero_grad()`,
//! `model.backward(&grad)`, `model.update(rate)`. In other libraries an optimizer without
//! parameters gets the model in each step: `optimizer.step(&mut model)`. The `backward` of a layer
//! takes the gradient of its output and returns the gradient of its input.

use syn::{Expr, ExprMethodCall};

use super::{Call, Callee};
use crate::cfg::{Action, Deps, Mark, OptimizerId, PathId};
use crate::lower::control::expression::unreferenced;
use crate::lower::env::value::{Kind, Value};
use crate::lower::resolve::uses::{is_gradient, is_rate_expr, last_name};
use crate::lower::{Lower, text};
use crate::stage::{Effect, Stage};
use crate::vocabulary::rust::is_self;
use crate::vocabulary::{Uses, applies_gradients, is_loss, names_tape, returns_parameters, runs_backward};

impl<'a> Lower<'a> {
    /// Performs a method whose shape shows that it acts on gradients. `None` for any other method.
    pub(super) fn by_shape(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let Callee::Method(node) = call.callee else { return self.backward_function(call) };
        let receiver = call.receiver.as_ref().filter(|_| !is_self(&node.receiver))?;
        let (applies, backward) = (applies_gradients(&call.name), runs_backward(&call.name));
        match receiver.kind {
            Kind::Optimizer(id) if applies => self.steps_model(call, node, id),
            Kind::Plain | Kind::Fields(_) | Kind::Scaled if backward => {
                self.backward_by_shape(call, node, receiver)
            }
            Kind::Plain | Kind::Fields(_) if applies => self.model_steps(call, node, receiver),
            _ => None,
        }
    }

    /// Performs `backward(&mut loss, None)`, a function that gets the loss as its first argument.
    fn backward_function(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let Callee::Function(path) = call.callee else { return None };
        let loss = call.arguments.first()?;
        let own = self.resolver.resolve(path, self.inlining.function).is_some();
        let known = runs_backward(&call.name) && !own && (loss.is_tensor() || self.is_loss_place(loss.place));
        known.then(|| self.backward(call, false))
    }

    /// The uses of the receiver of a method in the current function.
    fn uses_of(&self, node: &ExprMethodCall) -> Option<&'a Uses> {
        self.survey().uses.get(&text::tight(&node.receiver))
    }

    /// Performs `optimizer.step(&mut model)`, `optimizer.step(rate)` or `optimizer.step(&mut model, rate)`.
    fn steps_model(
        &mut self,
        call: &Call<'a>,
        node: &'a ExprMethodCall,
        id: OptimizerId,
    ) -> Option<Value<'a>> {
        let uses = self.uses_of(node)?;
        let (first, rest) = call.arguments.split_first()?;
        let rates = |skipped: usize| call.args.iter().skip(skipped).all(is_rate_expr);
        if uses.takes_gradients {
            return None;
        }
        if let Some(value) = self.steps_in_place(call, id) {
            return Some(value);
        }
        if rest.len() > 1 {
            return None;
        }
        if rates(0) {
            return Some(self.applies_to(call, id, None));
        }
        if uses.applied_to.len() > 1 || !rates(1) || !self.is_whole_model(&call.args[0], first) {
            return None;
        }
        // What the function zeroes holds all gradients, whatever was put into it since. A list of the parameters of
        // a model, `let parameters = model.parameters();`, is the model's and no holder of its own.
        let zeroed = self.survey().is_zeroed(&text::tight(unreferenced(&call.args[0])));
        let holder = |place: &PathId| zeroed && !self.is_list_of_parameters(*place);
        let deps = match first.place.filter(holder) {
            Some(place) => Deps::one(place),
            None => first.derived().deps,
        };
        Some(self.applies_to(call, id, Some(deps)))
    }

    /// Whether a variable was made by a method that returns the parameters of a model.
    fn is_list_of_parameters(&self, place: PathId) -> bool {
        match self.env.made_of.get(&place) {
            Some(Expr::MethodCall(made)) => {
                made.args.is_empty() && returns_parameters(&made.method.to_string())
            }
            _ => false,
        }
    }

    /// Performs `model.update(rate)` or `model.update(&optimizer)`.
    fn model_steps(
        &mut self,
        call: &Call<'a>,
        node: &'a ExprMethodCall,
        receiver: &Value<'a>,
    ) -> Option<Value<'a>> {
        let uses = self.uses_of(node)?;
        if let [Value { kind: Kind::Optimizer(id), .. }] = call.arguments[..] {
            let alone = self.is_whole_model(&node.receiver, receiver) && !self.has_optimizer(receiver);
            return alone.then(|| self.applies_to(call, id, Some(receiver.derived().deps)));
        }
        let own = self.updates_itself(uses, receiver) && call.args.iter().all(is_rate_expr);
        let place = receiver.place.filter(|_| own)?;
        let id = self.own_gradients(place);
        Some(self.applies_to(call, id, None))
    }

    /// Performs a step that uses the gradients of an optimizer and updates the model in `deps`.
    fn applies_to(&mut self, call: &Call<'a>, id: OptimizerId, deps: Option<Deps>) -> Value<'a> {
        let path = self.cfg.optimizers[id].path;
        let by_argument = deps.is_some();
        if deps.as_ref().is_some_and(|deps| !deps.is_empty()) {
            self.optimizer(path, deps, false);
        }
        if by_argument && !self.zeroes_applied(call) {
            self.cfg.optimizers[id].adds_up = false;
        }
        let site = self.stage_site(call.expr, Stage::Step);
        self.emit(Action::Effect(id, Effect::Take), site);
        Value::nothing()
    }

    /// Whether some function updates a model as this call does, and zeroes the gradients of that
    /// model. The model and the method must have the same names as in the call.
    fn zeroes_applied(&self, call: &Call<'a>) -> bool {
        let Callee::Method(node) = call.callee else { return false };
        let Some(uses) = self.uses_of(node) else { return false };
        let to_receiver = text::tight(&node.receiver);
        let models =
            if uses.applied_to.is_empty() { vec![&to_receiver] } else { uses.applied_to.iter().collect() };
        models
            .into_iter()
            .any(|model| self.resolver.zeroes.optimizers.contains(&(call.name.clone(), last_name(model))))
    }

    /// Whether an argument is a whole model, or the parameters of a whole model.
    fn is_whole_model(&self, expr: &Expr, value: &Value<'a>) -> bool {
        let item = |path: PathId| self.cfg.facts.item_of(self.cfg.paths.root_of(path)).is_some();
        let deps = value.derived().deps;
        let named = match unreferenced(expr) {
            Expr::Path(_) | Expr::Field(_) => true,
            // `optimizer.step(loss.parameters())` belongs to libraries that define a graph before
            // they run it.
            Expr::MethodCall(call) => call.args.is_empty() && !is_loss(&text::tight(&call.receiver)),
            _ => false,
        };
        named
            && matches!(value.kind, Kind::Plain | Kind::Fields(_))
            && !is_gradient(expr)
            && !value.is_tensor()
            && !value.item
            && !deps.is_empty()
            && !value.place.is_some_and(item)
            && !deps.paths().iter().copied().all(item)
    }

    /// Performs the `backward` of a loss or of a layer, if the call has an argument.
    fn backward_by_shape(
        &mut self,
        call: &Call<'a>,
        node: &'a ExprMethodCall,
        receiver: &Value<'a>,
    ) -> Option<Value<'a>> {
        if self.is_loss_object(&node.receiver, receiver) {
            // The result is the gradient of the loss, which is passed to a layer's `backward`.
            return Some(Value { measured: true, ..Value::nothing() });
        }
        let [first, ..] = &call.arguments[..] else { return None };
        if receiver.is_tensor() || self.is_loss_place(receiver.place) {
            // Several gradients may be propagated through one tensor.
            let retain = !matches!(first.kind, Kind::Number | Kind::Absent);
            return Some(self.backward(call, retain));
        }
        let own = self.survey().has_own_shape();
        let given_loss = call.args.iter().zip(&call.arguments).any(|(argument, value)| {
            // The gradient of the user's own loss may seem to be computed by a model.
            self.is_loss_place(value.place) || is_loss(&text::tight(argument)) || value.computed && !own
        });
        let (uses, text) = (self.uses_of(node)?, text::tight(&node.receiver));
        // Without one of these uses, nothing tells that the receiver holds the gradients.
        let holds = self.updates_itself(uses, receiver)
            || self.survey().is_applied(&text)
            || self.survey().is_zeroed(&text);
        let tracked =
            if given_loss { holds && call.args.len() == 1 } else { holds || self.is_owned(&receiver.deps) };
        if !tracked || self.has_optimizer(receiver) {
            return None;
        }
        if let Some(place) = receiver.place.filter(|_| self.updates_itself(uses, receiver)) {
            self.own_gradients(place);
        }
        Some(if given_loss {
            self.backward_of_tape(call, names_tape(&last_name(&text)))
        } else {
            self.layer_backward(call, receiver)
        })
    }

    /// Performs the `backward` of a layer or a model, which fills the gradients of the layer or the
    /// model.
    fn layer_backward(&mut self, call: &Call<'a>, receiver: &Value<'a>) -> Value<'a> {
        let site = self.stage_site(call.expr, Stage::Backward);
        self.cfg.facts.mark(site, Mark::OfLayer);
        let mut given = vec![receiver.clone()];
        given.extend(call.arguments.iter().cloned());
        self.note_run(site, Stage::Backward, None, &given, None);
        // A model that updates itself holds the gradients in its own place, whatever parts it was built from.
        let own = receiver.place.filter(|place| self.objects.holders.contains_key(place));
        let deps = receiver.derived().deps.union(&own.map_or_else(Deps::none, Deps::one));
        self.emit(
            Action::Backward {
                deps,
                graphs: Vec::new(),
                own: true,
                retain: true,
                scaled: false,
                store: None,
            },
            site,
        );
        let past = given.iter().fold(Value::nothing(), |all, part| all.with(&part.derived()));
        Value { deps: Deps::none(), ..past }
    }

    /// Whether a value is an object that computes losses, rather than a loss.
    pub(super) fn is_loss_object(&self, expr: &Expr, value: &Value<'a>) -> bool {
        let uses = self.survey().uses.get(&text::tight(expr));
        let computes = uses.is_some_and(Uses::as_criterion);
        let built = value.made.is_some() && self.is_loss_place(value.place) && !value.computed;
        value.origin.criterion.is_some() || self.is_loss_place(value.place) && computes || built
    }

    /// Whether the last name of a place suggests a loss.
    pub(super) fn is_loss_place(&self, place: Option<PathId>) -> bool {
        let name = |place| self.cfg.paths.name(place).rsplit('.').next().unwrap_or("");
        place.is_some_and(|place| is_loss(name(place)))
    }

    fn updates_itself(&self, uses: &Uses, receiver: &Value<'a>) -> bool {
        self.survey().updates_itself(uses) && !self.has_optimizer(receiver)
    }

    fn has_optimizer(&self, receiver: &Value<'a>) -> bool {
        receiver.ty.is_some_and(|ty| self.holds_optimizer(ty))
    }

    /// The optimizer that represents the gradients of a model which updates itself.
    pub(in crate::lower) fn own_gradients(&mut self, place: PathId) -> OptimizerId {
        let known = self.objects.holders.get(&place).copied();
        let path = known.unwrap_or_else(|| {
            let name = self.cfg.paths.name(place).to_owned();
            self.cfg.paths.root(&name)
        });
        self.objects.holders.insert(place, path);
        let from_caller = self.env.parameters.contains(&self.cfg.paths.root_of(place));
        let id = self.optimizer(path, Some(Deps::one(place)), from_caller);
        if let Some(optimizer) = self.cfg.optimizers.get_mut(id) {
            optimizer.adds_up &= self.resolver.zeroes.models.contains(&last_name(&optimizer.name));
        }
        id
    }

    /// Records that a variable holds a new model, if the model stores gradients and updates itself.
    pub(in crate::lower) fn new_own_gradients(&mut self, place: PathId, name: &str, value: &Value<'a>) {
        let plain = matches!(value.kind, Kind::Plain | Kind::Fields(_)) && !value.computed;
        let uses = self.survey().uses.get(name).filter(|_| plain);
        let Some((uses, site)) = uses.zip(value.made) else { return };
        // If the function never updates the model and no other code can reach it, nothing uses the
        // gradients.
        let unused = || {
            let computes =
                uses.given.iter().any(|name| runs_backward(name)) || self.survey().differentiates();
            let alone = !self.survey().applies_optimizer() && !self.has_optimizer(value);
            uses.only_keeps_gradients() && computes && alone && self.survey().is_only_receiver(name)
        };
        if self.updates_itself(uses, value) || unused() {
            let id = self.own_gradients(place);
            self.emit(Action::Build(id), site);
        }
    }
}
