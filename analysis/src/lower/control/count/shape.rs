//! Shapes of the expressions and patterns that count iterations.

use syn::{BinOp, Expr, Lit, Pat};

use crate::lower::address;
use crate::lower::control::expression::structure;
use crate::lower::env::bind::member;
use crate::vocabulary::rust::{is_forced, is_question, is_remainder};
use crate::vocabulary::{measures_size, names_batch_size};

/// The syntax node of the name that a pattern binds to an index.
///
/// If the item is a tuple, `part` is the position of the index in this tuple.
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

/// The operands of `value % every`.
pub(super) fn remainder_of(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match bare(expr) {
        Expr::Binary(node) if matches!(node.op, BinOp::Rem(_)) => Some((&node.left, &node.right)),
        Expr::MethodCall(call) if is_remainder(&call.method.to_string()) => {
            Some((&call.receiver, call.args.first()?))
        }
        _ => None,
    }
}

/// The remainder that a comparison `value % every == right` requires.
///
/// If `right` is a number, this number is the remainder. If `right` is `every - 1`, the remainder
/// counts as -1.
pub(super) fn rest(right: &Expr, every: &Expr) -> Option<i64> {
    if let Expr::Binary(node) = bare(right)
        && matches!(node.op, BinOp::Sub(_))
        && structure(bare(&node.left)) == structure(bare(every))
    {
        return number(&node.right).map(|less| -less);
    }
    number(right)
}

/// An expression without the parentheses and casts around it.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        Expr::Group(inner) => bare(&inner.expr),
        Expr::Cast(inner) => bare(&inner.expr),
        other => other,
    }
}

/// The value of an integer literal; `None` for any other expression.
pub(super) fn number(expr: &Expr) -> Option<i64> {
    match bare(expr) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression is the number of samples of a batch: `batch.len()`, `x.size()[0]`, `batch_size`.
pub(super) fn is_batch_size(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Try(inner) => is_batch_size(&inner.expr),
        Expr::Index(node) => is_batch_size(&node.expr),
        Expr::MethodCall(call) if is_forced(&call.method.to_string()) => is_batch_size(&call.receiver),
        Expr::MethodCall(call) => measures_size(&call.method.to_string()),
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| names_batch_size(&name.to_string())),
        Expr::Field(field) => names_batch_size(&member(&field.member)),
        _ => false,
    }
}

/// Whether an expression has the form of a condition.
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
