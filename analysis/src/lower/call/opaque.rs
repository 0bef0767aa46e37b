//! Possible effects of opaque calls, and of other opaque code, on the values that they mention.

use std::borrow::Cow;

use syn::Expr;

use super::passed::Grade;
use super::{Call, Callee};
use crate::cfg::{Action, Deps, Differs, Mark, OptimizerId, Origin, SiteId, Sites};
use crate::lower::control::expression::unreferenced;
use crate::lower::env::value::{Kind, Passing, Value};
use crate::lower::resolve::Mentions;
use crate::lower::{Lower, address, text};
use crate::stage::{Effect, Stage};
use crate::vocabulary::rust::{is_drop, is_reading};
use crate::vocabulary::{
    Role, clips, clips_gradients, collects, handles_gradients, has_gradient, hints_at_backward,
    hints_at_mode, hints_at_training, is_builder, is_evaluation, is_training_call, measures_gradients,
    moves_gradients, moves_target, only_looks, reads_number, returns_parameters, role_of_name, sends,
    sets_clipping, sets_parameters, shows_results, writes_gradients, writes_in_place,
};

impl<'a> Lower<'a> {
    /// Performs a call that is neither resolved nor known to the vocabulary.
    pub(super) fn opaque(&mut self, call: &Call<'a>) -> Value<'a> {
        if clips(&call.name)
            && !sets_clipping(&call.name)
            && let Some(value) = self.acts_on_stores(call, Effect::Clip)
        {
            return value;
        }
        if let Some(value) = self.reads_stores(call) {
            return value;
        }
        // A tensor that is computed from the parameters is no parameter.
        let of_parameters = |subject: &Value<'a>| !subject.computed && !subject.is_tensor();
        if clips_gradients(&call.name) && call.subject().is_some_and(of_parameters) && self.keeps_in_place() {
            return self.acts_on_gradients(call, &[Effect::Clip]);
        }
        self.runs_closures(call);
        let gradients = self.pass_gradients(call);
        let value = match &call.receiver {
            Some(Value { kind: Kind::Optimizer(id), .. }) => self.opaque_on_optimizer(call, *id),
            Some(receiver) => self.opaque_method(call, receiver),
            None => self.opaque_call(call),
        };
        match gradients {
            Some(gradients) => Value { kind: gradients.kind, ..value },
            None => value,
        }
    }

    fn opaque_on_optimizer(&mut self, call: &Call<'a>, id: OptimizerId) -> Value<'a> {
        // `scaler.optimizer_mut()` is the optimizer that the scaler steps.
        if let (Some(receiver), true) = (&call.receiver, call.arguments.is_empty())
            && role_of_name(&call.name) == Some(Role::Optimizer)
        {
            return receiver.clone();
        }
        let site = self.site_of(call.expr, None);
        if !only_looks(&call.name) && !sets_clipping(&call.name) {
            self.emit(Action::Touch(Deps::one(self.cfg.optimizers[id].path)), site);
        }
        self.hands_loss(call, site);
        self.pass_to_opaque(&call.arguments, site, Grade::Unknown);
        Value::nothing()
    }

    fn opaque_method(&mut self, call: &Call<'a>, receiver: &Value<'a>) -> Value<'a> {
        let values = !self.keeps_in_place();
        if !values
            && let Some(value) =
                self.method_of_gradient(call, receiver).or_else(|| self.gradient_of(call, receiver))
        {
            return value;
        }
        if handles_gradients(&call.name) && !values {
            self.cfg.function.reads_gradients = true;
        }
        self.cfg.function.sets_parameters |= values && sets_parameters(&call.name);
        self.part_of_several(receiver);
        let site = self.opaque_site_of(call.expr);
        if reads_number(&call.name) {
            self.reads_number(call, site);
        }
        self.average_is_opaque(call, site);
        self.hinted_effects(call, site);
        self.hands_loss(call, site);
        self.hands_gradients(call, site);
        let place = receiver.place.map_or_else(Deps::none, Deps::one);
        // A call that returns parameters does not run `backward`, nor does a getter.
        let gets = is_reading(&call.name) && !hints_at_training(&call.name);
        if !gets && (!call.arguments.is_empty() || !returns_parameters(&call.name)) {
            self.note_opaque(site, place, &call.arguments);
        }
        if shows_results(&call.name) {
            self.note_shown(Some(site), call.values());
        }
        self.may_change_receiver(call, receiver, site);
        if writes_in_place(&call.name) {
            self.written_with_arguments(call, receiver);
        }
        let grade = if only_looks(&call.name) { Grade::Looks } else { Grade::Unknown };
        self.pass_to_opaque(&shared_with(call), site, grade);
        for argument in call.args {
            self.touch_closure(argument);
        }
        let mut value = self.without_settings(receiver.derived());
        if !matches!(receiver.kind, Kind::Number) {
            value.differs = value.differs.through_call();
        }
        for argument in &call.arguments {
            let argument = self.without_settings(argument.derived());
            value = value.with(&Value { differs: argument.differs.through_call(), ..argument });
        }
        if sends(&call.name) {
            value = Value { differs: Differs::Unknown, measured: false, computed: false, ..value };
        }
        let mut origin = self.opaque_origin(call, receiver);
        // `let valid_model = model.valid()` may be a model that records nothing. A method with
        // several arguments returns no model: `model.train(&input, &target)` is a loss.
        origin.unrecorded |= call.args.len() < 2 && hints_at_mode(&call.name);
        value = value.with_origin(origin);
        self.marks_measured(call, &mut value);
        value = self.opaque_in_run(call, site, value);
        value.past.calls = value.past.calls.union(&Sites::one(site));
        value.past.open |= self.opens(call.arguments.iter());
        // `losses.push(loss)` stores the argument in the receiver.
        if let Some(place) = receiver.place
            && let Some(holder) = self.env.values.get_mut(&place)
        {
            if matches!(holder.kind, Kind::Plain) && !copies_parameters(&call.name) {
                holder.holds = holder.holds.union(&value.deps);
            }
            holder.gradient |= collects(&call.name) && value.gradient;
            self.collects(call, place);
        }
        value
    }

    /// Marks the value of a call as measured, if the name of the call suggests a norm of gradients.
    ///
    /// After a reduction of gradients, the norm is the same on all processes.
    fn marks_measured(&self, call: &Call<'a>, value: &mut Value<'a>) {
        if measures_gradients(&call.name) {
            value.measured = true;
            if self.processes.reduced {
                value.differs = Differs::Agreed;
            }
        }
    }

    /// Whether `backward` may store the gradients in the parameters, judging by the imported
    /// libraries.
    pub(super) fn keeps_in_place(&self) -> bool {
        !self.vocabulary.gives_gradients()
    }

    /// Records the effects that an opaque method may have on its receiver.
    ///
    /// The method may use the optimizers that the receiver holds.
    /// The method may also change the receiver, unless the receiver is shared.
    fn may_change_receiver(&mut self, call: &Call<'a>, receiver: &Value<'a>, site: SiteId) {
        let trains = hints_at_training(&call.name)
            && !only_looks(&call.name)
            && !matches!(receiver.kind, Kind::Number)
            && !self.are_settings(receiver);
        // A collection beside the optimizer cannot step it.
        let holds = !keeps_optimizers(&call.name) && !self.optimizers_in(&receiver.deps).is_empty();
        if holds || trains {
            let deps = if trains { receiver.deps.clone() } else { self.paths_in(&receiver.deps) };
            self.emit(Action::Touch(deps), site);
        }
        if let Some(place) = receiver.place {
            self.lose_parts(place);
            if receiver.passing != Passing::Shared && !is_reading(&call.name) {
                self.changed_in(place);
            }
        }
    }

    pub(super) fn opaque_call(&mut self, call: &Call<'a>) -> Value<'a> {
        if let Callee::Value(function) = &call.callee {
            let site = self.opaque_site_of(call.expr);
            self.emit(Action::Touch(self.paths_in(&function.deps)), site);
        }
        let arguments = shared_with(call);
        if let [guard] = &arguments[..]
            && is_drop(&call.name)
            && self.drops_guard(guard, &call.args[0])
        {
            return Value::nothing();
        }
        if self.function_reads_parameters(call) {
            return Value::nothing();
        }
        if self.is_named_loss(call) {
            let origin = Origin::unseen(arguments.iter().map(|argument| &argument.origin));
            return self.computes(call, Stage::Loss, None, &arguments).with_origin(origin);
        }
        let site = self.opaque_site_of(call.expr);
        self.average_is_opaque(call, site);
        self.hinted_effects(call, site);
        self.hands_loss(call, site);
        self.hands_gradients(call, site);
        let computed = arguments.iter().filter(|value| value.computed).map(|value| &value.deps);
        let given = computed.fold(Deps::none(), |all, deps| all.union(deps));
        if shows_results(&call.name) {
            self.note_shown(Some(site), arguments.iter());
        }
        // `mse_grad(&output, &target)` computes the argument of a layer's `backward`.
        let is_model = |argument: &Expr, value: &Value<'a>| {
            value.place.is_some_and(|place| self.is_owned(&Deps::one(place)))
                || self.survey().is_applied(&text::tight(unreferenced(argument)))
        };
        let mut given_away = call.args.iter().zip(&arguments[..]);
        let gradient = self.survey().has_own_shape()
            && given_away
                .all(|(argument, value)| value.passing != Passing::Exclusive && !is_model(argument, value));
        if !gradient {
            self.note_opaque(site, given, &arguments);
        }
        let grade = match Grade::of(&call.name) {
            Grade::Trains if gradient => Grade::Unknown,
            grade => grade,
        };
        self.pass_to_opaque(&arguments, site, grade);
        for (argument, value) in call.args.iter().zip(&arguments[..]) {
            self.may_change_argument(argument, value, &call.name, site);
        }
        let mut value = Value::nothing();
        for argument in &arguments[..] {
            let argument = self.without_settings(argument.derived());
            value = value.with(&Value { differs: argument.differs.through_call(), ..argument });
        }
        if is_builder(&call.name) {
            value.deps = self.holding(&value.deps);
        }
        value.past.calls = value.past.calls.union(&Sites::one(site));
        if self.opens(arguments.iter()) {
            value.past.open = true;
        }
        if matches!(call.callee, Callee::Function(_) | Callee::Associated(..)) {
            value.origin = Origin::unseen(arguments.iter().map(|argument| &argument.origin));
        }
        self.marks_measured(call, &mut value);
        value = self.opaque_in_run(call, site, value);
        value.with_made(is_builder(&call.name).then_some(site))
    }

    /// Records the effects that an opaque call may have on an argument.
    ///
    /// An argument by value or by `&mut` may be changed or moved.
    /// A tuple struct or a variant stores its arguments.
    fn may_change_argument(&mut self, argument: &'a Expr, value: &Value<'a>, name: &str, site: SiteId) {
        let variant = name.starts_with(char::is_uppercase);
        match argument {
            Expr::Closure(_) => self.touch_closure(argument),
            Expr::Reference(by) if by.mutability.is_none() => {}
            _ if variant => self.escapes(value),
            _ if value.passing == Passing::Shared => {}
            Expr::Path(_) | Expr::Field(_) | Expr::Reference(_) => {
                if let Some(place) = value.place {
                    if !only_looks(name) {
                        self.emit(Action::Touch(Deps::one(place)), site);
                    }
                    self.lose_parts(place);
                    if value.passing == Passing::Exclusive {
                        self.changed_in(place);
                    }
                }
            }
            _ => {}
        }
    }

    /// Performs the effects that the name of an opaque call suggests, such as a `backward`.
    fn hinted_effects(&mut self, call: &Call<'a>, site: SiteId) {
        if is_training_call(&call.name) && !call.arguments.is_empty() {
            self.cfg.facts.mark(site, Mark::Trains);
        }
        if hints_at_backward(&call.name) {
            self.may_run_backward(&call.arguments);
        }
        if writes_gradients(&call.name) && !only_looks(&call.name) {
            self.emit(Action::Touch(Deps::Anything), site);
        }
        if hints_at_mode(&call.name) {
            self.lose_modes(call.values(), site);
        }
    }

    /// Records an opaque call with the places that are passed to it.
    fn note_opaque(&mut self, site: SiteId, given: Deps, values: &[Value<'a>]) {
        let places = values.iter().filter_map(|value| value.place);
        let given = places.fold(given, |all, place| all.union(&Deps::one(place)));
        if !given.is_empty() {
            self.cfg.facts.note_opaque(site, given);
        }
    }
}

/// Effects of opaque code other than calls.
impl<'a> Lower<'a> {
    fn touch_closure(&mut self, argument: &'a Expr) {
        if let Expr::Closure(closure) = argument {
            self.touch_expr(&closure.body);
        }
    }

    /// Records that an unlowered expression may have changed everything that it mentions.
    pub(in crate::lower) fn touch_expr(&mut self, expr: &'a Expr) {
        if self.inlining.run_once.contains(&address(expr)) {
            return;
        }
        let site = self.opaque_site_of(expr);
        let source = self.resolver.source(expr);
        self.touch(source.mentions(expr), site);
    }

    /// Records that unlowered code at a site may have changed everything that it
    /// mentions.
    pub(in crate::lower) fn touch(&mut self, code: &Mentions, site: SiteId) {
        code.formats.iter().for_each(|text| self.reads_in_text(text));
        let mut deps = Deps::none();
        for name in &*code.names {
            self.changed(name);
            if let Some(path) = self.lookup(name) {
                self.env.read.insert(path);
                let place = self.env.place_behind(path);
                self.lose_parts(place);
                self.note_mentioned(path);
                deps = deps.union(&Deps::one(place));
                if let Some(value) =
                    self.env.value(path).filter(|value| matches!(value.kind, Kind::Gradients(_)))
                {
                    let value = value.clone();
                    self.gradients_escape(&value);
                }
                if let Some(Value { kind: Kind::Optimizer(id), .. }) = self.env.value(path) {
                    let optimizer = &mut self.cfg.optimizers[*id];
                    deps = deps.union(&Deps::one(optimizer.path));
                    optimizer.escapes = true;
                }
            }
        }
        let everything = code.names.iter().any(|name| moves_gradients(name));
        let deps = if everything { Deps::Anything } else { deps };
        if !deps.is_empty() {
            self.emit(Action::Touch(deps), site);
        }
    }

    /// Reads the variables that a format string names: `loss` of `"{loss}"`.
    pub(in crate::lower) fn reads_in_text(&mut self, text: &str) {
        for piece in text.split('{').skip(1) {
            let end = piece.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(piece.len());
            if let Some(path) = self.lookup(&piece[..end]) {
                self.env.read.insert(path);
            }
        }
    }
}

/// Whether a call with this name cannot step an optimizer of its receiver.
fn keeps_optimizers(name: &str) -> bool {
    collects(name) || copies_parameters(name)
}

/// Whether a call with this name only moves the parameters of a target network: `soft_update`, `copy_target`.
fn copies_parameters(name: &str) -> bool {
    moves_target(name) && !has_gradient(name)
}

/// The values of the arguments of an opaque call.
///
/// If the name of the call suggests that the call only evaluates, models count as passed by shared
/// reference.
fn shared_with<'v, 'a>(call: &'v Call<'a>) -> Cow<'v, [Value<'a>]> {
    let share = |value: &Value<'a>| match value.kind {
        Kind::Plain => Value { passing: Passing::Shared, ..value.clone() },
        _ => value.clone(),
    };
    if is_evaluation(&call.name) {
        Cow::Owned(call.arguments.iter().map(share).collect())
    } else {
        Cow::Borrowed(&call.arguments)
    }
}
