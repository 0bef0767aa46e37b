//! Optimizers: their construction, and calls that change the set of parameters that they update.

use syn::Expr;

use super::Call;
use crate::cfg::{Action, Deps, Gives, Mark, Mode, OptimizerId, PathId, SiteId};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Passing, Value};
use crate::lower::resolve::uses::is_rate_expr;
use crate::stage::Stage;
use crate::vocabulary::rust::{is_meant_unused, own_field};
use crate::vocabulary::{CallEffect, Role, accessed_field, role_of_name, sets_momentum};

impl<'a> Lower<'a> {
    /// The value of a call that returns the settings of an optimizer that is not built yet.
    pub(super) fn settings(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, None);
        Value::of(Kind::Settings(site), Deps::none())
    }

    /// Performs a method of an optimizer that is not stored in a place yet, or of an optimizer's
    /// settings.
    pub(super) fn unbuilt_method(&mut self, call: &Call<'a>) -> Value<'a> {
        let effect = self.vocabulary.optimizer_method(&call.name, call.arguments.len());
        if effect == Some(CallEffect::Builds) {
            return self.builds(call);
        }
        let Some(receiver) = &call.receiver else { return self.opaque(call) };
        if let (Kind::NewOptimizer(_, site) | Kind::Settings(site), true) =
            (&receiver.kind, sets_momentum(&call.name))
        {
            self.cfg.facts.mark(*site, Mark::StatefulOptimizer);
        }
        if matches!(receiver.kind, Kind::Settings(_)) {
            self.opaque(call);
        }
        receiver.clone()
    }

    /// Builds an optimizer for the parameters of the first argument.
    pub(super) fn builds(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.opaque_site_of(call.expr);
        // With parameters it is an optimizer of tch, whose state cannot be saved.
        if let Some(Value { kind: Kind::Settings(settings), .. }) = call.receiver
            && call.arguments.is_empty()
            && self.cfg.facts.is(settings, Mark::StatefulOptimizer)
        {
            self.cfg.facts.mark(site, Mark::StatefulOptimizer);
        }
        let owned = call.arguments.first().map_or_else(Deps::none, |first| first.derived().deps);
        Value::of(Kind::NewOptimizer(owned, site), Deps::none())
    }

    /// Adds the parameters of the first argument to an optimizer.
    pub(super) fn adopts(&mut self, call: &Call<'a>) -> Value<'a> {
        let Some(id) = call.optimizer() else { return self.opaque(call) };
        let path = self.cfg.optimizers[id].path;
        if let (Some(more), Some(_)) = (call.arguments.first(), &self.cfg.optimizers[id].owned) {
            self.optimizer(path, Some(more.derived().deps), false);
        }
        Value::nothing()
    }

    /// Performs a step that takes the model by value and returns the updated model.
    ///
    /// A step that may change the model in place is performed as an opaque call.
    pub(super) fn updates(&mut self, call: &Call<'a>, model: usize) -> Value<'a> {
        let (Some(id), Some(argument), Some(model)) =
            (call.optimizer(), call.args.get(model), call.arguments.get(model))
        else {
            return self.opaque(call);
        };
        let exclusive =
            |place: &PathId| self.env.value(*place).is_some_and(|held| held.passing == Passing::Exclusive);
        let in_place = !model.copied && model.place.is_some_and(|place| exclusive(&place));
        let given = call.args.last().zip(call.arguments.last());
        let gradients = given.is_some_and(|(argument, value)| self.may_be_gradients(argument, value));
        if in_place || model.passing != Passing::Value || !gradients {
            return self.opaque(call);
        }
        let deps = parameters_of(model);
        self.trains_parameters(id, &deps);
        let site = self.stage_site(call.expr, Stage::Step);
        if self.is_of_iteration(argument) {
            self.cfg.facts.mark(site, Mark::OfIteration);
        }
        self.takes_gradients(id, given, site);
        let mut value = Value { ty: model.ty, ..Value::plain(deps) };
        value.as_model.updated = true;
        let Some(place) = model.place else { return value };
        self.objects.stepped_before(id, place);
        // A model with gradients has the type of a model in training.
        if self.track_mode(place) {
            self.emit(Action::Mode(place, Some(Mode::Train)), site);
        }
        self.outcome(call, Gives::Model(place), value)
    }

    /// Performs `optimizer.step(rate, gradients)`. The call does not get the model, but it returns
    /// the updated model.
    pub(super) fn updates_other(&mut self, call: &Call<'a>) -> Value<'a> {
        let given = call.args.last().zip(call.arguments.last());
        let (Some(id), Some((_, Value { kind: Kind::Gradients(stores), .. }))) = (call.optimizer(), given)
        else {
            return self.opaque(call);
        };
        let model = stores.iter().find_map(|store| self.cfg.stores[*store].model);
        let site = self.stage_site(call.expr, Stage::Step);
        self.takes_gradients(id, given, site);
        let Some(place) = model else { return Value::nothing() };
        let ty = self.env.value(place).and_then(|model| model.ty);
        let mut value = Value { ty, ..Value::plain(Deps::one(place)) };
        value.as_model.updated = true;
        self.outcome(call, Gives::Model(place), value)
    }

    /// Whether an expression is a variable that the current iteration declares.
    fn is_of_iteration(&self, expr: &Expr) -> bool {
        let Expr::Path(path) = expr else { return false };
        let variable = path.path.get_ident().and_then(|name| self.lookup(&name.to_string()));
        let around = self.control.innermost();
        around.is_some() && variable.is_some_and(|variable| self.cfg.bound_in(variable) == around)
    }

    /// Performs a step of an optimizer that updates a model in place with gradients that are a
    /// value, such as `optimizer.step(&mut model, &gradients, rate)`. In candle, whose parameters have
    /// interior mutability, also `optimizer.step(&parameters, &gradients)`.
    ///
    /// `None` unless the gradients are known. The optimizer is lost if it steps several models,
    /// because the same gradients may then be those of all models.
    pub(super) fn steps_in_place(&mut self, call: &Call<'a>, id: OptimizerId) -> Option<Value<'a>> {
        let given = call.args.iter().zip(&call.arguments);
        let taken = given.clone().find(|(_, value)| matches!(value.kind, Kind::Gradients(_)))?;
        let model = self.updated_in_place(call)?;
        let (place, deps) = (model.place.or_else(|| only(&model.deps))?, parameters_of(&model));
        if self.objects.stepped_before(id, place).is_some_and(|before| before != place) {
            self.lose(vec![id]);
            return None;
        }
        self.trains_parameters(id, &deps);
        let site = self.stage_site(call.expr, Stage::Step);
        self.takes_gradients(id, Some(taken), site);
        Some(Value { measured: true, ..Value::number() })
    }

    /// The only argument of a step that may be a model which the step updates in place, or its parameters.
    fn updated_in_place(&self, call: &Call<'a>) -> Option<Value<'a>> {
        let mut exclusive = call.arguments.iter().filter(|value| value.passing == Passing::Exclusive);
        if let Some(model) = exclusive.next() {
            return exclusive.next().is_none().then(|| model.clone());
        }
        let is_other = |(argument, value): &(&Expr, &Value<'a>)| {
            !matches!(value.kind, Kind::Gradients(_) | Kind::Number) && !is_rate_expr(argument)
        };
        let mut others = call.args.iter().zip(&call.arguments).filter(is_other);
        let (_, model) = others.next().filter(|_| self.vocabulary.writes_through_shared())?;
        let parameters = model.passing == Passing::Shared
            && matches!(model.kind, Kind::Plain | Kind::Fields(_))
            && !model.is_tensor();
        (parameters && others.next().is_none()).then(|| model.clone())
    }

    /// Records that an optimizer updates these parameters.
    fn trains_parameters(&mut self, id: OptimizerId, deps: &Deps) {
        let path = self.cfg.optimizers[id].path;
        self.optimizer(path, Some(deps.clone()), false);
        self.owns_models(id, deps);
    }

    /// Records the models that an optimizer updates, if the function constructs these models.
    fn owns_models(&mut self, id: OptimizerId, owned: &Deps) {
        let built =
            |path: &PathId| self.env.built.get(path).map(|(site, conditional)| (*path, *site, *conditional));
        let models: Vec<_> = owned.paths().iter().filter_map(built).collect();
        for model in models {
            if !self.cfg.optimizers[id].models.contains(&model) {
                self.cfg.optimizers[id].models.push(model);
            }
        }
    }

    /// The value of a call that returns the parameters of an optimizer or of a model.
    pub(super) fn parameters(&mut self, call: &Call<'a>) -> Value<'a> {
        if let Some(id) = call.optimizer() {
            return Value::plain(self.cfg.optimizers[id].owned.clone().unwrap_or_else(Deps::none));
        }
        let Some(model) = call.subject() else { return self.opaque(call) };
        self.cfg.function.models = self.cfg.function.models.union(&model.deps);
        Value::plain(model.derived().deps)
    }

    /// The optimizer that a getter of an object returns: `self.critic.optimizer_mut()`.
    ///
    /// `None` for any other call. Each call of the getter is taken to return the same optimizer, as a field would be.
    pub(super) fn held_optimizer(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let receiver = call.receiver.as_ref().filter(|_| call.arguments.is_empty())?;
        let field = accessed_field(&call.name);
        if role_of_name(field) != Some(Role::Optimizer) {
            return None;
        }
        let plain = matches!(receiver.kind, Kind::Plain | Kind::Fields(_)) && !receiver.is_tensor();
        receiver.place.filter(|_| plain)?;
        Some(self.project(receiver, field))
    }

    /// Stores a newly constructed optimizer in a place.
    pub(in crate::lower) fn build(&mut self, path: PathId, owned: &Deps, site: SiteId) {
        let id = self.optimizer(path, (!owned.is_empty()).then(|| owned.clone()), false);
        self.emit(Action::Build(id), site);
        self.note_built(id, site);
        self.owns_models(id, owned);
        self.hold_optimizer(path, id);
    }

    /// Completes the facts about the optimizers in fields of `self`.
    pub(in crate::lower) fn settle_kept(&mut self) {
        let Some(ty) = self.here().owner else { return };
        for id in 0..self.cfg.optimizers.len() {
            let optimizer = &self.cfg.optimizers[id];
            let field = own_field(&optimizer.name).filter(|_| optimizer.from_caller);
            self.cfg.optimizers[id].kept = field.is_some_and(|field| self.resolver.keeps(ty, field));
        }
    }

    /// Records that the function constructs an optimizer at a site.
    fn note_built(&mut self, id: OptimizerId, site: SiteId) {
        let built = (site, self.cfg.sites[site].conditional);
        let path = self.cfg.optimizers[id].path;
        let name = self.cfg.paths.name(path);
        // A parameter of an inlined function is no variable of this one.
        let variable = self.cfg.paths.root_of(path) == path && !self.inlining.is_inside();
        let variable = variable && !is_meant_unused(name);
        let unused = variable && self.survey().differentiates() && !self.survey().mentions(name);
        self.cfg.optimizers[id].unused = unused;
        let object = &mut self.cfg.optimizers[id];
        if !object.built.contains(&built) {
            object.built.push(built);
        }
    }

    /// Stores the result of an opaque expression as an optimizer in a place.
    ///
    /// The options, the name or the uses of the place show that the place holds an optimizer.
    pub(in crate::lower) fn opaque_optimizer(&mut self, path: PathId, value: &Value<'a>) {
        // The arguments of an opaque constructor need not be the parameters that it updates.
        let id = self.optimizer(path, None, false);
        match value.made {
            Some(site) => {
                self.emit(Action::Build(id), site);
                self.note_built(id, site);
            }
            None => self.emit(Action::Forget(id), 0),
        }
        self.hold_optimizer(path, id);
    }

    fn hold_optimizer(&mut self, path: PathId, id: OptimizerId) {
        let value = Value { place: Some(path), ..Value::of(Kind::Optimizer(id), Deps::one(path)) };
        self.env.values.insert(path, value);
    }
}

/// The only place in `deps`; `None` if there is no place, or if there are several.
fn only(deps: &Deps) -> Option<PathId> {
    match deps.paths()[..] {
        [place] => Some(place),
        _ => None,
    }
}

/// The places of the parameters of a model that a step gets.
///
/// The arguments of the model's methods are left out: a model that is in a place holds its
/// parameters there.
fn parameters_of(model: &Value<'_>) -> Deps {
    if model.place.is_none() {
        return model.derived().deps;
    }
    let mut alone = model.clone();
    alone.holds = Deps::none();
    alone.derived().deps
}
