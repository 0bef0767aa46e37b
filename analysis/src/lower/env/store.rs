//! Stores of values in places.

use crate::cfg::{Action, Deps, Mark, OnStore, PathId};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Value};
use crate::stage::Effect;
use crate::vocabulary::rust::is_meant_unused;
use crate::vocabulary::{Role, role_of_name, zeroes_gradients};

impl<'a> Lower<'a> {
    /// Declares a variable with a value.
    pub(in crate::lower) fn variable(
        &mut self,
        name: &str,
        node: usize,
        mut value: Value<'a>,
        role: Option<Role>,
    ) {
        let path = self.root(name, node);
        self.separate(name, path, &mut value);
        self.named(&mut value, path);
        if let Kind::Gradients(stores) = &value.kind
            && !is_meant_unused(name)
        {
            for store in stores {
                self.cfg.stores[*store].named = true;
            }
        }
        self.env.declared.insert(path, self.control.nesting());
        self.note_variable(path, node);
        self.changed_in(path);
        self.store(path, name, value, role);
    }

    /// Stores a value in a place, and emits the events of the store.
    pub(in crate::lower) fn store(
        &mut self,
        path: PathId,
        name: &str,
        mut value: Value<'a>,
        role: Option<Role>,
    ) {
        let assigned = self.survey().assigned.contains(name);
        if assigned && !self.is_straight(path) {
            self.join_with_before(path, &mut value);
        }
        self.store_guard(path, assigned, &mut value);
        if value.outcome.is_some() {
            value.outcome = None;
        }
        self.forget_parts(path);
        if assigned {
            value = value.with_known(None);
        }
        self.scatter(path, &mut value);
        let is_new = value.place.is_none() || assigned;
        let typed_other = role == Some(Role::Other);
        // The final loss of a run may be named after its optimizer.
        let plain = matches!(value.kind, Kind::Plain) && !value.is_tensor() && !value.measured;
        let role = if plain { self.role(name, role) } else { None };
        match role {
            Some(Role::Optimizer) if is_new && !typed_other && self.survey().computes() => {
                self.opaque_optimizer(path, &value);
                return;
            }
            Some(Role::Schedule) => value.kind = Kind::Schedule,
            Some(Role::Scaler) => value.kind = Kind::Scaler,
            Some(Role::Accumulator) => value.kind = Kind::Accumulator(self.accumulator_at(path)),
            Some(Role::Optimizer | Role::Other) | None => {}
        }
        self.store_accumulator(path, &mut value);
        if self.store_optimizer(path, name, assigned, &mut value) {
            return;
        }
        self.tensor(path, assigned, &mut value);
        self.store_fields(path, assigned, &mut value);
        if is_new && !value.as_model.updated {
            self.new_mode(path, &value);
            self.new_own_gradients(path, name, &value);
        }
        self.note_stored(path, &value);
        self.settle(path, is_new, value);
    }

    /// Joins a value with the value that the place held before, because the store may be skipped.
    fn join_with_before(&self, path: PathId, value: &mut Value<'a>) {
        value.origin = value.origin.forgotten();
        if let Some(before) = self.env.value(path) {
            value.origin = value.origin.either(&before.origin.forgotten());
            if let (Kind::Gradients(all), Kind::Gradients(earlier)) = (&mut value.kind, &before.kind) {
                all.extend(earlier);
                all.sort_unstable();
                all.dedup();
            }
            value.deps = value.deps.union(&before.deps);
            value.models = value.models.union(&before.models);
        }
    }

    /// Ends the guard that the place held before, and begins the stored guard.
    fn store_guard(&mut self, path: PathId, assigned: bool, value: &mut Value<'a>) {
        self.close_guard(path);
        if let Kind::Guard(guard) = &mut value.kind {
            guard.certain &= !assigned;
            self.recording.open(guard.certain);
            self.env.guard_branches.insert(path, self.control.branches);
        }
    }

    /// Stores a new accumulator in a place. If the place already holds an accumulator, the store
    /// only empties the old accumulator.
    fn store_accumulator(&mut self, path: PathId, value: &mut Value<'a>) {
        let Kind::Accumulator(new) = value.kind else { return };
        let Some(known) = self.objects.accumulator(path) else {
            return self.objects.hold_accumulator(path, new);
        };
        if known != new {
            value.kind = Kind::Accumulator(known);
            self.emit(Action::OnStores(vec![known], OnStore::Effect(Effect::Zero)), 0);
        }
    }

    /// Stores an optimizer in its own place. Returns `true` if nothing else must be
    /// stored for the value.
    fn store_optimizer(&mut self, path: PathId, name: &str, assigned: bool, value: &mut Value<'a>) -> bool {
        match &value.kind {
            // The methods of this optimizer get the gradients as arguments.
            Kind::NewOptimizer(..) if self.is_given_gradients(name) => {
                *value = Value::plain(value.derived().deps);
                false
            }
            Kind::NewOptimizer(owned, site) => {
                self.build(path, owned, *site);
                true
            }
            Kind::NewOptimizers(owned, site) => {
                self.build_several(path, owned, *site);
                true
            }
            // Its type takes no parameters, or finds them elsewhere.
            Kind::Settings(site) if self.is_used_as_optimizer(name) => {
                self.build(path, &Deps::none(), *site);
                true
            }
            Kind::Optimizer(id) | Kind::Optimizers(id)
                if assigned && self.cfg.optimizers[*id].path != path =>
            {
                self.lose(vec![*id]);
                *value = Value::plain(Deps::Anything);
                false
            }
            _ => false,
        }
    }

    fn is_given_gradients(&self, name: &str) -> bool {
        self.survey().uses.get(name).is_some_and(|uses| uses.takes_gradients)
    }

    /// Whether the variable `name` has the name of an optimizer and is never stepped, although the
    /// function computes gradients.
    fn is_unused_optimizer(&self, name: &str) -> bool {
        let survey = self.survey();
        let other = survey.uses.get(name).is_some_and(|uses| {
            uses.takes_gradients || uses.bare.iter().chain(&uses.given).any(|name| !zeroes_gradients(name))
        });
        let optimizer = role_of_name(name) == Some(Role::Optimizer);
        optimizer && !other && survey.differentiates() && survey.keeps_to_itself(name)
    }

    /// Whether the uses of a variable show that its value is an optimizer. The value was
    /// constructed without model parameters.
    ///
    /// If the variable is stepped, but neither zeroed nor clipped, the function must also compute
    /// gradients.
    fn is_used_as_optimizer(&self, name: &str) -> bool {
        let survey = self.survey();
        survey.uses.get(name).is_some_and(|uses| {
            let stepped =
                uses.as_optimizer() && survey.computes() || uses.is_stepped() && survey.differentiates();
            !uses.takes_gradients && (stepped || uses.updates || !uses.applied_to.is_empty())
        }) || self.is_unused_optimizer(name)
    }

    /// Records that a variable holds an item, a schedule or a model.
    fn note_stored(&mut self, path: PathId, value: &Value<'a>) {
        if value.item {
            self.cfg.facts.variable_mut(path).item_of = self.control.innermost();
        }
        self.holds_schedule(path, value);
        if value.bare {
            self.env.bare.insert(path);
        }
        if let Some(site) = value.made {
            self.cfg.facts.variable_mut(path).is_constructed = true;
            if self.cfg.facts.is(site, Mark::NewStore) {
                self.cfg.function.stores = self.cfg.function.stores.union(&Deps::one(path));
            }
            self.env.built.insert(path, (site, self.cfg.sites[site].conditional));
        }
    }

    /// Puts a value into a place, as the last part of a store.
    fn settle(&mut self, path: PathId, is_new: bool, mut value: Value<'a>) {
        let opaque = value.deps.is_empty() && !matches!(value.kind, Kind::Number);
        if value.made.is_some() || value.item || opaque {
            value.deps = value.deps.union(&Deps::one(path));
        }
        value.item = false;
        value.differs = self.differs_in(path, &value);
        // A value that outlives the iteration, such as a running mean, says nothing about this iteration alone.
        value.measured &= self.cfg.bound_in(path) == self.control.innermost();
        if is_new {
            value.place = Some(path);
        }
        self.env.values.insert(path, value);
    }

    /// Forgets the values in the parts of a place, before the place is overwritten.
    fn forget_parts(&mut self, path: PathId) {
        let parts: Vec<_> = self
            .objects
            .optimizers()
            .filter(|(part, _)| *part != path && self.cfg.paths.holds(path, *part))
            .collect();
        for (part, id) in parts {
            self.emit(Action::Forget(id), 0);
            self.env.values.remove(&part);
        }
        self.lose_parts(path);
    }
}
