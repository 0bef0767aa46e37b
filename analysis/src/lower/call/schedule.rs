//! Calls that build or advance learning-rate schedules.

use syn::Expr;

use super::Call;
use crate::cfg::{Action, Advance, Deps, Mark, PathId, Schedule, ScheduleOf};
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address, text};
use crate::stage::Stage;
use crate::vocabulary::{ScheduleEffect, Uses, schedule_method};

impl<'a> Lower<'a> {
    /// Performs a method of a schedule.
    pub(super) fn schedule_method(&mut self, call: &Call<'a>) -> Value<'a> {
        let Some(receiver) = &call.receiver else { return self.opaque(call) };
        let effect = schedule_method(&call.name);
        if effect == ScheduleEffect::Advances && may_advance(call) {
            self.advances(call, receiver);
        } else if effect == ScheduleEffect::CountsEpochs {
            if let Some(built) = receiver.made {
                self.cfg.facts.mark(built, Mark::CountsEpochs);
            }
            return Value { place: None, ..receiver.clone() };
        } else if receiver.place.is_none() {
            // A setting, as in `StepLr::new(10, 0.1).per_epoch()`.
            return receiver.clone();
        } else if effect == ScheduleEffect::Reads
            // A read through a field is no mention of the variable.
            && matches!(call.callee.receiver(), Some(Expr::Path(_)))
            && call.arguments.iter().all(|argument| matches!(argument.kind, Kind::Optimizer(_)))
            && let Some(schedule) = self.schedule_at(receiver.place)
        {
            schedule.looked_at += 1;
        }
        Value::number()
    }

    fn advances(&mut self, call: &Call<'a>, receiver: &Value<'a>) {
        let site = self.stage_site(call.expr, Stage::Schedule);
        self.emit(Action::Mark(Stage::Schedule), site);
        let moved = call.arguments.iter().find_map(|argument| match argument.kind {
            Kind::Optimizer(id) => Some(id),
            _ => None,
        });
        self.emit(Action::Schedule(moved), site);
        let copy_of = call.args.iter().zip(&call.arguments).find_map(|(argument, value)| {
            let id = value.copy_of?;
            let name = text::tight(argument);
            let name = name.trim_start_matches("&mut ").trim_start_matches('&');
            let stepped = self.survey().uses.get(name).is_some_and(Uses::is_stepped);
            (!stepped).then_some(id)
        });
        if moved.is_some() || copy_of.is_some() || self.syntax.statement == address(call.expr) {
            let (schedule, typed) = (receiver.place, receiver.typed_schedule);
            let advance = Advance { schedule, typed, copy_of, call: self.versioned(call.expr) };
            self.cfg.facts.set(site, advance);
        }
    }

    /// The value of a call of a schedule's constructor.
    pub(super) fn new_schedule(&mut self, call: &Call<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, None);
        if let Some(id) = call.arguments.iter().find_map(|argument| argument.copy_of) {
            self.cfg.facts.set(site, ScheduleOf { optimizer: id, copy: true });
        }
        let ruled = call.arguments.iter().find_map(|argument| match argument.kind {
            Kind::Optimizer(id) if argument.copy_of.is_none() => Some(id),
            _ => None,
        });
        if let Some(optimizer) = ruled {
            self.cfg.facts.set(site, ScheduleOf { optimizer, copy: false });
        }
        Value { typed_schedule: true, ..Value::of(Kind::Schedule, Deps::none()).with_made(Some(site)) }
    }

    /// Records that the variable `path` holds a new schedule, if the value is a schedule.
    ///
    /// A schedule in a field is left out, because methods of the value around it may advance it.
    pub(in crate::lower) fn holds_schedule(&mut self, path: PathId, value: &Value<'a>) {
        if let (Kind::Schedule, Some(built), None) = (&value.kind, value.made, self.cfg.paths.parent(path))
            && self.schedule_at(Some(path)).is_none()
        {
            self.cfg.facts.variable_mut(path).schedule = Some(Schedule { built, named: 0, looked_at: 0 });
        }
    }

    /// Counts a mention of the variable `path`, if it holds a schedule.
    pub(in crate::lower) fn names_schedule(&mut self, path: PathId) {
        if let Some(schedule) = self.schedule_at(Some(path)) {
            schedule.named += 1;
        }
    }

    fn schedule_at(&mut self, path: Option<PathId>) -> Option<&mut Schedule> {
        self.cfg.facts.known_variable_mut(path?)?.schedule.as_mut()
    }
}

/// Whether a `step` of a schedule may change the learning rate.
///
/// The `step` of a schedule has at most one argument, unless the optimizer is an argument. The
/// `step` of a diffusion sampler has several arguments.
fn may_advance(call: &Call<'_>) -> bool {
    let optimizer = call.arguments.iter().any(|argument| matches!(argument.kind, Kind::Optimizer(_)));
    call.arguments.len() < 2 || optimizer
}
