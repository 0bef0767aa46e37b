//! The number of iterations of loops over the micro-batches of one update.

use syn::{BinOp, Expr, ExprBinary, ExprLit, ExprRange, Lit, Pat, RangeLimits};

use super::Lower;
use super::expression::unreferenced;
use crate::cfg::{Groups, Period};
use crate::tokens::names_in;
use crate::vocabulary::rust::{Numbering, borrows_iterator, numbering, takes};
use crate::vocabulary::{Partition, names_window, partition, splits_batch};

impl Lower<'_> {
    /// The number of iterations of a `for` loop over the micro-batches of one update.
    ///
    /// A loop over a range is such a loop if its numbers are unused, or if a name says that the
    /// numbers count micro-batches. A loop over the next `k` batches of an iterator, or over the
    /// `k` parts of a batch, is also such a loop.
    pub(super) fn repeats(&mut self, pat: &Pat, items: &Expr) -> Option<Period> {
        let named = names_in(&pat).iter().any(|name| names_window(name));
        match items {
            Expr::Range(range) => {
                let size = size_of_range(range)?;
                let counts = is_unused(pat) || named || names_in(size).iter().any(|name| names_window(name));
                counts.then(|| self.period(size))
            }
            Expr::Paren(inner) => self.repeats(pat, &inner.expr),
            Expr::MethodCall(call) => {
                let method = call.method.to_string();
                let size = call.args.first()?;
                if splits_batch(&method, call.args.len()) {
                    return Some(self.period(size));
                }
                // Without a borrow of an iterator, `take(k)` limits the loop to some of the data.
                let next =
                    is_borrowed(&call.receiver) || names_in(size).iter().any(|name| names_window(name));
                (takes(&method, call.args.len()) && next && !is(size, "1")).then(|| self.period(size))
            }
            _ => None,
        }
    }

    /// The number of iterations of `while micro < k`, if a name says that the loop counts micro-batches.
    pub(super) fn repeats_while(&mut self, condition: &Expr) -> Option<Period> {
        let Expr::Binary(ExprBinary { op: BinOp::Lt(_), right, .. }) = condition else { return None };
        let counts = names_in(condition).iter().any(|name| names_window(name));
        counts.then(|| self.period(right))
    }

    /// The groups of batches that `chunks(k)` and similar methods return.
    pub(super) fn groups(&mut self, items: &Expr) -> Option<Groups> {
        let Expr::MethodCall(call) = items else { return None };
        let size = call.args.last()?;
        let weighs = match partition(&call.method.to_string(), call.args.len())? {
            Partition::Chunks => false,
            Partition::Windows => true,
        };
        Some(Groups { size: self.period(size), weighs })
    }
}

/// The number `k` of iterations over a range `0..k` or `1..=k`; `None` for other ranges, and for one iteration.
fn size_of_range(range: &ExprRange) -> Option<&Expr> {
    let start = range.start.as_deref()?;
    let from = match range.limits {
        RangeLimits::HalfOpen(_) => "0",
        RangeLimits::Closed(_) => "1",
    };
    range.end.as_deref().filter(|size| is(start, from) && !is(size, "1"))
}

/// Whether an expression is this integer literal.
fn is(expr: &Expr, number: &str) -> bool {
    matches!(expr, Expr::Lit(ExprLit { lit: Lit::Int(lit), .. }) if lit.base10_digits() == number)
}

/// Whether an iterator is borrowed, so that it continues where the last loop stopped: `batches.by_ref()`.
fn is_borrowed(items: &Expr) -> bool {
    match items {
        Expr::Reference(by) => by.mutability.is_some(),
        Expr::Paren(inner) => is_borrowed(&inner.expr),
        Expr::MethodCall(call) => borrows_iterator(&call.method.to_string()),
        _ => false,
    }
}

/// Whether a pattern leaves the item unused: `_`, or a name that starts with an underscore.
fn is_unused(pat: &Pat) -> bool {
    match pat {
        Pat::Wild(_) => true,
        Pat::Ident(name) => name.ident.to_string().starts_with('_'),
        _ => false,
    }
}

/// The part of a loop's pattern that binds the item: `batch` of `(i, batch)` if `items` are
/// numbered.
pub(super) fn item_of<'p>(pat: &'p Pat, items: &Expr) -> &'p Pat {
    match (pat, unreferenced(items)) {
        (Pat::Tuple(parts), Expr::MethodCall(call)) if parts.elems.len() == 2 => {
            match numbering(&call.method.to_string()) {
                Some(Numbering::Adds) => &parts.elems[1],
                Some(Numbering::Keeps) => item_of(pat, &call.receiver),
                _ => pat,
            }
        }
        _ => pat,
    }
}
