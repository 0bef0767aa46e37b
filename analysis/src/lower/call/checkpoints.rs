//! Calls that save or restore a model, and whether they also save or restore the optimizer's state.

use syn::{Expr, ExprMethodCall};

use super::Call;
use crate::cfg::{Checkpoint, CheckpointKind, Deps, Expression};
use crate::lower::control::expression::structure;
use crate::lower::env::bind::member;
use crate::lower::env::value::{Kind, Value};
use crate::lower::resolve::uses::last_name;
use crate::lower::{Lower, text};
use crate::tokens::names_in;
use crate::vocabulary::{
    freezes, keeps_state, names_file, names_no_file, names_no_model, records, restores_model, saves, thaws,
};

impl<'a> Lower<'a> {
    /// Records a call that saves or restores a model.
    pub(super) fn note_checkpoint(&mut self, call: &Call<'a>) {
        let kind = if saves(&call.name) || records(&call.name, call.args.len()) {
            CheckpointKind::Saves
        } else if restores_model(&call.name) {
            CheckpointKind::Restores
        } else {
            self.note_state(call);
            return;
        };
        if self.tells_in_its_body(call) || is_of_data(call) {
            return;
        }
        if self.gets_optimizer(call) {
            self.cfg.function.keeps_optimizer_state = true;
            return;
        }
        let places = call.values().filter_map(|value| value.place);
        let paths = self.paths_of(call);
        if paths.is_empty() {
            return;
        }
        let resumed_elsewhere =
            kind == CheckpointKind::Saves && self.resolver.is_resumed(self.inlining.function, &paths);
        let model = places.fold(Deps::none(), |all, place| all.union(&Deps::one(place)));
        let paths = paths.into_iter().map(|path| self.cfg.expressions.intern(path)).collect();
        let site = self.site_of(call.expr, None);
        self.cfg.facts.note_once(site, Checkpoint { kind, model, paths, resumed_elsewhere });
    }

    /// Records that a call reads or writes the state of an optimizer.
    fn note_state(&mut self, call: &Call<'a>) {
        let of_optimizer =
            call.receiver.as_ref().is_some_and(|receiver| matches!(receiver.kind, Kind::Optimizer(_)));
        if of_optimizer && keeps_state(&call.name) {
            self.cfg.function.keeps_optimizer_state = true;
        }
    }

    /// Whether a method call is inlined and its receiver holds an optimizer, as in
    /// `self.save_checkpoint()`. The calls in the body of the method tell what is saved.
    fn tells_in_its_body(&self, call: &Call<'a>) -> bool {
        let holder = call.receiver.as_ref().is_some_and(|receiver| {
            !matches!(receiver.kind, Kind::Optimizer(_) | Kind::Optimizers(_))
                && !self.optimizers_in(&receiver.derived().deps).is_empty()
        });
        holder
            && !call.args.iter().any(|argument| self.mentions_optimizer(argument, 0))
            && self.is_inlined(call)
    }

    /// Whether an optimizer is the receiver of a call or in one of its arguments.
    fn gets_optimizer(&self, call: &Call<'a>) -> bool {
        let held = |value: &Value<'a>| {
            matches!(value.kind, Kind::Optimizer(_) | Kind::Optimizers(_))
                || !self.optimizers_in(&value.derived().deps).is_empty()
        };
        call.values().any(held) || call.args.iter().any(|argument| self.mentions_optimizer(argument, 0))
    }

    /// Whether an expression mentions an optimizer, or a variable that was made from one.
    fn mentions_optimizer(&self, expr: &Expr, depth: usize) -> bool {
        names_in(&expr).iter().any(|name| {
            let Some(path) = self.lookup(name) else { return false };
            let held = self.env.value(path).is_some_and(|value| {
                matches!(value.kind, Kind::Optimizer(_) | Kind::Optimizers(_))
                    || value.kind.parts().any(|part| matches!(part.kind, Kind::Optimizer(_)))
            });
            let made =
                || self.env.made_of.get(&path).is_some_and(|init| self.mentions_optimizer(init, depth + 1));
            held || depth < crate::limits::MEASURE_SOURCES && made()
        })
    }

    /// The arguments that may be the path of a file: those that are named as one or have a text in them, or else
    /// all that are no model, no device and no recorder.
    fn paths_of(&mut self, call: &Call<'a>) -> Vec<Expression> {
        let (mut sure, mut others) = (Vec::new(), Vec::new());
        for (argument, value) in call.args.iter().zip(&call.arguments) {
            let place = value.place.map_or_else(Deps::none, Deps::one);
            let model = self.is_owned(&place)
                || self.cfg.function.models.overlaps(&place, &self.cfg.paths) == Some(true);
            let other = model || names_in(argument).iter().any(|name| names_no_file(name));
            for path in self.path_of(argument) {
                if self.is_sure_path(&path) {
                    sure.push(path);
                } else if !other {
                    others.push(path);
                }
            }
        }
        if sure.is_empty() { others } else { sure }
    }

    /// Whether an expression has a text, or a name of a file, in it.
    fn is_sure_path(&self, expression: &Expression) -> bool {
        match expression {
            Expression::Literal(_) => true,
            Expression::Variable(path) => names_file(self.cfg.paths.name(*path)),
            Expression::Name(name) => names_file(name),
            Expression::Field(base, member) => names_file(member) || self.is_sure_path(base),
            Expression::Apply(_, operands) => operands.iter().any(|operand| self.is_sure_path(operand)),
            Expression::Node(_) => false,
        }
    }

    /// The expressions that identify a file, if an argument is the path of the file: the argument
    /// itself and, for a variable, its initializer.
    fn path_of(&mut self, argument: &'a Expr) -> Vec<Expression> {
        let argument = plain(argument);
        let own = self.in_scope(&structure(argument));
        let initial = match argument {
            Expr::Path(path) => path.path.get_ident().and_then(|name| {
                let path = self.lookup(&name.to_string())?;
                let init = *self.env.made_of.get(&path)?;
                Some(self.in_scope(&structure(plain(init))))
            }),
            _ => None,
        };
        [Some(own), initial].into_iter().flatten().filter(is_path).collect()
    }

    /// Records that a call freezes or thaws the model in its receiver.
    pub(super) fn note_frozen(&mut self, call: &Call<'a>) {
        let Some(receiver) = &call.receiver else { return };
        let told = call.args.first().and_then(super::mode::literal_bool);
        let (frozen, thawed) = (freezes(&call.name, told), thaws(&call.name, told));
        if !frozen && !thawed {
            return;
        }
        let places = receiver.derived().deps;
        self.freeze(&places, frozen, thawed);
    }

    /// Records `parameter.requires_grad = false`.
    pub(in crate::lower) fn note_frozen_field(&mut self, left: &'a Expr, right: &'a Expr) {
        let Expr::Field(field) = left else { return };
        let (name, told) = (member(&field.member), super::mode::literal_bool(right));
        if told.is_none() && !thaws(&name, told) {
            return;
        }
        if let Some(path) = self.place_of(&field.base)
            && let Some(value) = self.env.value(path)
        {
            let places = value.derived().deps;
            self.freeze(&places, freezes(&name, told), thaws(&name, told));
        }
    }

    fn freeze(&mut self, places: &Deps, frozen: bool, thawed: bool) {
        for &path in places.paths() {
            let known = self.cfg.facts.variable_mut(path);
            known.frozen |= frozen;
            known.thawed |= thawed;
        }
    }
}

/// An expression without references and conversions: `path` for `&path.clone()`.
pub(in crate::lower) fn plain(expr: &Expr) -> &Expr {
    match expr {
        Expr::Reference(inner) => plain(&inner.expr),
        Expr::Paren(inner) => plain(&inner.expr),
        Expr::Try(inner) => plain(&inner.expr),
        Expr::MethodCall(ExprMethodCall { receiver, method, args, .. })
            if args.is_empty() && crate::vocabulary::converts_path(&method.to_string()) =>
        {
            plain(receiver)
        }
        Expr::Call(call) if call.args.len() == 1 => match &*call.func {
            Expr::Path(path)
                if path
                    .path
                    .segments
                    .first()
                    .is_some_and(|first| crate::vocabulary::is_path_type(&first.ident.to_string())) =>
            {
                plain(&call.args[0])
            }
            _ => expr,
        },
        other => other,
    }
}

/// Whether the receiver of a call is named after data, which is saved without the model: `replay_buffer.save(path)`.
fn is_of_data(call: &Call<'_>) -> bool {
    let Some(receiver) = call.callee.receiver() else { return false };
    names_no_model(&last_name(&text::tight(receiver)))
}

/// Whether an expression may be the path of a file, so that two equal expressions mean the same
/// file.
fn is_path(expression: &Expression) -> bool {
    match expression {
        Expression::Variable(_) | Expression::Name(_) => true,
        Expression::Literal(text) => text.starts_with('"'),
        Expression::Field(base, _) => is_path(base),
        Expression::Apply(_, operands) => {
            operands.iter().all(|operand| matches!(operand, Expression::Literal(_)) || is_path(operand))
        }
        Expression::Node(_) => false,
    }
}
