//! Branches that save the best model.

use std::collections::BTreeSet;

use syn::{BinOp, Expr, ExprBinary, ExprIf, Stmt};

use crate::cfg::{Choice, Measure};
use crate::diagnostic::Place;
use crate::limits;
use crate::lower::control::expression::structure;
use crate::lower::{Lower, address, text};
use crate::tokens::names_in;
use crate::vocabulary::keeps_model;

impl<'a> Lower<'a> {
    /// Records a branch that saves the best model.
    ///
    /// An example is `if loss < best { best = loss; save(&model); }`.
    pub(in crate::lower) fn note_choice(&mut self, node: &'a ExprIf) {
        let body = &node.then_branch.stmts;
        let Some(Expr::Path(now)) = compared(&node.cond).and_then(|compared| new_best(compared, body)) else {
            return;
        };
        let Some(name) = now.path.get_ident().map(ToString::to_string) else { return };
        let names: BTreeSet<String> = body.iter().flat_map(names_in).collect();
        let Some(keeps) = names.into_iter().find(|name| keeps_model(name)) else { return };
        let site = self.site(address(node), None, || (Place::of(&node.cond), text::call(&node.cond).into()));
        if self.cfg.facts.at::<Choice>(site).is_some() || self.at.dead {
            return;
        }
        let mut measure = Measure { name: name.clone(), ..Measure::default() };
        self.measure(&name, &mut measure, 0);
        self.cfg.facts.note(site, Choice { site, measure, keeps });
    }

    /// Collects the inputs of a measure that selects the best model, such as a validation loss.
    fn measure(&self, name: &str, into: &mut Measure, depth: usize) {
        let Some(path) = self.lookup(name) else { return };
        if let Some(value) = self.env.values.get(&path) {
            into.forwards.extend(&value.origin.forwards);
        }
        into.forwards.extend(self.env.added.get(&path).into_iter().flatten());
        let Some(init) = self.env.made_of.get(&path).filter(|_| depth < limits::MEASURE_SOURCES) else {
            return;
        };
        for part in names_in(init) {
            if part != name && !into.names.contains(&part) {
                into.names.push(part.clone());
                self.measure(&part, into, depth + 1);
            }
        }
    }
}

/// The binary operation in a condition such as `loss < best`; `None` for any other condition.
fn compared(condition: &Expr) -> Option<&ExprBinary> {
    match condition {
        Expr::Paren(inner) => compared(&inner.expr),
        Expr::Binary(node) => Some(node),
        _ => None,
    }
}

/// The measure that a branch stores as the best one: `loss` of `if loss < best { best = loss; }`.
fn new_best<'e>(compared: &ExprBinary, body: &'e [Stmt]) -> Option<&'e Expr> {
    let (less, more) = match compared.op {
        BinOp::Lt(_) | BinOp::Le(_) => (&*compared.left, &*compared.right),
        BinOp::Gt(_) | BinOp::Ge(_) => (&*compared.right, &*compared.left),
        _ => return None,
    };
    body.iter().find_map(|statement| {
        let Stmt::Expr(Expr::Assign(assign), _) = statement else { return None };
        let now = structure(&assign.right);
        let is = |best_side: &Expr, now_side: &Expr| {
            is_named_in(&assign.left, best_side) && structure(now_side) == now
        };
        (is(more, less) || is(less, more)).then_some(&*assign.right)
    })
}

/// Whether `expr` mentions `variable`, which is the expression of a variable.
fn is_named_in(variable: &Expr, expr: &Expr) -> bool {
    let Expr::Path(path) = variable else { return false };
    path.path.get_ident().is_some_and(|name| names_in(expr).contains(&name.to_string()))
}
