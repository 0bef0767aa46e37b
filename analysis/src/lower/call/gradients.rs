//! Calls that act on gradients: `zero_grad`, `step`, clipping, and calls with several of these
//! effects.

use syn::Expr;

use super::{Call, Callee};
use crate::cfg::{Action, Deps, Differs, Mark, OptimizerId, SiteId};
use crate::lower::env::value::{Kind, Passing, Value};
use crate::lower::{Lower, address, text};
use crate::stage::{Effect, Stage};
use crate::tokens::names_in;
use crate::vocabulary::rust::is_self;
use crate::vocabulary::{Keeping, STEP, Uses, applies_gradients, clips_gradients, clips_values, unscales};

/// The owner of the gradients that a call acts on.
enum On {
    Optimizer(OptimizerId),
    /// All parameters in these places.
    Places(Deps),
}

impl<'a> Lower<'a> {
    /// Performs a call that acts on the gradients of its subject, such as `optimizer.step()`.
    ///
    /// The gradients belong to an optimizer, or to the parameters in the subject.
    pub(super) fn acts_on_gradients(&mut self, call: &Call<'a>, effects: &'static [Effect]) -> Value<'a> {
        if let [effect] = effects
            && let Some(value) = self.acts_on_stores(call, *effect)
        {
            return value;
        }
        let of_scaler = self.is_of_scaler(call);
        let subject = if of_scaler { call.arguments.first() } else { call.subject() };
        let on = match subject {
            Some(Value { kind: Kind::Optimizer(id), .. }) => On::Optimizer(*id),
            _ if of_scaler => return self.opaque(call),
            subject => On::Places(subject.map_or_else(Deps::none, |subject| subject.derived().deps)),
        };
        if let (On::Optimizer(id), [Effect::Zero], []) = (&on, effects, &call.arguments[..])
            && self.gets_each_parameter(call)
        {
            // An optimizer that gets the parameters one by one in its steps holds none that it could zero.
            let path = self.cfg.optimizers[*id].path;
            let site = self.stage_site(call.expr, Stage::ZeroGrad);
            self.emit(Action::Touch(Deps::one(path)), site);
            return Value::nothing();
        }
        if matches!((&on, effects), (On::Optimizer(_), [Effect::Take])) && self.counts_step(call) {
            return Value::nothing();
        }
        let loss = call.rest().first().filter(|_| !of_scaler);
        self.act(call, effects, &on, loss);
        if of_scaler {
            return Value::nothing();
        }
        let differs = if self.processes.reduced { Differs::Agreed } else { Differs::Measured };
        Value { measured: true, differs, ..Value::number() }
    }

    /// Performs a fused step of a model that owns its optimizer: `self.critic.backward_step(&loss)`.
    ///
    /// `None` for any other call. The name and the library decide: the type of the model is in another file, or it is
    /// a type parameter. The risk is a method that only adds gradients up and steps later.
    pub(super) fn steps_own_optimizer(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let (Callee::Method(node), [loss, ..]) = (&call.callee, &call.arguments[..]) else { return None };
        let effects = self.vocabulary.fused_step(&call.name, call.arguments.len())?;
        let model = call.receiver.as_ref().filter(|_| !is_self(&node.receiver))?;
        let plain = matches!(model.kind, Kind::Plain | Kind::Fields(_)) && !model.is_tensor();
        let is_loss = loss.is_tensor() || self.is_loss_place(loss.place);
        let place = model.place.filter(|_| plain && is_loss)?;
        let from_caller = self.env.parameters.contains(&self.cfg.paths.root_of(place));
        // Which parameters it updates is not known: the model may be one of several in a list.
        let id = self.optimizer(place, None, from_caller);
        self.act(call, effects, &On::Optimizer(id), Some(loss));
        Some(Value::nothing())
    }

    /// Performs the effects of a call on gradients, one after the other.
    fn act(&mut self, call: &Call<'a>, effects: &'static [Effect], on: &On, loss: Option<&Value<'a>>) {
        let fused = effects.len() > 1;
        for (part, &effect) in effects.iter().enumerate() {
            let site = self.part_site(call, part, effect);
            self.cfg.sites[site].fused = fused;
            if effect == Effect::Clip && self.mentions_scaler(call.expr) {
                self.cfg.facts.mark(site, Mark::ScaledClip);
            }
            self.one_effect(effect, on, loss, site);
        }
    }

    /// Records a call that is named after unscaling, but does not get an optimizer whose gradients it unscales:
    /// `self.unscale_gradients(&mut grads)`, `scaler.unscale(&grad)`.
    pub(super) fn note_unscaling(&mut self, call: &Call<'a>) {
        let known = self.is_of_scaler(call)
            && call
                .arguments
                .iter()
                .any(|value| matches!(value.kind, Kind::Optimizer(_) | Kind::Optimizers(_)));
        self.cfg.function.unscales_by_hand |= !known && unscales(&call.name);
    }

    /// Whether the function applies the optimizer that is the receiver of a call to each parameter in a loop.
    fn gets_each_parameter(&self, call: &Call<'a>) -> bool {
        let uses = call.callee.receiver().and_then(|receiver| self.survey().uses.get(&text::tight(receiver)));
        uses.is_some_and(|uses| {
            uses.bare.contains(STEP) && uses.given.iter().any(|name| applies_gradients(name))
        })
    }

    /// Whether a `step` without arguments only counts, because another method gets the model that it updates:
    /// `optimizer.step(); optimizer.update(&mut layer, 1.0);`.
    fn counts_step(&self, call: &Call<'a>) -> bool {
        let uses = call.callee.receiver().and_then(|receiver| self.survey().uses.get(&text::tight(receiver)));
        let updates = |uses: &Uses| !uses.applied_to.is_empty() && !uses.applied_by.contains(STEP);
        call.name == STEP && call.arguments.is_empty() && uses.is_some_and(updates)
    }

    /// Performs a clip that the checked code defines, by the name of the clip: `self.clip_gradients(1.0);`.
    ///
    /// Gradients that are a separate value are clipped only if the call may change the value, or returns it.
    /// A body that calls a stage is inlined instead. The risk is a body that does not clip all gradients, or clips
    /// none; then a clip after the step is reported although it changes nothing.
    pub(super) fn clips_by_name(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let id = self.callee_of(call).filter(|_| clips_gradients(&call.name))?;
        let by_hand = self.resolver.functions[id].survey.names_no_stage();
        let changed =
            |value: &Value<'a>| matches!(value.kind, Kind::Gradients(_)) && value.passing != Passing::Shared;
        if by_hand && call.arguments.iter().any(changed) {
            return self.acts_on_stores(call, Effect::Clip);
        }
        let statement = self.syntax.statement_call == address(call.expr);
        (by_hand && statement && self.keeps_in_place()).then(|| self.acts_on_gradients(call, &[Effect::Clip]))
    }

    /// Performs one of the effects that a call has on gradients.
    ///
    /// If the effect is to compute gradients, the gradients are computed from `loss`.
    fn one_effect(&mut self, effect: Effect, on: &On, loss: Option<&Value<'a>>, site: SiteId) {
        match (effect, loss, on) {
            (Effect::Fill, Some(loss), On::Optimizer(id)) => {
                let store = self.store_at(site);
                if self.cfg.stores[store].keeping != Keeping::InPlace {
                    self.cfg.stores[store].takers.insert(*id);
                }
                self.backward_at(site, loss, false, Some(store));
            }
            (Effect::Fill, Some(loss), On::Places(_)) => self.backward_at(site, loss, false, None),
            (Effect::Fill, None, On::Optimizer(id)) => {
                self.emit(Action::Touch(Deps::one(self.cfg.optimizers[*id].path)), site);
            }
            (Effect::Fill, None, On::Places(deps)) => self.emit(Action::Touch(deps.clone()), site),
            (_, _, On::Optimizer(id)) => self.emit(Action::Effect(*id, effect), site),
            (_, _, On::Places(deps)) => self.emit(Action::Through(deps.clone(), effect), site),
        }
    }

    /// Whether an expression mentions a scaler.
    ///
    /// An example is a clip limit that is multiplied by the scaler's factor.
    fn mentions_scaler(&self, expr: &Expr) -> bool {
        names_in(&expr).iter().any(|name| {
            let value = self.lookup(name).and_then(|path| self.env.value(path));
            value.is_some_and(|value| matches!(value.kind, Kind::Scaler))
        })
    }

    /// The site of one effect of a call; all effects of the call have the same place in the source.
    fn part_site(&mut self, call: &Call<'a>, part: usize, effect: Effect) -> SiteId {
        let name = match call.expr {
            Expr::Call(node) => text::tight(&node.func),
            _ => call.name.clone(),
        };
        // Addresses of nodes differ by more than the number of effects of one call.
        self.stage_site_at(address(call.expr) + part, call.expr, stage_of(effect, &name))
    }
}

/// The stage with this effect. If two stages have the effect, the name of the call decides.
fn stage_of(effect: Effect, name: &str) -> Stage {
    match effect {
        Effect::Zero => Stage::ZeroGrad,
        Effect::Fill => Stage::Backward,
        Effect::Clip if clips_values(name) => Stage::ClipGradValue,
        Effect::Clip => Stage::ClipGradNorm,
        Effect::Take => Stage::Step,
        Effect::Nothing | Effect::Unscale => Stage::Metrics,
    }
}
