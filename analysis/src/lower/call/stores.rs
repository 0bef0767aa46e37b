//! Calls that compute, change, read or take gradients that are separate values.

use syn::Expr;

use super::Call;
use crate::cfg::{Action, Deps, Gives, OnStore, OptimizerId, PathId, SiteId, Store, StoreId};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Passing, Value};
use crate::stage::{Effect, Stage};
use crate::vocabulary::{GradientMethod, Keeping, gradient_method, hints_at_training, takes_a_part};

impl<'a> Lower<'a> {
    /// The store of the `backward` at a site.
    pub(super) fn store_at(&mut self, site: SiteId) -> StoreId {
        if let Some(known) = self.cfg.stores.iter().position(|store| store.site == site) {
            return known;
        }
        let keeping = match self.vocabulary.keeping() {
            // A tape counts as new and empty here. The caller corrects this for a tape with earlier
            // gradients.
            Some(Keeping::Threaded) => Keeping::Fresh,
            known => known.unwrap_or_default(),
        };
        let hidden = self.inlining.is_in_closure() && !self.inlining.runs_closure;
        self.cfg.stores.push(Store { hidden, ..Store::new(site, keeping) });
        self.cfg.stores.len() - 1
    }

    /// Records that gradients are bound to a variable or passed to a call. They are then a separate
    /// value.
    pub(in crate::lower) fn are_values(&mut self, stores: &[StoreId]) {
        let doubtful = |store: &StoreId| self.cfg.stores[*store].keeping == Keeping::InPlace;
        let doubtful: Vec<StoreId> = stores.iter().copied().filter(doubtful).collect();
        for store in stores {
            self.cfg.stores[*store].used = true;
        }
        if !doubtful.is_empty() {
            self.emit(Action::OnStores(doubtful, OnStore::Doubt), 0);
        }
    }

    /// Completes the facts about gradients once the whole function is lowered. If it is unclear
    /// whether the library returns gradients, code that uses a store counts as code that reads
    /// gradients.
    pub(in crate::lower) fn settle_stores(&mut self) {
        let unclear = |store: &Store| store.used && store.keeping == Keeping::InPlace;
        self.cfg.function.reads_gradients |= self.cfg.stores.iter().any(unclear);
    }

    /// Performs a step that gets the gradients as an argument and updates the parameters in place.
    pub(super) fn steps(&mut self, call: &Call<'a>, gradients: usize) -> Value<'a> {
        let Some(id) = call.optimizer() else { return self.opaque(call) };
        let given = call.args.get(gradients).zip(call.arguments.get(gradients));
        if !given.is_some_and(|(argument, value)| self.may_be_gradients(argument, value)) {
            return self.opaque(call);
        }
        let site = self.stage_site(call.expr, Stage::Step);
        self.takes_gradients(id, given, site);
        Value { measured: true, ..Value::number() }
    }

    /// Whether an argument of a step contains gradients, or may contain gradients in the libraries
    /// that the file imports.
    pub(super) fn may_be_gradients(&self, argument: &Expr, value: &Value<'a>) -> bool {
        let told = self.vocabulary.gives_gradients();
        match value.kind {
            Kind::Gradients(_) => true,
            Kind::Closure(_) => false,
            Kind::Number => told && matches!(argument, Expr::Reference(_)),
            _ => told,
        }
    }

    /// Records that a step of an optimizer, at `site`, takes its gradients from an argument.
    pub(super) fn takes_gradients(
        &mut self,
        id: OptimizerId,
        given: Option<(&Expr, &Value<'a>)>,
        site: SiteId,
    ) {
        match given {
            Some((_, Value { kind: Kind::Gradients(stores), .. })) => {
                for &store in stores {
                    let store = &mut self.cfg.stores[store];
                    store.takers.insert(id);
                    if store.keeping == Keeping::InPlace {
                        store.keeping = Keeping::Fresh;
                    }
                }
                self.emit(Action::OnStores(stores.clone(), OnStore::Present(id)), site);
            }
            // A variable that is not declared yet holds no gradients.
            Some((argument, value)) if value.place.is_none() && is_variable(argument) => {}
            _ => {
                // If the argument is the same unchanged variable as at the previous step, the
                // gradients are the same.
                let argument = given.map(|(argument, _)| argument).filter(|argument| is_place(argument));
                let first = self.control.in_first();
                let now = argument.map(|argument| (self.versioned(argument), first));
                let before = self.objects.taken_before(id, now);
                if now.is_none() || before != now {
                    self.emit(Action::Touch(Deps::one(self.cfg.optimizers[id].path)), site);
                }
            }
        }
        self.emit(Action::Effect(id, Effect::Take), site);
    }

    /// Performs `accumulator.accumulate(&model, gradients)`.
    pub(super) fn accumulates(&mut self, call: &Call<'a>) -> Value<'a> {
        let (Some(sum), Some(Value { kind: Kind::Gradients(stores), .. })) =
            (accumulator(call), call.arguments.last())
        else {
            return self.opaque(call);
        };
        for &store in stores {
            let store = &mut self.cfg.stores[store];
            store.into = Some(sum);
            store.keeping = Keeping::Accumulated;
        }
        Value::nothing()
    }

    /// Performs `accumulator.grads()`, which returns the sum and empties the accumulator.
    pub(super) fn collects_sum(&mut self, call: &Call<'a>) -> Value<'a> {
        match accumulator(call) {
            Some(sum) => {
                let value = Value::of(Kind::Gradients(vec![sum]), Deps::none());
                self.outcome(call, Gives::Gradients, value)
            }
            None => self.opaque(call),
        }
    }

    /// The accumulator in a place. If it belongs to the caller, it may contain gradients already.
    pub(in crate::lower) fn accumulator_at(&mut self, path: PathId) -> StoreId {
        if let Some(known) = self.objects.accumulator(path) {
            return known;
        }
        let escapes = self.env.parameters.contains(&self.cfg.paths.root_of(path));
        self.cfg.stores.push(Store { escapes, ..Store::new(0, Keeping::Accumulated) });
        let store = self.cfg.stores.len() - 1;
        self.objects.hold_accumulator(path, store);
        store
    }

    /// The value of an accumulator's constructor.
    pub(super) fn new_accumulator(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, None);
        let store = self.store_at(site);
        self.cfg.stores[store].keeping = Keeping::Accumulated;
        self.emit(Action::OnStores(vec![store], OnStore::Effect(Effect::Zero)), site);
        Value::of(Kind::Accumulator(store), Deps::none())
    }

    /// Performs a method of gradients that are a separate value. `None` if the vocabulary knows the
    /// method for values of any kind.
    pub(super) fn gradients_method(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let receiver = call.receiver.as_ref()?;
        let Kind::Gradients(stores) = &receiver.kind else { return None };
        match gradient_method(&call.name) {
            GradientMethod::Keeps => Some(Value { passing: Passing::Value, ..receiver.clone() }),
            GradientMethod::Looks => Some(Value::number()),
            GradientMethod::Gets => {
                for store in stores {
                    self.cfg.stores[*store].read = true;
                }
                Some(Value::nothing())
            }
            GradientMethod::Changes => {
                let site = self.site_of(call.expr, Some(Stage::ClipGradNorm));
                self.emit(Action::OnStores(stores.clone(), OnStore::Effect(Effect::Clip)), site);
                Some(Value::nothing())
            }
            GradientMethod::Other => None,
        }
    }

    /// Performs a stage with gradients as an argument, such as `clip(&mut gradients)`.
    ///
    /// Returns `None` if no argument is gradients.
    pub(super) fn acts_on_stores(&mut self, call: &Call<'a>, effect: Effect) -> Option<Value<'a>> {
        let given = call.values().find(|value| matches!(value.kind, Kind::Gradients(_)))?.clone();
        let Kind::Gradients(stores) = &given.kind else { return None };
        let stage = if effect == Effect::Zero { Stage::ZeroGrad } else { Stage::ClipGradNorm };
        let site = self.stage_site(call.expr, stage);
        self.emit(Action::OnStores(stores.clone(), OnStore::Effect(effect)), site);
        // A clip that gets the gradients by value returns them.
        let by_value = given.passing == Passing::Value;
        Some(if by_value { given } else { Value { measured: true, ..Value::number() } })
    }

    /// Performs an opaque call that gets gradients and only reads them, such as
    /// `tensor.grad(&gradients)`.
    pub(super) fn reads_stores(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let given = call.arguments.iter().find_map(|value| match &value.kind {
            Kind::Gradients(stores) if value.passing != Passing::Value => Some(stores.clone()),
            _ => None,
        })?;
        match gradient_method(&call.name) {
            GradientMethod::Looks => {}
            GradientMethod::Gets => {
                for store in &given {
                    self.cfg.stores[*store].read = true;
                }
            }
            GradientMethod::Keeps | GradientMethod::Changes | GradientMethod::Other => return None,
        }
        Some(Value { measured: true, ..Value::number() })
    }

    /// Performs an opaque call with gradients as arguments. The call may store, use or return the
    /// gradients.
    pub(super) fn pass_gradients(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let mut returned = None;
        let holds = |value: &Value<'a>| {
            matches!(value.kind, Kind::Optimizer(_) | Kind::Optimizers(_))
                || !self.optimizers_in(&value.deps).is_empty()
        };
        let may_step = hints_at_training(&call.name) || call.values().any(holds);
        for value in call.values() {
            let Kind::Gradients(stores) = &value.kind else { continue };
            let looks = gradient_method(&call.name) == GradientMethod::Looks;
            for &store in stores {
                let store = &mut self.cfg.stores[store];
                store.used = true;
                store.read |= !looks;
                store.escapes |= !looks && (value.passing != Passing::Shared || may_step);
            }
            if value.passing == Passing::Value {
                returned = Some(value.clone());
            }
        }
        returned
    }

    /// Records that opaque code may use the gradients in a value.
    pub(in crate::lower) fn gradients_escape(&mut self, value: &Value<'a>) {
        if let Kind::Gradients(stores) = &value.kind {
            for &store in stores {
                self.cfg.stores[store].escapes = true;
                self.cfg.stores[store].used = true;
            }
        }
    }

    /// The result of an associated function that converts gradients, such as
    /// `GradientsParams::from_grads`.
    pub(super) fn converts_gradients(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let given = call.arguments.iter().find(|value| matches!(value.kind, Kind::Gradients(_)))?;
        let Kind::Gradients(stores) = given.kind.clone() else { return None };
        self.are_values(&stores);
        let model = call.arguments.iter().filter(|value| !matches!(value.kind, Kind::Gradients(_)));
        if let Some(model) = model.clone().next().and_then(|model| model.place) {
            for store in &stores {
                self.cfg.stores[*store].model = Some(model);
            }
        }
        if takes_a_part(&call.name) {
            return Some(self.part_of(call, &stores));
        }
        Some(Value::of(Kind::Gradients(stores), Deps::none()))
    }

    /// Takes a part of some gradients as a new value. Another step may take the rest.
    fn part_of(&mut self, call: &Call<'a>, stores: &[StoreId]) -> Value<'a> {
        for store in stores {
            self.cfg.stores[*store].escapes = true;
        }
        let site = self.site_of(call.expr, None);
        let part = self.store_at(site);
        self.cfg.stores[part].keeping = Keeping::Fresh;
        let action = Action::Backward {
            deps: Deps::none(),
            graphs: Vec::new(),
            own: false,
            retain: true,
            scaled: false,
            store: Some(part),
        };
        self.emit(action, site);
        Value::of(Kind::Gradients(vec![part]), Deps::none())
    }

    /// Performs `model.alloc_grads()`, which returns gradients that are zero.
    pub(super) fn allocates(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, None);
        let store = self.store_at(site);
        self.cfg.stores[store].keeping = Keeping::Threaded;
        Value::of(Kind::Gradients(vec![store]), Deps::none())
    }

    /// Performs `input.trace(gradients)`. Computations on the result are recorded, and the next
    /// `backward` adds to `gradients`.
    pub(super) fn traces(&mut self, call: &Call<'a>) -> Value<'a> {
        let Some(input) = call.receiver.as_ref() else { return self.opaque(call) };
        let earlier = |store: &StoreId| {
            let site = self.cfg.stores[*store].site;
            let is_backward = self.cfg.sites[site].stage == Some(Stage::Backward);
            is_backward || self.cfg.sites[site].loops != self.control.loops()
        };
        self.recording.adds = match call.arguments.first().map(|value| &value.kind) {
            Some(Kind::Gradients(stores)) => stores.iter().any(earlier),
            _ => false,
        };
        let unknown = |value: &Value<'a>| !matches!(value.kind, Kind::Gradients(_));
        self.recording.may_add = call.arguments.first().is_some_and(unknown);
        if let Some(Value { kind: Kind::Gradients(stores), .. }) = call.arguments.first() {
            let trace = self.site_of(call.expr, None);
            let line = self.cfg.sites[trace].place.line();
            for &store in stores {
                // The next backward adds to them. In a later iteration, a step should have used them before.
                let site = &self.cfg.sites[self.cfg.stores[store].site];
                let same = site.loops == self.control.loops() && site.place.line() < line;
                self.cfg.stores[store].escapes |= same && site.stage == Some(Stage::Backward);
            }
        }
        Value { computed: true, ..input.derived().with_origin(input.origin.clone()) }
    }
}

/// The accumulator that is the receiver of a call.
fn accumulator(call: &Call<'_>) -> Option<StoreId> {
    match call.receiver.as_ref()?.kind {
        Kind::Accumulator(store) => Some(store),
        _ => None,
    }
}

/// Whether an argument names a variable or a field, perhaps behind a reference.
fn is_place(argument: &Expr) -> bool {
    match argument {
        Expr::Reference(by) => is_place(&by.expr),
        Expr::Field(field) => is_place(&field.base),
        Expr::Path(path) => path.path.get_ident().is_some(),
        _ => false,
    }
}

/// Whether an argument names a variable, perhaps behind a reference.
fn is_variable(argument: &Expr) -> bool {
    match argument {
        Expr::Reference(by) => is_variable(&by.expr),
        Expr::Path(path) => path.path.get_ident().is_some(),
        _ => false,
    }
}
