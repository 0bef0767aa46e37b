//! Shapes of expressions and patterns that have to do with counting.

use syn::{BinOp, Expr, Lit, Pat};

use crate::lower::address;
use crate::lower::control::expression::structure;
use crate::vocabulary::rust::{is_question, is_remainder};

/// The name in a pattern that an index is bound to.
pub(super) fn part_of(pat: &Pat, part: Option<usize>) -> Option<usize> {
    match (pat, part) {
        (Pat::Reference(inner), _) => part_of(&inner.pat, part),
        (Pat::Paren(inner), _) => part_of(&inner.pat, part),
        (Pat::Type(inner), _) => part_of(&inner.pat, part),
        (Pat::Ident(ident), None) => Some(address(ident)),
        (Pat::Tuple(tuple), Some(index)) => part_of(tuple.elems.get(index)?, None),
        _ => None,
    }
}

/// `value % every`.
pub(super) fn remainder_of(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match bare(expr) {
        Expr::Binary(node) if matches!(node.op, BinOp::Rem(_)) => Some((&node.left, &node.right)),
        Expr::MethodCall(call) if is_remainder(&call.method.to_string()) => {
            Some((&call.receiver, call.args.first()?))
        }
        _ => None,
    }
}

/// The value that a remainder is compared with: a number, or `every - 1`.
pub(super) fn rest(right: &Expr, every: &Expr) -> Option<i64> {
    if let Expr::Binary(node) = bare(right)
        && matches!(node.op, BinOp::Sub(_))
        && structure(bare(&node.left)) == structure(bare(every))
    {
        return number(&node.right).map(|less| -less);
    }
    number(right)
}

/// An expression without the parentheses around it.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        Expr::Group(inner) => bare(&inner.expr),
        Expr::Cast(inner) => bare(&inner.expr),
        other => other,
    }
}

/// The number that a literal is.
pub(super) fn number(expr: &Expr) -> Option<i64> {
    match bare(expr) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression reads as a condition.
pub(super) fn is_condition(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Binary(node) => matches!(
            node.op,
            BinOp::Eq(_)
                | BinOp::Ne(_)
                | BinOp::Lt(_)
                | BinOp::Le(_)
                | BinOp::Gt(_)
                | BinOp::Ge(_)
                | BinOp::And(_)
                | BinOp::Or(_)
        ),
        Expr::Unary(node) => matches!(node.op, syn::UnOp::Not(_)),
        Expr::MethodCall(call) => is_question(&call.method.to_string()),
        _ => false,
    }
}
