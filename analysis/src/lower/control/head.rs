//! Heads of loops: what a loop iterates over, and the names in it.

use syn::{Expr, ExprLit, Lit, Pat};

use crate::cfg::{Head, HeadKind};
use crate::tokens::names_in;

/// The head of a `for`.
pub(in crate::lower) fn of_for(pat: &Pat, items: &Expr) -> Head {
    let mut head = of_items(items, items);
    head.binds = names_in(pat);
    head.names.extend(head.binds.iter().cloned());
    head
}

/// The head of an iterator chain that is lowered as a loop over `items`.
pub(in crate::lower) fn of_items(chain: &Expr, items: &Expr) -> Head {
    let kind = if is_range(items) { HeadKind::Numbers } else { HeadKind::Items };
    Head { kind, names: names_in(chain), over: names_in(items), ..Head::default() }
}

/// The head of a `while`.
pub(in crate::lower) fn of_while(condition: &Expr) -> Head {
    let mut head = Head { kind: HeadKind::Condition, names: names_in(condition), ..Head::default() };
    match condition {
        Expr::Let(fetched) => {
            head.kind = HeadKind::Items;
            head.binds = names_in(&fetched.pat);
            head.over = names_in(&fetched.expr);
        }
        Expr::Lit(ExprLit { lit: Lit::Bool(yes), .. }) if yes.value => head.kind = HeadKind::Endless,
        _ => {}
    }
    head
}

/// Whether items are a range of numbers, possibly reversed or stepped.
fn is_range(items: &Expr) -> bool {
    match items {
        Expr::Range(_) => true,
        Expr::Paren(inner) => is_range(&inner.expr),
        Expr::Reference(inner) => is_range(&inner.expr),
        Expr::MethodCall(call) => is_range(&call.receiver),
        Expr::Call(call) => call.args.first().is_some_and(is_range),
        _ => false,
    }
}
