//! Calls whose results must be used, and whether the code uses or drops these results.

use syn::{Block, Expr, Pat, Stmt};

use super::Call;
use crate::cfg::{Fate, Gives, NamedLoss, Outcome, PathId, SiteId};
use crate::lower::Lower;
use crate::lower::control::expression::{method, structure};
use crate::lower::env::value::{Kind, Passing, Value};
use crate::stage::Stage;
use crate::vocabulary::rust::{is_forced, is_meant_unused};
use crate::vocabulary::{CallEffect, CollectiveKind, averages_tensor, is_loss};

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
        if named && matches!(value.kind, Kind::Plain) && self.ends_as_loss(init) {
            let site = self.site_of(init, None);
            let deps = value.derived().deps;
            self.cfg.facts.set(site, NamedLoss { name: name.clone(), deps });
        }
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

    /// Whether an expression ends in a loss, or in an average over the entries of a tensor.
    fn ends_as_loss(&self, expr: &Expr) -> bool {
        let last = |block: &Block| match block.stmts.last() {
            Some(Stmt::Expr(last, None)) => self.ends_as_loss(last),
            _ => false,
        };
        match expr {
            Expr::Block(node) => last(&node.block),
            Expr::If(node) => {
                last(&node.then_branch)
                    || node.else_branch.as_ref().is_some_and(|(_, other)| self.ends_as_loss(other))
            }
            Expr::Match(node) => node.arms.iter().any(|arm| self.ends_as_loss(&arm.body)),
            Expr::Try(node) => self.ends_as_loss(&node.expr),
            Expr::Paren(node) => self.ends_as_loss(&node.expr),
            Expr::MethodCall(node) => {
                let name = node.method.to_string();
                if is_forced(&name) {
                    return self.ends_as_loss(&node.receiver);
                }
                averages_tensor(&name) || self.vocabulary.loss(&name).is_some()
            }
            Expr::Call(node) => match &*node.func {
                Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
                    self.vocabulary.function(&last.ident.to_string())
                        == Some(CallEffect::Computes(Stage::Loss))
                }),
                _ => false,
            },
            _ => false,
        }
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
