//! What is handed to code that cannot be seen.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use syn::{Expr, ExprCall};

use crate::cfg::{Action, Deps, OptimizerId, Origin, PathId, SiteId};
use crate::lower::env::value::{Handed, Kind, Value};
use crate::lower::{Lower, address};
use crate::tokens::identifiers;
use crate::vocabulary::rust::is_drop;
use crate::vocabulary::{
    hints_at_backward, hints_at_mode, hints_at_training, is_builder, is_evaluation, measures_gradients,
    moves_gradients, writes_gradients,
};

/// The arguments of an opaque call with the models lent by `&`, if its name suggests that it evaluates them.
pub(in crate::lower) fn shared_with<'a>(callee: &str, arguments: &[Value<'a>]) -> Option<Vec<Value<'a>>> {
    let share = |value: &Value<'a>| match value.kind {
        Kind::Plain => Value { handed: Handed::Shared, ..value.clone() },
        _ => value.clone(),
    };
    is_evaluation(callee).then(|| arguments.iter().map(share).collect())
}

impl<'a> Lower<'a> {
    /// A call of code that cannot be seen.
    pub(in crate::lower) fn unseen_call(&mut self, expr: &'a Expr, node: &'a ExprCall) -> Value<'a> {
        let name = match &*node.func {
            Expr::Path(path) => path.path.segments.last().map(|part| part.ident.to_string()),
            other => {
                let function = self.expr(other);
                if let Kind::Closure(closure, seen) = function.kind {
                    let given = node.args.iter().map(|argument| self.expr(argument)).collect();
                    return self.run(closure, seen, address(expr), given);
                }
                let site = self.opaque_site_of(expr);
                self.emit(Action::Touch(self.paths_in(&function.deps)), site);
                None
            }
        };
        let arguments: Vec<_> = node.args.iter().map(|argument| self.expr(argument)).collect();
        let shared = shared_with(name.as_deref().unwrap_or_default(), &arguments);
        let arguments = shared.unwrap_or(arguments);
        if let ([guard], true) = (&arguments[..], name.as_deref().is_some_and(is_drop))
            && self.drops_guard(guard, &node.args[0])
        {
            return Value::nothing();
        }
        if self.reads_call(expr, node, &arguments) {
            return Value::nothing();
        }
        let site = self.opaque_site_of(expr);
        if name.as_deref().is_some_and(writes_gradients) {
            self.emit(Action::Touch(Deps::Anything), site);
        }
        if name.as_deref().is_some_and(hints_at_mode) {
            self.lose_modes(&arguments, site);
        }
        let computed = arguments.iter().filter(|value| value.computed).map(|value| &value.deps);
        let given = computed.fold(Deps::none(), |all, deps| all.union(deps));
        self.unseen(site, given, &arguments);
        let hinted = name.as_deref().is_some_and(hints_at_training);
        if name.as_deref().is_some_and(hints_at_backward) {
            self.may_run_backward(&arguments);
        }
        let variant = name.as_deref().is_some_and(|name| name.starts_with(char::is_uppercase));
        self.hand_over(&arguments, site, hinted && !variant);
        for (argument, value) in node.args.iter().zip(&arguments) {
            match argument {
                Expr::Closure(closure) => {
                    self.touch_tokens(quote::ToTokens::to_token_stream(&closure.body));
                }
                Expr::Reference(by) if by.mutability.is_none() => {}
                _ if variant => self.escapes(value),
                _ if value.handed == Handed::Shared => {}
                Expr::Path(_) | Expr::Field(_) | Expr::Reference(_) => {
                    // By value or by `&mut`: it may be changed, or moved away.
                    if let Some(place) = value.place {
                        self.emit(Action::Touch(Deps::one(place)), site);
                        self.lose_parts(place);
                        if value.handed == Handed::Exclusive {
                            self.changed_in(place);
                        }
                    }
                }
                _ => {}
            }
        }
        let mut value = Value::nothing();
        for argument in &arguments {
            value = value.with(&argument.derived());
        }
        value.past.open |= self.opens(&arguments);
        let local = matches!(&*node.func, Expr::Path(path) if path.path.get_ident().is_some_and(|name| self.lookup(&name.to_string()).is_some()));
        if !local && name.is_some() {
            value.origin = Origin::unseen(arguments.iter().map(|argument| &argument.origin));
        }
        value.measured |= name.as_deref().is_some_and(measures_gradients);
        let made = name.as_deref().is_some_and(is_builder);
        value.with_made(made.then_some(site))
    }

    /// Notes a call that cannot be seen, and what it is given.
    pub(in crate::lower) fn unseen(&mut self, site: SiteId, given: Deps, values: &[Value<'a>]) {
        let places = values.iter().filter_map(|value| value.place);
        let given = places.fold(given, |all, place| all.union(&Deps::one(place)));
        if !given.is_empty() {
            self.cfg.facts.note_opaque(site, given);
        }
    }

    /// Arguments of a call that cannot be seen: what it gets by `&mut` or by value is known no more.
    pub(in crate::lower) fn hand_over(&mut self, arguments: &[Value<'a>], site: SiteId, hinted: bool) {
        for value in arguments {
            if value.handed != Handed::Shared {
                self.given_away(value);
            }
            match &value.kind {
                Kind::Optimizer(_) | Kind::Optimizers(_) if value.handed == Handed::Shared && !hinted => {}
                Kind::Optimizer(id) | Kind::Optimizers(id) => {
                    let path = self.cfg.optimizers[*id].path;
                    self.cfg.optimizers[*id].escapes = true;
                    self.emit(Action::Touch(Deps::one(path)), site);
                }
                Kind::Closure(closure, _) => {
                    self.touch_tokens(quote::ToTokens::to_token_stream(&closure.body));
                }
                Kind::Tuple(parts) => {
                    let parts = parts.clone();
                    self.hand_over(&parts, site, hinted);
                }
                Kind::Fields(parts) => {
                    let parts: Vec<_> = parts.iter().map(|(_, part)| part.clone()).collect();
                    self.hand_over(&parts, site, hinted);
                }
                _ if hinted => self.emit(Action::Touch(value.deps.clone()), site),
                Kind::Plain
                    if value.handed != Handed::Shared
                        && value.place.is_some_and(|place| value.deps == Deps::one(place)) =>
                {
                    self.emit(Action::Touch(value.deps.clone()), site);
                }
                _ => {}
            }
        }
    }

    /// Whatever these tokens mention is known no more.
    pub(in crate::lower) fn touch_tokens(&mut self, tokens: TokenStream) {
        self.reads_in_text(&tokens.to_string());
        let mut names = BTreeSet::new();
        identifiers(tokens, &mut names);
        let everything = names.iter().any(|name| moves_gradients(name));
        let mut deps = Deps::none();
        for name in &names {
            self.changed(name);
            if let Some(path) = self.lookup(name) {
                self.read.insert(path);
                let value = self.values.get(&path);
                let place = value.and_then(|value| value.place).unwrap_or(path);
                self.lose_parts(place);
                self.note_mentioned(path);
                deps = deps.union(&Deps::one(place));
                if let Some(Kind::Optimizer(id)) = self.values.get(&path).map(|value| value.kind.clone()) {
                    deps = deps.union(&Deps::one(self.cfg.optimizers[id].path));
                    self.cfg.optimizers[id].escapes = true;
                }
            }
        }
        let optimizers = Deps::none();
        let deps = if everything { Deps::Anything } else { deps };
        if deps != optimizers {
            self.emit(Action::Touch(deps), 0);
        }
    }

    /// The optimizers that live in these places.
    pub(in crate::lower) fn optimizers_in(&self, deps: &Deps) -> Vec<OptimizerId> {
        let overlaps = |path: PathId| deps.paths().iter().any(|&dep| self.cfg.paths.overlap(dep, path));
        self.objects.iter().filter(|(path, _)| overlaps(**path)).map(|(_, id)| *id).collect()
    }

    /// The places of the optimizers that live in these places.
    pub(in crate::lower) fn paths_in(&self, deps: &Deps) -> Deps {
        self.optimizers_in(deps)
            .into_iter()
            .fold(Deps::none(), |all, id| all.union(&Deps::one(self.cfg.optimizers[id].path)))
    }
}
