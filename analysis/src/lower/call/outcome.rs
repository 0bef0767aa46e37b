//! Calls whose result must be used, and whether it is.

use syn::Expr;

use super::Call;
use crate::cfg::{Fate, Gives, Outcome, PathId};
use crate::lower::env::value::{Passing, Value};
use crate::lower::{Lower, text};

impl<'a> Lower<'a> {
    /// Reduces a value over all processes; returns it, or writes it to a `&mut` argument.
    pub(super) fn reduces(&mut self, call: &Call<'a>) -> Value<'a> {
        let receiver = call.receiver.as_ref().map(Value::derived);
        let receiver = receiver.map(|receiver| Value { passing: Passing::Shared, ..receiver });
        let values: Vec<&Value<'a>> = receiver.iter().chain(&call.arguments).collect();
        let all = values.iter().fold(Value::nothing(), |all, part| all.with(&part.derived()));
        let site = self.site_of(call.expr, None);
        let of_loss = values.iter().any(|part| part.measured || part.computed);
        self.cfg.reductions.insert(site, of_loss);
        if values.is_empty() || values.iter().any(|part| part.passing == Passing::Exclusive) {
            return all;
        }
        self.outcome(call, Gives::Reduced, all)
    }

    /// Records a call whose result must be used.
    pub(super) fn outcome(&mut self, call: &Call<'a>, gives: Gives, mut value: Value<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, None);
        let known = self.cfg.outcomes.iter().position(|outcome| outcome.site == site);
        let index = known.unwrap_or_else(|| {
            let callee = match call.expr {
                Expr::MethodCall(node) => format!("{}.{}", text::tight(&node.receiver), node.method),
                Expr::Call(node) => text::tight(&node.func),
                _ => String::new(),
            };
            self.cfg.outcomes.push(Outcome { site, callee, gives, fate: Fate::Kept });
            self.cfg.outcomes.len() - 1
        });
        value.outcome = Some(index);
        value
    }

    /// The value of an expression is dropped at once.
    pub(in crate::lower) fn dropped(&mut self, value: &Value<'a>) {
        if let Some(index) = value.outcome {
            self.cfg.outcomes[index].fate = Fate::Dropped;
        }
    }

    /// The value of an expression gets a name.
    pub(in crate::lower) fn named(&mut self, value: &mut Value<'a>, path: PathId) {
        if value.outcome.is_some()
            && let Some(index) = value.outcome.take()
        {
            self.cfg.outcomes[index].fate = Fate::Named(path);
        }
    }

    /// Decides which named results are never read.
    pub(in crate::lower) fn settle_outcomes(&mut self) {
        for outcome in &mut self.cfg.outcomes {
            if let Fate::Named(path) = outcome.fate {
                outcome.fate = if self.env.read.contains(&path) { Fate::Kept } else { Fate::Unread(path) };
            }
        }
    }
}
