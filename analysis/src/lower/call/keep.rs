//! What outlives the round it comes from: sums, collections, and schedules.

use syn::{Expr, ExprMethodCall};

use crate::cfg::{Action, Advance, Deps, Kept, PathId, Recorded, Schedule, ScheduleOf, SiteId};
use crate::diagnostic::Place;
use crate::lower::control::expression::unreferenced;
use crate::lower::env::value::{Kind, Value};
use crate::lower::{Lower, address, text};
use crate::stage::Stage;
use crate::tokens::identifiers;
use crate::vocabulary::rust::{is_reading, is_view};
use crate::vocabulary::{ScheduleEffect, Uses, collects, schedule_method};

impl<'a> Lower<'a> {
    /// `left += value`, or `left = left + value`: the sum has the graph of what is added.
    pub(in crate::lower) fn adds_up(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
        added: &Value<'a>,
        sum: &mut Value<'a>,
        op: &str,
    ) {
        let Some(into) = self.place_of(left) else { return };
        let site = self.site(address(left), None, || {
            let place = Place { start: Place::of(left).start, end: Place::of(right).end };
            (place, format!("{} {op} {}", text::tight(left), text::tight(right)).into())
        });
        self.keeps(site, into, added, right, true);
        sum.past.collected = sum.past.collected.union(&Deps::one(into));
    }

    /// `left = right`: a sum if the right side names the left one, else a new value.
    pub(in crate::lower) fn adds_to_itself(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
        value: &mut Value<'a>,
    ) {
        let Some(into) = self.place_of(left) else { return };
        let mut names = std::collections::BTreeSet::new();
        identifiers(quote::ToTokens::to_token_stream(right), &mut names);
        let name = text::tight(left);
        let itself = match left {
            Expr::Path(_) => names.contains(&name),
            _ => text::tight(right).contains(&name),
        };
        if itself && matches!(right, Expr::Binary(_)) {
            let added = value.clone();
            self.adds_up(left, right, &added, value, "=");
        } else {
            self.empties(into);
        }
    }

    /// A method that puts its arguments into the receiver, or does something else with it.
    pub(in crate::lower) fn collects(
        &mut self,
        expr: &'a Expr,
        node: &'a ExprMethodCall,
        arguments: &[Value<'a>],
        into: PathId,
    ) {
        let name = node.method.to_string();
        if !collects(&name) {
            if !is_reading(&name) {
                self.empties(into);
            }
            return;
        }
        let site = self.site_of(expr, None);
        for (argument, value) in node.args.iter().zip(arguments) {
            self.keeps(site, into, value, argument, false);
            if let Some(holder) = self.values.get_mut(&into) {
                holder.past = holder.past.union(&value.past);
                holder.past.collected = holder.past.collected.union(&Deps::one(into));
            }
        }
    }

    fn keeps(&mut self, site: SiteId, into: PathId, value: &Value<'a>, expr: &Expr, added: bool) {
        let known = self.cfg.facts.at::<Kept>(site).is_some();
        if !value.computed || self.recorded() != Recorded::Yes || self.rounds.is_empty() || known {
            return;
        }
        if self.parameters.contains(&self.cfg.paths.root_of(into)) {
            self.cfg.facts.variable_mut(into).is_handed_on = true;
        }
        let expr = original(expr);
        let place = matches!(expr, Expr::Path(_) | Expr::Field(_)).then(|| text::tight(expr).into());
        self.cfg.facts.note(site, Kept { site, into, place, past: value.past.clone(), added });
    }

    /// What was collected there is gone.
    fn empties(&mut self, place: PathId) {
        if !self.rounds.is_empty() {
            let around = self.rounds.iter().map(|round| round.of);
            self.cfg.facts.variable_mut(place).emptied_in.extend(around);
        }
    }

    /// Somebody else gets this value.
    pub(in crate::lower) fn given_away(&mut self, value: &Value<'a>) {
        for path in value.place.iter().chain(value.past.collected.paths()) {
            self.cfg.facts.variable_mut(*path).is_handed_on = true;
        }
    }

    /// A method of a schedule.
    pub(in crate::lower) fn schedule_method(
        &mut self,
        expr: &'a Expr,
        node: &'a ExprMethodCall,
        receiver: Value<'a>,
        arguments: &[Value<'a>],
    ) -> Value<'a> {
        let name = node.method.to_string();
        let effect = schedule_method(&name);
        if effect == ScheduleEffect::Advances {
            let site = self.stage_site(expr, Stage::Schedule);
            self.emit(Action::Mark(Stage::Schedule), site);
            let moved = arguments.iter().find_map(|argument| match argument.kind {
                Kind::Optimizer(id) => Some(id),
                _ => None,
            });
            self.emit(Action::Schedule(moved), site);
            let copy_of = node.args.iter().zip(arguments).find_map(|(argument, value)| {
                let name = text::tight(argument);
                let name = name.trim_start_matches("&mut ").trim_start_matches('&');
                let stepped = self.survey.uses.get(name).is_some_and(Uses::is_stepped);
                value.copy_of.filter(|_| !stepped)
            });
            if moved.is_some() || copy_of.is_some() || self.statement == address(expr) {
                let (schedule, typed) = (receiver.place, receiver.typed_schedule);
                let advance = Advance { schedule, typed, copy_of, call: self.versioned(expr) };
                self.cfg.facts.set(site, advance);
            }
        } else if receiver.place.is_none() {
            // A setting, as in `StepLr::new(10, 0.1).per_epoch()`.
            return receiver;
        } else if effect == ScheduleEffect::Reads
            && let Some(schedule) = self.schedule_at(receiver.place)
        {
            schedule.looked_at += 1;
        }
        Value::number()
    }

    /// A schedule comes from its constructor.
    pub(in crate::lower) fn new_schedule(&mut self, expr: &'a Expr, arguments: &[Value<'a>]) -> Value<'a> {
        let site = self.site_of(expr, None);
        if let Some(id) = arguments.iter().find_map(|argument| argument.copy_of) {
            self.cfg.facts.set(site, ScheduleOf { optimizer: id, copy: true });
        }
        let ruled = arguments.iter().find_map(|argument| match argument.kind {
            Kind::Optimizer(id) if argument.copy_of.is_none() => Some(id),
            _ => None,
        });
        if let Some(id) = ruled {
            self.cfg.facts.set(site, ScheduleOf { optimizer: id, copy: false });
        }
        Value { typed_schedule: true, ..Value::of(Kind::Schedule, Deps::none()).with_made(Some(site)) }
    }

    /// A variable holds a schedule.
    pub(in crate::lower) fn holds_schedule(&mut self, path: PathId, value: &Value<'a>) {
        if let (Kind::Schedule, Some(built)) = (&value.kind, value.made)
            && self.schedule_at(Some(path)).is_none()
        {
            self.cfg.facts.variable_mut(path).schedule = Some(Schedule { built, named: 0, looked_at: 0 });
        }
    }

    /// A variable is named.
    pub(in crate::lower) fn names_schedule(&mut self, path: PathId) {
        if let Some(schedule) = self.schedule_at(Some(path)) {
            schedule.named += 1;
        }
    }

    fn schedule_at(&mut self, path: Option<PathId>) -> Option<&mut Schedule> {
        self.cfg.facts.known_variable_mut(path?)?.schedule.as_mut()
    }
}

/// A tensor without the borrow and the copy of its handle.
fn original(expr: &Expr) -> &Expr {
    match unreferenced(expr) {
        Expr::MethodCall(call) if call.args.is_empty() && is_view(&call.method.to_string()) => {
            original(&call.receiver)
        }
        other => other,
    }
}
