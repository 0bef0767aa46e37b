//! Modes of models, recording, and what is computed under which of them.

use syn::{Expr, ExprCall, ExprMethodCall, Lit};

use super::value::{Guard, Kind, Value};
use super::{Lower, address};
use crate::cfg::{Action, Deps, PathId, Recorded, Run, SiteId, Word};
use crate::limits;
use crate::stage::Stage;
use crate::vocabulary::{GradientStop, restores};

/// What a literal says, where the mode or recording is told by an argument.
pub(super) fn literal_bool(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Bool(value) => Some(value.value),
            _ => None,
        },
        Expr::Paren(inner) => literal_bool(&inner.expr),
        _ => None,
    }
}

fn word(training: bool) -> Word {
    if training { Word::TRAIN } else { Word::EVAL }
}

impl<'a> Lower<'a> {
    /// From here on the mode of what lives in this place matters.
    fn follow_mode(&mut self, model: PathId) -> bool {
        if self.cfg.modes.iter().any(|(known, _)| *known == model) {
            return true;
        }
        let room = self.cfg.modes.len() < limits::MODELS;
        if room {
            let of_caller = self.parameters.contains(&self.cfg.paths.root_of(model));
            self.cfg.modes.push((model, of_caller));
        }
        room
    }

    /// `model.train()`, `model.eval()`; `None` where an argument decides that is not known here.
    pub(super) fn set_mode(&mut self, expr: &'a Expr, model: &Value<'a>, training: Option<bool>) {
        let stage = if training == Some(false) { Stage::EvalMode } else { Stage::TrainMode };
        let site = self.stage_site(expr, stage);
        self.emit(Action::Mark(stage), site);
        match (model.place.filter(|_| !model.copied), training) {
            (Some(place), Some(training)) if self.follow_mode(place) => {
                self.emit(Action::Mode(place, word(training)), site);
            }
            _ => self.lose_mode(&model.derived().deps, site),
        }
    }

    /// `model.set_train(training)`.
    pub(super) fn set_mode_by(&mut self, expr: &'a Expr, node: &'a ExprMethodCall, model: &Value<'a>) {
        let training = node.args.first().and_then(literal_bool);
        self.set_mode(expr, model, training);
    }

    /// Whatever these places hold may be in any mode.
    pub(super) fn lose_mode(&mut self, deps: &Deps, site: SiteId) {
        if !deps.is_empty() {
            self.emit(Action::LoseMode(deps.clone()), site);
        }
    }

    /// Whatever these values hold may be in any mode.
    pub(super) fn lose_modes(&mut self, values: &[Value<'a>], site: SiteId) {
        for value in values {
            self.lose_mode(&value.derived().deps, site);
        }
    }

    /// A place gets a new value: a model comes from its constructor in training mode, from elsewhere in any.
    pub(super) fn new_mode(&mut self, path: PathId, value: &Value<'a>) {
        let a_model = matches!(value.kind, Kind::Plain) && !value.computed && !value.item;
        if !a_model {
            return;
        }
        let ready = |site: SiteId| self.cfg.sites[site].names.iter().any(|name| restores(name));
        match value.made.filter(|site| !ready(*site)) {
            Some(site) => self.emit(Action::Mode(path, Word::TRAIN), site),
            None => self.emit(Action::Mode(path, Word::UNKNOWN), 0),
        }
    }

    /// `evaluation(&model)`: evaluation mode and no recording while the guard is in scope.
    pub(super) fn evaluation(&mut self, expr: &'a Expr, node: &'a ExprCall) -> Value<'a> {
        let models: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
        let site = self.site_of(expr, Some(Stage::EvalMode));
        self.name_callee(site, expr);
        self.emit(Action::Mark(Stage::EvalMode), site);
        let place = models.first().and_then(|model| model.place.filter(|_| !model.copied));
        let number = self.guard_number(address(expr));
        let mode = match (place, number) {
            (Some(place), Some(number)) if self.follow_mode(place) => {
                self.emit(Action::KeepMode(number), site);
                self.emit(Action::Mode(place, Word::EVAL), site);
                Some((number, place))
            }
            _ => {
                self.lose_modes(&models, site);
                None
            }
        };
        Value::of(Kind::Guard(Guard { mode, certain: true }), Deps::none())
    }

    fn guard_number(&mut self, node: usize) -> Option<usize> {
        let known = self.guards.iter().position(|guard| *guard == node);
        if known.is_none() && self.guards.len() < limits::MODE_GUARDS {
            self.guards.push(node);
            self.cfg.guards_of_mode = self.guards.len();
            return Some(self.guards.len() - 1);
        }
        known
    }

    /// A guard comes into scope.
    pub(super) fn open_guard(&mut self, guard: Guard) {
        if guard.certain {
            self.unrecorded += 1;
        } else {
            self.maybe_unrecorded += 1;
        }
    }

    /// The variable that holds a guard goes out of scope, or gives it away.
    pub(super) fn close_guard(&mut self, path: PathId) {
        let Some(value) = self.values.get_mut(&path) else { return };
        let Some(guard) = value.guard() else { return };
        value.kind = Kind::Plain;
        if guard.certain {
            self.unrecorded = self.unrecorded.saturating_sub(1);
        } else {
            self.maybe_unrecorded = self.maybe_unrecorded.saturating_sub(1);
        }
        self.end_guard(guard);
    }

    /// What a guard does at its end.
    pub(super) fn end_guard(&mut self, guard: Guard) {
        match guard.mode {
            Some((number, model)) if guard.certain => self.emit(Action::RestoreMode(number, model), 0),
            Some((_, model)) => self.lose_mode(&Deps::one(model), 0),
            None => {}
        }
    }

    /// The ends of the guards that a jump out of these scopes brings about.
    pub(super) fn unwind(&mut self, mark: usize) {
        for index in (mark..self.scope.len()).rev() {
            let path = self.scope[index].1;
            if let Some(guard) = self.values.get(&path).and_then(Value::guard) {
                self.end_guard(guard);
            }
        }
    }

    /// `drop(guard)`; says whether it was one.
    pub(super) fn drops_guard(&mut self, value: &Value<'a>, argument: &Expr) -> bool {
        let Some(guard) = value.guard() else { return false };
        let Expr::Path(name) = argument else { return true };
        let Some(path) = name.path.get_ident().and_then(|name| self.lookup(&name.to_string())) else {
            return true;
        };
        self.close_guard(path);
        let opened = self.scope_branches.get(&path).copied().unwrap_or(0);
        if self.branches > opened {
            // On another branch it stays.
            let guard = Guard { certain: false, ..guard };
            self.open_guard(guard);
            if let Some(value) = self.values.get_mut(&path) {
                value.kind = Kind::Guard(guard);
            }
        }
        true
    }

    /// `set_grad_enabled(on)`.
    pub(super) fn switch_recording(&mut self, expr: &'a Expr, on: Option<bool>) {
        let site = self.site_of(expr, None);
        let word = match on {
            Some(true) => Word::ON,
            Some(false) => Word::OFF,
            None => Word::UNKNOWN,
        };
        self.emit(Action::Recording(word), site);
    }

    /// Runs a closure with recording, whatever is around it.
    pub(super) fn with_grad(&mut self, node: &'a ExprCall) -> Value<'a> {
        let around = (std::mem::take(&mut self.unrecorded), std::mem::take(&mut self.maybe_unrecorded));
        let value = match node.args.first() {
            Some(Expr::Closure(closure)) => {
                let seen = self.scope.len();
                self.run(closure, seen, address(node), Vec::new())
            }
            Some(other) => self.expr(other).derived(),
            None => Value::nothing(),
        };
        (self.unrecorded, self.maybe_unrecorded) = around;
        value
    }

    /// Code that is not seen may run `backward` on what it is given.
    pub(super) fn may_run_backward(&mut self, values: &[Value<'a>]) {
        for value in values {
            self.cfg.handed = self.cfg.handed.union(&value.derived().past);
        }
    }

    /// Whether closures and guards let what is computed here have a graph.
    pub(super) fn recorded(&self) -> Recorded {
        match (self.unrecorded, self.maybe_unrecorded) {
            (0, 0) => Recorded::Yes,
            (0, _) => Recorded::Maybe,
            _ => Recorded::No,
        }
    }

    /// Whether one of these may have a graph that no forward made: a parameter, a tensor from elsewhere.
    pub(super) fn opens(&self, values: &[Value<'a>]) -> bool {
        let from_outside = |path: &PathId| {
            let root = self.cfg.paths.root_of(*path);
            let data = self.cfg.items.contains_key(&root) || self.parameters.contains(&root);
            let model = Deps::one(*path).overlaps(&self.cfg.models, &self.cfg.paths) != Some(false);
            !data || model
        };
        let open = |value: &Value<'a>| {
            let behind = &value.past.computed;
            let made = behind.is_unknown() || !behind.known().is_empty();
            let flat = matches!(value.kind, Kind::Number) || value.origin.is_flat();
            !made && !flat && (value.deps == Deps::Anything || value.deps.paths().iter().any(from_outside))
        };
        self.recorded() != Recorded::No && values.iter().any(open)
    }

    /// Notes a forward, a loss or a backward, and what is behind it.
    pub(super) fn runs(
        &mut self,
        site: SiteId,
        stage: Stage,
        receiver: Option<&Value<'a>>,
        arguments: &[Value<'a>],
        told: Option<bool>,
    ) {
        let model = receiver.filter(|_| stage == Stage::Forward);
        let place = model.and_then(|model| model.place.filter(|_| !model.copied));
        let place = place.filter(|place| self.follow_mode(*place));
        let given = arguments.iter().fold(Value::nothing(), |all, part| all.with(&part.derived()));
        let whole = receiver.into_iter().fold(given.clone(), |all, part| all.with(&part.derived()));
        let models =
            receiver.into_iter().chain(arguments).fold(Deps::none(), |all, part| all.union(&part.models));
        let models = model.map_or(models.clone(), |model| models.union(&model.derived().deps));
        if stage != Stage::Backward {
            self.emit(Action::Run(place), site);
        }
        let unsure = model.is_some_and(|model| model.origin.unrecorded);
        let recorded = match self.recorded() {
            Recorded::Yes if unsure => Recorded::Maybe,
            sure => sure,
        };
        let mut cuts = arguments.iter().filter_map(|argument| argument.origin.cut.as_ref());
        let detached = cuts.find(|cut| cut.how == GradientStop::Detach).map(|cut| cut.site);
        let run = self.cfg.runs.entry(site).or_insert_with(|| Run {
            stage,
            model: place,
            models: models.clone(),
            given: given.deps.clone(),
            past: whole.past.clone(),
            recorded,
            told,
            detached,
        });
        run.models = run.models.union(&models);
        run.given = run.given.union(&given.deps);
        run.past = run.past.union(&whole.past);
        if run.recorded != recorded {
            run.recorded = Recorded::Maybe;
        }
    }
}
