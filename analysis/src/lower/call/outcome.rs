//! Calls whose results must be used, and whether the code uses or drops these results.

use syn::{Expr, Pat};

use super::Call;
use crate::cfg::{Fate, Gives, Outcome, PathId, SiteId};
use crate::lower::Lower;
use crate::lower::control::expression::{method, structure};
use crate::lower::env::value::{Passing, Value};
use crate::vocabulary::CollectiveKind;
use crate::vocabulary::is_loss;
use crate::vocabulary::rust::is_meant_unused;

impl<'a> Lower<'a> {
    /// Performs a reduction of a value over all processes.
    ///
    /// The call returns the reduced value, or writes it to a `&mut` argument.
    pub(super) fn reduces(&mut self, call: &Call<'a>) -> Value<'a> {
        let reduced = self.collective(call, CollectiveKind::AllReduce);
        if self.loses_copy(call) {
            return self.outcome(call, Gives::Copy, reduced);
        }
        let writes = call.arguments.iter().any(|part| part.passing == Passing::Exclusive);
        if writes || call.receiver.is_none() && call.arguments.is_empty() {
            return reduced;
        }
        self.outcome(call, Gives::Reduced, reduced)
    }

    /// Records a call whose result must be used, and returns the result.
    pub(super) fn outcome(&mut self, call: &Call<'a>, gives: Gives, mut value: Value<'a>) -> Value<'a> {
        let site = self.site_of(call.expr, None);
        let callee = match call.expr {
            Expr::MethodCall(node) => method(&call.name, vec![structure(&node.receiver)]),
            Expr::Call(node) => structure(&node.func),
            other => structure(other),
        };
        let callee = self.version(&callee);
        self.cfg.facts.note_once(site, Outcome { site, callee, gives, fate: Fate::Kept });
        value.outcome = Some(site);
        value
    }

    /// Records the initializer of a variable that is named as a loss. If the initializer computes a
    /// loss, the loss must be used.
    pub(in crate::lower) fn loss_value(
        &mut self,
        pat: &Pat,
        init: &'a Expr,
        mut value: Value<'a>,
    ) -> Value<'a> {
        let Pat::Ident(ident) = pat else { return value };
        let name = ident.ident.to_string();
        let named = is_loss(&name) && !is_meant_unused(&name);
        let output =
            |site| self.cfg.facts.at::<Outcome>(site).is_some_and(|known| known.gives == Gives::Output);
        if named && value.outcome.is_none_or(output) && value.computed {
            let site = self.site_of(init, None);
            let callee = self.version(&structure(init));
            let gives = if value.models.is_empty() { Gives::LossOfTensors } else { Gives::Loss };
            self.cfg.facts.set(site, Outcome { site, callee, gives, fate: Fate::Kept });
            value.outcome = Some(site);
        }
        value
    }

    /// Records that the value of an expression is dropped at once.
    pub(in crate::lower) fn dropped(&mut self, value: &Value<'a>) {
        self.decide(value.outcome, Fate::Dropped);
    }

    /// Records that the value of an expression is bound to a variable.
    pub(in crate::lower) fn named(&mut self, value: &mut Value<'a>, path: PathId) {
        if value.outcome.is_some()
            && let Some(site) = value.outcome.take()
        {
            self.decide(Some(site), Fate::Named(path));
        }
    }

    fn decide(&mut self, outcome: Option<SiteId>, fate: Fate) {
        if let Some(known) = outcome.and_then(|site| self.cfg.facts.at_mut::<Outcome>(site)) {
            known.fate = fate;
        }
    }

    /// Decides which of the results that are bound to variables are never read.
    pub(in crate::lower) fn settle_outcomes(&mut self) {
        for outcome in self.cfg.facts.all_mut::<Outcome>() {
            if let Fate::Named(path) = outcome.fate {
                outcome.fate = if self.env.read.contains(&path) { Fate::Kept } else { Fate::Unread(path) };
            }
        }
    }
}
