//! Heads of loops.

use quote::ToTokens;
use syn::{Expr, ExprLit, Lit, Pat};

use crate::cfg::{Head, HeadKind};
use crate::tokens::identifiers;

/// The head of a `for`.
pub(super) fn of_for(pat: &Pat, items: &Expr) -> Head {
    let mut head = of_items(items, items);
    identifiers(pat.to_token_stream(), &mut head.binds);
    head.names.extend(head.binds.iter().cloned());
    head
}

/// The head of a chain of iterators that runs as a loop over `items`.
pub(super) fn of_items(chain: &Expr, items: &Expr) -> Head {
    let mut head = Head::default();
    head.kind = if is_range(items) { HeadKind::Numbers } else { HeadKind::Items };
    identifiers(chain.to_token_stream(), &mut head.names);
    identifiers(items.to_token_stream(), &mut head.over);
    head
}

/// The head of a `while`.
pub(super) fn of_while(condition: &Expr) -> Head {
    let mut head = Head { kind: HeadKind::Condition, ..Head::default() };
    match condition {
        Expr::Let(fetched) => {
            head.kind = HeadKind::Items;
            identifiers(fetched.pat.to_token_stream(), &mut head.binds);
            identifiers(fetched.expr.to_token_stream(), &mut head.over);
        }
        Expr::Lit(ExprLit { lit: Lit::Bool(yes), .. }) if yes.value => head.kind = HeadKind::Endless,
        _ => {}
    }
    identifiers(condition.to_token_stream(), &mut head.names);
    head
}

/// Whether items are a range of numbers, be it reversed or in steps.
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
