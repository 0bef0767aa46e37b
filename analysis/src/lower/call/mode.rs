//! Training modes of models, and the recording of gradients.

use syn::{Expr, Lit};

use super::{Call, Callee};
use crate::cfg::{Action, Deps, Mark, Mode, PathId, Recorded, SiteId};
use crate::limits;
use crate::lower::env::value::{Guard, Kind, Value};
use crate::lower::{Lower, address};
use crate::stage::Stage;
use crate::vocabulary::restores;

/// The guards and closures around the current code that turn the recording of gradients off.
#[derive(Default)]
pub(in crate::lower) struct Recording {
    /// Number of guards and closures that certainly turn recording off.
    off: usize,
    /// Number of guards and closures that may turn recording off.
    maybe_off: usize,
    /// The syntax nodes of guards that save a mode.
    guards: Vec<usize>,
    /// Whether the newest tape started with the gradients of an earlier `backward`.
    pub(in crate::lower) adds: bool,
    /// Whether the next `backward` adds to gradients of unknown content.
    pub(in crate::lower) may_add: bool,
}

impl Recording {
    /// Begins a guard or a closure that turns recording off, on every path (`certain`) or only on
    /// some paths.
    pub(in crate::lower) fn open(&mut self, certain: bool) {
        *self.count(certain) += 1;
    }

    pub(in crate::lower) fn close(&mut self, certain: bool) {
        let count = self.count(certain);
        *count = count.saturating_sub(1);
    }

    fn count(&mut self, certain: bool) -> &mut usize {
        if certain { &mut self.off } else { &mut self.maybe_off }
    }

    /// Whether gradients are recorded at the current place.
    pub(in crate::lower) fn state(&self) -> Recorded {
        match (self.off, self.maybe_off) {
            (0, 0) => Recorded::Yes,
            (0, _) => Recorded::Maybe,
            _ => Recorded::No,
        }
    }

    /// The number of the guard at a syntax node; `None` if there are too many guards.
    ///
    /// The mode that the guard saves is stored under this number.
    fn guard_number(&mut self, node: usize) -> Option<usize> {
        let known = self.guards.iter().position(|guard| *guard == node);
        if known.is_none() && self.guards.len() < limits::MODE_GUARDS {
            self.guards.push(node);
            return Some(self.guards.len() - 1);
        }
        known
    }
}

/// The value of a boolean literal; `None` for any other expression.
pub(in crate::lower) fn literal_bool(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Bool(value) => Some(value.value),
            _ => None,
        },
        Expr::Paren(inner) => literal_bool(&inner.expr),
        _ => None,
    }
}

/// Switches between training mode and evaluation mode.
impl<'a> Lower<'a> {
    /// Tracks the mode of the model in a place; returns false if the limit of tracked models is reached.
    pub(super) fn track_mode(&mut self, model: PathId) -> bool {
        if self.cfg.modes.models.iter().any(|(known, _)| *known == model) {
            return true;
        }
        let room = self.cfg.modes.models.len() < limits::MODELS;
        if room {
            let from_caller = self.env.parameters.contains(&self.cfg.paths.root_of(model));
            self.cfg.modes.models.push((model, from_caller));
        }
        room
    }

    /// Performs `model.train()`, `model.eval()`, or `evaluation(&model)`, which returns a guard.
    pub(super) fn switches_mode(&mut self, call: &Call<'a>, stage: Stage) -> Value<'a> {
        match (&call.callee, &call.receiver) {
            (Callee::Method(_), Some(model)) => self.set_mode(call, model, Some(stage == Stage::TrainMode)),
            _ => self.evaluation(call),
        }
    }

    /// Performs `model.set_train(training)`.
    pub(super) fn switches_mode_by(&mut self, call: &Call<'a>) -> Value<'a> {
        let Some(model) = &call.receiver else { return self.opaque(call) };
        // Without an argument the call switches to training, as `set_train()` of tch does.
        self.set_mode(call, model, call.args.first().map_or(Some(true), literal_bool))
    }

    /// Sets the mode of a model; `training` is `None` if the argument that selects the mode is unknown.
    fn set_mode(&mut self, call: &Call<'a>, model: &Value<'a>, training: Option<bool>) -> Value<'a> {
        let stage = if training == Some(false) { Stage::EvalMode } else { Stage::TrainMode };
        let site = self.stage_site(call.expr, stage);
        self.emit(Action::Mark(stage), site);
        match (model.place.filter(|_| !model.copied), training) {
            (Some(place), Some(training)) if self.track_mode(place) => {
                let mode = if training { Mode::Train } else { Mode::Eval };
                self.emit(Action::Mode(place, Some(mode)), site);
                self.set_parts(model, mode, site);
                if model.ty.is_some_and(|ty| self.resolver.method(ty, &call.name).is_some()) {
                    self.cfg.facts.mark(site, Mark::OwnMode);
                }
            }
            _ => self.lose_mode(&model.derived().deps, site),
        }
        model.derived().with_made(model.made)
    }

    /// Sets the mode of the models that a struct was made of.
    fn set_parts(&mut self, model: &Value<'a>, mode: Mode, site: SiteId) {
        let parts: Vec<Value<'a>> = model.kind.parts().cloned().collect();
        for part in parts {
            if let Some(place) =
                part.place.filter(|_| !part.copied && matches!(part.kind, Kind::Plain | Kind::Fields(_)))
                && self.cfg.modes.models.iter().any(|(known, _)| *known == place)
            {
                self.emit(Action::Mode(place, Some(mode)), site);
            }
            self.set_parts(&part, mode, site);
        }
    }

    /// Records that the models in these places may be in either mode.
    fn lose_mode(&mut self, deps: &Deps, site: SiteId) {
        if !deps.is_empty() {
            self.emit(Action::LoseMode(deps.clone()), site);
        }
    }

    /// Records that the models in these values may be in either mode.
    pub(super) fn lose_modes<'v>(&mut self, values: impl Iterator<Item = &'v Value<'a>>, site: SiteId)
    where
        'a: 'v,
    {
        values.for_each(|value| self.lose_mode(&value.derived().deps, site));
    }

    /// Sets the mode of a value that may be a model, when the value is stored in a new place.
    ///
    /// A constructor returns a model in training mode; other code may return a model in either mode.
    pub(in crate::lower) fn new_mode(&mut self, path: PathId, value: &Value<'a>) {
        let may_be_model = matches!(value.kind, Kind::Plain) && !value.computed && !value.item;
        if !may_be_model {
            return;
        }
        let restored = |site: SiteId| self.cfg.sites[site].names.iter().any(|name| restores(name));
        match value.made.filter(|site| !restored(*site)) {
            Some(site) => self.emit(Action::Mode(path, Some(Mode::Train)), site),
            None => self.emit(Action::Mode(path, None), 0),
        }
    }

    /// Performs `model.valid()`, which returns a copy in evaluation mode that records nothing.
    pub(super) fn freezes(&mut self, call: &Call<'a>) -> Value<'a> {
        let Some(model) = &call.receiver else { return self.opaque(call) };
        let mut copy = model.derived();
        copy.origin.unrecorded = true;
        copy.as_model.frozen = true;
        copy
    }

    /// Performs `evaluation(&model)`.
    ///
    /// While the returned guard is in scope, the model is in evaluation mode and nothing is recorded.
    fn evaluation(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, Some(Stage::EvalMode));
        self.name_callee(site, call.expr);
        self.emit(Action::Mark(Stage::EvalMode), site);
        let model = call.arguments.first();
        let place = model.and_then(|model| model.place.filter(|_| !model.copied));
        let number = self.recording.guard_number(address(call.expr));
        self.cfg.modes.guards = self.recording.guards.len();
        let mode = match (place, number) {
            (Some(place), Some(number)) if self.track_mode(place) => {
                self.emit(Action::KeepMode(number), site);
                self.emit(Action::Mode(place, Some(Mode::Eval)), site);
                Some((number, place))
            }
            _ => {
                self.lose_modes(call.arguments.iter(), site);
                None
            }
        };
        Value::of(Kind::Guard(Guard { mode, certain: true }), Deps::none())
    }
}

/// Guards of modes and of recording.
impl<'a> Lower<'a> {
    /// Ends the guard in a variable, because the variable ends or is assigned another value.
    pub(in crate::lower) fn close_guard(&mut self, path: PathId) {
        let Some(value) = self.env.values.get_mut(&path) else { return };
        let Some(guard) = value.guard() else { return };
        value.kind = Kind::Plain;
        self.recording.close(guard.certain);
        self.end_guard(guard);
    }

    /// Ends a guard, and restores the mode that the guard saved.
    pub(in crate::lower) fn end_guard(&mut self, guard: Guard) {
        match guard.mode {
            Some((number, model)) if guard.certain => self.emit(Action::RestoreMode(number, model), 0),
            Some((_, model)) => self.lose_mode(&Deps::one(model), 0),
            None => {}
        }
    }

    /// Performs `drop(guard)`; returns false if the dropped value is no guard.
    pub(super) fn drops_guard(&mut self, value: &Value<'a>, argument: &Expr) -> bool {
        let Some(guard) = value.guard() else { return false };
        let Expr::Path(name) = argument else { return true };
        let Some(path) = name.path.get_ident().and_then(|name| self.lookup(&name.to_string())) else {
            return true;
        };
        self.close_guard(path);
        let opened = self.env.guard_branches.get(&path).copied().unwrap_or(0);
        if self.control.branches > opened {
            // It is still in scope on another branch.
            let guard = Guard { certain: false, ..guard };
            self.recording.open(false);
            if let Some(value) = self.env.values.get_mut(&path) {
                value.kind = Kind::Guard(guard);
            }
        }
        true
    }
}

/// Switches of the recording of gradients.
impl<'a> Lower<'a> {
    /// Runs a closure without recording; without a closure, returns a guard that turns recording off.
    pub(super) fn no_grad(&mut self, call: &Call<'a>) -> Value<'a> {
        if call.args.is_empty() {
            return Value::of(Kind::Guard(Guard { mode: None, certain: true }), Deps::none());
        }
        self.recording.open(true);
        let value = self.run_argument(call);
        self.recording.close(true);
        let Some(value) = value else { return Value::nothing() };
        let mut result = value.derived().with_origin(value.origin.clone());
        if value.outcome.is_some() {
            result.outcome = value.outcome;
        }
        result
    }

    /// Runs a closure in which gradients are recorded, even inside `no_grad`.
    pub(super) fn with_grad(&mut self, call: &Call<'a>) -> Value<'a> {
        let around = (self.recording.off, self.recording.maybe_off);
        (self.recording.off, self.recording.maybe_off) = (0, 0);
        let value = self.run_argument(call);
        (self.recording.off, self.recording.maybe_off) = around;
        value.unwrap_or_else(|| call.arguments.first().map_or_else(Value::nothing, Value::derived))
    }

    /// Inlines the closure that is the first argument of a call; `None` if that argument is no closure.
    fn run_argument(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        match &call.arguments.first()?.kind {
            Kind::Closure(closure) => Some(self.inline_closure(*closure, address(call.expr), Vec::new())),
            _ => None,
        }
    }

    /// Performs `set_grad_enabled(on)`.
    pub(super) fn switches_recording(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, None);
        self.emit(Action::Recording(call.args.first().and_then(literal_bool)), site);
        Value::nothing()
    }
}
