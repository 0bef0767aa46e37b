//! Optimizers whose `step` only updates counters, because another method takes the gradients as
//! arguments.

use syn::{Block, Expr, Stmt};

use super::{Resolver, TypeId};
use crate::vocabulary::STEP;
use crate::vocabulary::rust::is_self;

impl Resolver<'_> {
    /// Whether the checked code defines the `step` of a type, and this `step` only assigns numbers
    /// to fields of `self`.
    pub(in crate::lower) fn only_counts(&self, ty: TypeId) -> bool {
        let step = self.method(ty, STEP);
        step.is_some_and(|step| is_counter(&self.functions[step].body))
    }
}

/// Whether a body only assigns to fields of `self`, and computes the assigned values without calls.
fn is_counter(body: &Block) -> bool {
    let counts = |statement: &Stmt| match statement {
        Stmt::Expr(expr, _) => match expr {
            Expr::Assign(assign) => is_own_field(&assign.left) && is_plain(&assign.right),
            Expr::Binary(binary) => is_own_field(&binary.left) && is_plain(&binary.right),
            other => is_plain(other),
        },
        Stmt::Local(_) | Stmt::Item(_) | Stmt::Macro(_) => false,
    };
    !body.stmts.is_empty() && body.stmts.iter().all(counts)
}

fn is_own_field(expr: &Expr) -> bool {
    match expr {
        Expr::Field(field) => is_self(&field.base) || is_own_field(&field.base),
        _ => false,
    }
}

/// Whether an expression is a number, a field, a variant such as `Ok(())`, or arithmetic on such
/// expressions.
fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Tuple(tuple) => tuple.elems.iter().all(is_plain),
        Expr::Field(_) => is_own_field(expr),
        Expr::Paren(inner) => is_plain(&inner.expr),
        Expr::Unary(unary) => is_plain(&unary.expr),
        Expr::Cast(cast) => is_plain(&cast.expr),
        Expr::Binary(binary) => is_plain(&binary.left) && is_plain(&binary.right),
        Expr::Call(call) => {
            let variant = matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident.to_string().starts_with(char::is_uppercase)));
            variant && call.args.iter().all(is_plain)
        }
        _ => false,
    }
}
