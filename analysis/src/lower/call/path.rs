//! Calls of functions.

use syn::{Expr, ExprCall};

use crate::cfg::{Deps, Join, Mark, Origin, PathId};
use crate::lower::call::effects::On;
use crate::lower::call::outcome::is_no;
use crate::lower::control::known::Known;
use crate::lower::env::origin::asks_for_no_reduction;
use crate::lower::env::value::{Guard, Kind, Value};
use crate::lower::resolve::macros::Unfolded;
use crate::lower::{Lower, address};
use crate::stage::Stage;
use crate::vocabulary::rust::{TypeShape, Variant, is_mem_take, is_number, is_pointer, type_shape};
use crate::vocabulary::{
    CallEffect, GradientStop, Op, Role, hints_at_training, is_constructor, is_distributed_sampler, is_rate,
    is_variable, role_of_type,
};

impl<'a> Lower<'a> {
    pub(in crate::lower) fn call(&mut self, expr: &'a Expr, node: &'a ExprCall) -> Value<'a> {
        match Unfolded::of(node) {
            Some(Unfolded::Diverges) => {
                self.stop();
                return Value::of(Kind::Absent, Deps::none());
            }
            Some(Unfolded::Reads) => return self.reads_arguments(node),
            None => {}
        }
        let Expr::Path(function) = &*node.func else { return self.unseen_call(expr, node) };
        let names: Vec<String> = function.path.segments.iter().map(|part| part.ident.to_string()).collect();
        let (last, owner) = (names.last().map_or("", String::as_str), names.iter().rev().nth(1));
        if names.len() == 1
            && let Some(path) = self.lookup(last)
        {
            return self.local_closure(expr, node, path, last);
        }
        if let Some(owner) = owner.filter(|owner| owner.starts_with(char::is_uppercase) || is_number(owner)) {
            return self.associated(expr, node, &owner.clone(), last);
        }
        if let Some(value) = self.seen_call(expr, node) {
            return value;
        }
        match self.vocabulary.function(last) {
            Some(CallEffect::NoGrad) => self.no_grad(node),
            Some(CallEffect::Gradients(effects)) => {
                let arguments: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
                let on = match arguments.first() {
                    Some(Value { kind: Kind::Optimizer(id), .. }) => On::Optimizer(*id),
                    first => On::Places(first.map_or_else(Deps::none, |first| first.derived().deps)),
                };
                self.effects(expr, effects, &on, None);
                Value { measured: true, ..Value::number() }
            }
            Some(CallEffect::Reduces) => {
                let arguments: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
                self.reduces(expr, &arguments)
            }
            Some(CallEffect::Settings) => {
                node.args.iter().for_each(|argument| drop(self.expr(argument)));
                let site = self.site_of(expr, None);
                Value::of(Kind::Settings(site), Deps::none())
            }
            Some(CallEffect::Computes(stage)) => {
                let arguments: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
                self.computes(expr, stage, None, &arguments)
            }
            Some(CallEffect::Passes) if node.args.len() == 1 => {
                let known = (Variant::of(last) == Some(Variant::Some)).then_some(Known::Something);
                self.expr(&node.args[0]).with_known(known)
            }
            _ if is_mem_take(&function.path, node.args.len()) => {
                let value = self.expr(&node.args[0]);
                self.taken(&value)
            }
            Some(CallEffect::Mode(_)) => self.evaluation(expr, node),
            Some(CallEffect::WithGrad) => self.with_grad(node),
            Some(CallEffect::SwitchesRecording) => {
                node.args.iter().for_each(|argument| drop(self.expr(argument)));
                self.switch_recording(
                    expr,
                    node.args.first().and_then(crate::lower::call::mode::literal_bool),
                );
                Value::nothing()
            }
            Some(CallEffect::Harmless) => {
                node.args.iter().for_each(|argument| drop(self.expr(argument)));
                Value::number()
            }
            Some(CallEffect::KeepsGraph) if !node.args.is_empty() => {
                let arguments: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
                let site = self.site_of(expr, None);
                let others: Vec<&Origin> = arguments[1..].iter().map(|argument| &argument.origin).collect();
                let own = self.seen.may_be_own(&function.path, self.function);
                let op = if own { Op::Other } else { self.vocabulary.op(last) };
                let origin = arguments[0].origin.after(op, site, &others);
                self.combine(&arguments).with_origin(origin)
            }
            _ if self.ends_in_error(expr) => Value::of(Kind::Absent, Deps::none()),
            _ => self.unseen_call(expr, node),
        }
    }

    /// A macro that reads its arguments, as `println!` does.
    fn reads_arguments(&mut self, node: &'a ExprCall) -> Value<'a> {
        self.cfg.function.prints = true;
        let looked = node.args.iter().map(|argument| self.expr(argument).measured);
        Value { measured: looked.fold(false, |any, one| any | one), ..Value::number() }
    }

    /// `Type::function(..)`.
    fn associated(&mut self, expr: &'a Expr, node: &'a ExprCall, owner: &str, name: &str) -> Value<'a> {
        if type_shape(owner) == Some(TypeShape::Wrapper) && node.args.len() == 1 {
            let value = self.expr(&node.args[0]);
            if let (Kind::NewOptimizer(_, site), true) = (&value.kind, is_pointer(owner)) {
                self.cfg.facts.mark(*site, Mark::SharedOptimizer);
            }
            return value;
        }
        let role = role_of_type(self.vocabulary, owner);
        if !matches!(role, Some(Role::Optimizer | Role::Schedule))
            && let Some(value) = self.seen_call(expr, node)
        {
            return value;
        }
        let arguments: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
        if let Some((Kind::Optimizer(id), rest)) =
            arguments.split_first().map(|(first, rest)| (&first.kind, rest))
            && let Some(CallEffect::Gradients(effects)) = self.vocabulary.optimizer_method(name, rest.len())
        {
            // `Optimizer::step(&mut optimizer)`
            self.effects(expr, effects, &On::Optimizer(*id), rest.first());
            return Value { measured: true, ..Value::number() };
        }
        let mut deps = Deps::none();
        for (argument, value) in node.args.iter().zip(&arguments) {
            let rng = matches!(argument, Expr::Reference(by) if by.mutability.is_some());
            if !rng || matches!(value.kind, Kind::Optimizer(_)) {
                deps = deps.union(&value.derived().deps);
            }
        }
        if is_number(owner) {
            let site = self.site_of(expr, None);
            let origin = match &arguments[..] {
                [one] => one.origin.ended(GradientStop::Number, site),
                _ => Origin::default(),
            };
            let measured = arguments.iter().any(|argument| argument.measured || argument.computed);
            return Value { measured, ..Value::number().with_origin(origin) };
        }
        match role {
            Some(Role::Optimizer) => {
                let site = self.opaque_site_of(expr);
                if arguments.is_empty() {
                    return Value::of(Kind::Settings(site), Deps::none());
                }
                // It is given no parameters, so it is told them later and its gradients are not its own.
                let rate = matches!(node.args.first(), Some(Expr::Path(first)) if first.path.get_ident().is_some_and(|name| is_rate(&name.to_string())));
                if rate || arguments.iter().all(|argument| matches!(argument.kind, Kind::Number)) {
                    return Value::nothing();
                }
                let owned = arguments.first().map_or_else(Deps::none, |first| first.derived().deps);
                return Value::of(Kind::NewOptimizer(owned, site), Deps::none());
            }
            Some(Role::Schedule) => return self.new_schedule(expr, &arguments),
            Some(Role::Scaler) => return Value::of(Kind::Scaler, Deps::none()),
            _ => {}
        }
        let parts =
            arguments.iter().fold(Origin::constant(), |all, part| all.with(&part.origin, Join::Other));
        if self.vocabulary.tensors.contains(&owner) {
            // A variable has a gradient of its own.
            let origin = if is_variable(owner) { Origin::default() } else { parts };
            return Value::plain(deps).with_origin(origin);
        }
        if arguments.iter().any(|argument| matches!(argument.kind, Kind::Gradients)) {
            self.gradients_are_values();
            return Value::of(Kind::Gradients, deps);
        }
        let site = self.opaque_site_of(expr);
        if is_distributed_sampler(owner) && !node.args.iter().any(is_no) {
            self.cfg.facts.mark(site, Mark::Sampler);
        }
        self.hand_over(&arguments, site, false);
        let made = is_constructor(name).then_some(site);
        let own = matches!(&*node.func, Expr::Path(path) if self.seen.may_be_own(&path.path, self.function));
        let criterion = self.vocabulary.criterion(owner).filter(|_| !own);
        let unreduced = node.args.iter().any(asks_for_no_reduction).then_some(site);
        let origin = match criterion {
            Some(_) => Origin { unreduced, criterion, ..Origin::default() },
            None => Origin::default(),
        };
        let ty = made.and_then(|_| self.seen.type_named(owner, self.function));
        Value { ty, ..Value::plain(deps).with_origin(origin).with_made(made) }
    }

    fn local_closure(&mut self, expr: &'a Expr, node: &'a ExprCall, path: PathId, name: &str) -> Value<'a> {
        let known = self.values.get(&path).map(|value| value.kind.clone());
        if let Some(Kind::Closure(closure, seen)) = known
            && !self.survey.assigned.contains(name)
        {
            let given = node.args.iter().map(|argument| self.expr(argument)).collect();
            return self.run(closure, seen, address(expr), given);
        }
        if let Some(Kind::Closure(closure, _)) = self.values.get(&path).map(|value| value.kind.clone()) {
            self.touch_tokens(quote::ToTokens::to_token_stream(&closure.body));
        }
        if self.vocabulary.function(name) == Some(CallEffect::Computes(Stage::Loss)) {
            let arguments: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
            return self.computes(expr, Stage::Loss, None, &arguments);
        }
        match self.values.get(&path).cloned() {
            Some(function) if self.is_model(name, &function) => {
                let arguments: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
                self.computes(expr, Stage::Forward, Some(&function), &arguments)
            }
            _ => self.unseen_call(expr, node),
        }
    }

    /// Whether a variable that is called like a function is a model: one that some optimizer moves, and that
    /// holds no optimizer itself.
    fn is_model(&self, name: &str, function: &Value<'a>) -> bool {
        let moved = |optimizer: &crate::cfg::Optimizer| {
            let owned = optimizer.owned.as_ref();
            owned.and_then(|owned| owned.overlaps(&function.deps, &self.cfg.paths)) == Some(true)
        };
        matches!(function.kind, Kind::Plain)
            && !hints_at_training(name)
            && self.optimizers_in(&function.deps).is_empty()
            && self.cfg.optimizers.iter().any(moved)
    }

    fn no_grad(&mut self, node: &'a ExprCall) -> Value<'a> {
        match node.args.first() {
            Some(Expr::Closure(closure)) => {
                let seen = self.scope.len();
                self.unrecorded += 1;
                let value = self.run(closure, seen, address(node), Vec::new());
                self.unrecorded = self.unrecorded.saturating_sub(1);
                value.derived().with_origin(value.origin.clone())
            }
            Some(other) => {
                self.expr(other);
                Value::nothing()
            }
            None => Value::of(Kind::Guard(Guard { mode: None, certain: true }), Deps::none()),
        }
    }
}
