//! Calls that update, evaluate or save an average of parameters, or that recompute its batch norm.

use syn::Expr;

use super::Call;
use super::construct::constructor;
use crate::cfg::{Average, AverageStep, PathId, SiteId};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Passing, Value};
use crate::stage::Stage;
use crate::tokens::names_in;
use crate::vocabulary::{
    CallEffect, is_average_update, is_evaluation, is_plain_layer, keeps_buffers, moves_average,
    names_weight_average, refits_batch_norm, saves,
};

impl<'a> Lower<'a> {
    /// Records facts about bookkeeping that do not depend on whether the call is resolved.
    pub(super) fn note_bookkeeping(&mut self, call: &Call<'a>) {
        if self.at.dead {
            return;
        }
        self.note_average(call);
        self.note_checkpoint(call);
        self.note_frozen(call);
    }

    /// Records what a call does with an average of parameters. The name of the call decides.
    fn note_average(&mut self, call: &Call<'a>) {
        if saves(&call.name)
            && let Some(of) = self.saved_average(call)
        {
            self.average(call, of, AverageStep::Serves);
        } else if let Some(of) = self.average_of(call) {
            let effect = self.vocabulary.method(&call.name, call.arguments.len());
            let trains = matches!(effect, Some(CallEffect::Mode(Stage::TrainMode) | CallEffect::ModeBy));
            let serves = matches!(effect, Some(CallEffect::Computes(_)));
            let step = if trains || refits_batch_norm(&call.name) {
                AverageStep::Refits
            } else if matches!(effect, Some(CallEffect::Mode(_))) {
                return;
            } else if moves_average(&call.name) && !serves {
                AverageStep::Moves
            } else if serves || saves(&call.name) || is_evaluation(&call.name) {
                AverageStep::Serves
            } else {
                return self.note_given_average(call);
            };
            self.average(call, of, step);
        } else {
            self.note_given_average(call);
        }
    }

    /// The average of parameters that is the receiver of a call. If the receiver is a copy of a
    /// model, the name or the initializer of its variable decides.
    fn average_of(&mut self, call: &Call<'a>) -> Option<PathId> {
        let receiver = call.receiver.as_ref()?;
        let by_variable = |this: &mut Self| {
            let Expr::MethodCall(node) = call.expr else { return None };
            let place = this.place_of(&node.receiver)?;
            this.average_at(place)
        };
        self.average_in(receiver)
            .or_else(|| by_variable(self).filter(|_| matches!(receiver.kind, Kind::Plain)))
    }

    /// The average of parameters whose state a call saves: `average.state_dict().save(path)`.
    fn saved_average(&mut self, call: &Call<'a>) -> Option<PathId> {
        let receiver = match call.expr {
            Expr::MethodCall(node) => Some(&*node.receiver),
            _ => None,
        };
        receiver.into_iter().chain(call.args).find_map(|expr| {
            let place = self.place_of(owner_of(expr))?;
            self.average_at(place)
        })
    }

    fn note_given_average(&mut self, call: &Call<'a>) {
        let step = if refits_batch_norm(&call.name) {
            AverageStep::Refits
        } else if is_average_update(&call.name) {
            AverageStep::Moves
        } else if saves(&call.name) || is_evaluation(&call.name) {
            AverageStep::Serves
        } else {
            return;
        };
        let given = call.args.iter().zip(&call.arguments);
        let of = given.into_iter().find_map(|(argument, value)| {
            if let Some(of) = self.average_in(value) {
                return Some(of);
            }
            let place = self.place_of(owner_of(argument)).filter(|_| matches!(value.kind, Kind::Plain))?;
            self.average_at(place)
        });
        if let Some(of) = of {
            self.average(call, of, step);
        }
    }

    /// Records that an opaque call may compute the statistics of an average's batch norm.
    pub(super) fn average_is_opaque(&mut self, call: &Call<'a>, site: SiteId) {
        if self.cfg.facts.at::<Average>(site).is_some() {
            return;
        }
        let receiver = call.receiver.as_ref().filter(|_| !call.arguments.is_empty());
        let given = call.arguments.iter().filter(|value| value.passing != Passing::Shared);
        let of = receiver.into_iter().chain(given).find_map(|value| self.average_in(value));
        if let Some(of) = of {
            self.cfg.facts.note_once(site, Average { of, step: AverageStep::Refits });
        }
    }

    fn average(&mut self, call: &Call<'a>, of: PathId, step: AverageStep) {
        let without =
            step == AverageStep::Moves && (self.keeps_buffers(of) || self.has_no_batch_norm(call, of));
        let site = self.site_of(call.expr, None);
        if !without {
            self.cfg.facts.note_once(site, Average { of, step });
        }
    }

    /// The place of an average of parameters, if a value is the average or a part of it.
    fn average_in(&self, value: &Value<'a>) -> Option<PathId> {
        if !matches!(value.kind, Kind::Plain | Kind::Fields(_)) {
            return None;
        }
        self.average_at(value.place?)
    }

    /// The place of an average of parameters, if `place` is that of the average or of a part of it.
    fn average_at(&self, place: PathId) -> Option<PathId> {
        let mut place = Some(place);
        while let Some(path) = place {
            let named = self.cfg.paths.name(path).rsplit('.').next().is_some_and(names_weight_average);
            if named || self.env.averages.contains(&path) {
                return Some(path);
            }
            place = self.cfg.paths.parent(path);
        }
        None
    }

    /// Whether the constructor of an average says that it also averages the buffers.
    fn keeps_buffers(&self, of: PathId) -> bool {
        self.env.made_of.get(&of).is_some_and(|init| names_in(init).iter().any(|name| keeps_buffers(name)))
    }

    /// Whether the model of an average is known to have no batch norm.
    fn has_no_batch_norm(&self, call: &Call<'a>, of: PathId) -> bool {
        let init: Option<&&Expr> = self.env.made_of.get(&of);
        let names = init.map(names_in).unwrap_or_default();
        let built = names.iter().filter_map(|name| self.env.value(self.lookup(name)?));
        call.values().chain(built).any(|model| {
            let plain =
                model.place.filter(|place| *place != of).is_some_and(|place| self.is_plain_model(place));
            plain || model.ty.is_some_and(|ty| self.resolver.has_batch_norm(ty, 0) == Some(false))
        })
    }

    /// Whether a place holds a known layer without batch norm. The type or the constructor of the
    /// value decides.
    fn is_plain_model(&self, place: PathId) -> bool {
        let by_type = self.cfg.facts.variable(place).is_some_and(|known| known.without_batch_norm);
        let built = self.env.made_of.get(&place).and_then(|init| constructor(init));
        by_type || built.is_some_and(|name| is_plain_layer(&name))
    }
}

/// The object whose state an expression returns: `average` for `&average.module().state_dict()?`.
fn owner_of(expr: &Expr) -> &Expr {
    match expr {
        Expr::Reference(inner) => owner_of(&inner.expr),
        Expr::Paren(inner) => owner_of(&inner.expr),
        Expr::Try(inner) => owner_of(&inner.expr),
        Expr::MethodCall(call) if call.args.is_empty() => owner_of(&call.receiver),
        other => other,
    }
}
