//! Sums and collections of tensors, which keep the graphs of iterations alive.

use syn::Expr;
use syn::visit::{self, Visit};

use super::Call;
use crate::cfg::{Deps, Kept, PathId, Recorded, SiteId};
use crate::diagnostic::Place;
use crate::lower::control::expression::unreferenced;
use crate::lower::env::value::Value;
use crate::lower::{Lower, address, text};
use crate::tokens::names_in;
use crate::vocabulary::rust::{is_forced, is_reading, is_view};
use crate::vocabulary::{adds, collects};

impl<'a> Lower<'a> {
    /// Records that a value is added to a sum, as by `left += right` or `left = left + right`.
    ///
    /// The sum keeps the graph of the value `added`.
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

    /// Records the assignment `left = right`.
    ///
    /// If `right` is a binary operation that mentions `left`, the assignment adds to a sum.
    /// Otherwise it replaces the sum or collection in `left`.
    pub(in crate::lower) fn adds_to_itself(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
        value: &mut Value<'a>,
    ) {
        let Some(into) = self.place_of(left) else { return };
        let mentions = || match left {
            Expr::Path(_) => names_in(&right).contains(&text::tight(left)),
            _ => Mentions::of(right, left),
        };
        if is_sum(right) && mentions() {
            let added = value.clone();
            self.adds_up(left, right, &added, value, "=");
        } else {
            self.empties(into);
        }
    }

    /// Records an opaque method that may put its arguments into its receiver.
    pub(super) fn collects(&mut self, call: &Call<'a>, into: PathId) {
        if !collects(&call.name) {
            if !is_reading(&call.name) {
                self.empties(into);
            }
            return;
        }
        let site = self.site_of(call.expr, None);
        for (argument, value) in call.args.iter().zip(&call.arguments) {
            self.keeps(site, into, value, argument, false);
            self.note_term_in(into, argument, Some(value));
            if let Some(holder) = self.env.values.get_mut(&into) {
                holder.past = holder.past.union(&value.past);
                holder.past.collected = holder.past.collected.union(&Deps::one(into));
            }
        }
    }

    fn keeps(&mut self, site: SiteId, into: PathId, value: &Value<'a>, source: &Expr, added: bool) {
        let known = self.cfg.facts.at::<Kept>(site).is_some();
        let recorded = self.recording.state() == Recorded::Yes;
        if !value.computed || !recorded || self.control.innermost().is_none() || known {
            return;
        }
        if self.env.parameters.contains(&self.cfg.paths.root_of(into)) {
            self.cfg.facts.variable_mut(into).is_handed_on = true;
        }
        let source = original(source);
        let place = matches!(source, Expr::Path(_) | Expr::Field(_)).then(|| text::tight(source).into());
        self.cfg.facts.note(site, Kept { site, into, place, past: value.past.clone(), added });
    }

    /// Records that the collection in a place is emptied.
    fn empties(&mut self, place: PathId) {
        let around = self.control.loops();
        if !around.is_empty() {
            self.cfg.facts.variable_mut(place).emptied_in.extend(around);
        }
    }

    /// Records that a value is passed to the caller or to opaque code.
    pub(in crate::lower) fn given_away(&mut self, value: &Value<'a>) {
        for path in value.place.iter().chain(value.past.collected.paths()) {
            self.cfg.facts.variable_mut(*path).is_handed_on = true;
        }
    }
}

/// An expression without the borrows and view methods around it: `loss` for `&loss.clone()`.
fn original(expr: &Expr) -> &Expr {
    match unreferenced(expr) {
        Expr::MethodCall(call) if call.args.is_empty() && is_view(&call.method.to_string()) => {
            original(&call.receiver)
        }
        other => other,
    }
}

/// Whether an expression is a binary operation or a call that adds. A `?` may follow:
/// `(total + loss)?`.
fn is_sum(expr: &Expr) -> bool {
    match expr {
        Expr::Binary(_) => true,
        Expr::Try(inner) => is_sum(&inner.expr),
        Expr::Paren(inner) => is_sum(&inner.expr),
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            adds(&name) || is_forced(&name) && is_sum(&call.receiver)
        }
        _ => false,
    }
}

/// A visitor that looks for the expression with the text `sought` among the parts of an expression.
struct Mentions {
    sought: String,
    found: bool,
}

impl Mentions {
    fn of(whole: &Expr, part: &Expr) -> bool {
        let mut mentions = Self { sought: text::tight(part), found: false };
        mentions.visit_expr(whole);
        mentions.found
    }
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.found = self.found || text::tight(expr) == self.sought;
        if !self.found {
            visit::visit_expr(self, expr);
        }
    }
}
