//! Conversions whose result depends on the declared type of a variable.

use syn::{Expr, Pat};

use crate::cfg::Origin;
use crate::lower::Lower;
use crate::lower::env::value::Value;
use crate::lower::resolve::survey::type_name;
use crate::vocabulary::converts_by_context;
use crate::vocabulary::rust::is_forced;

impl<'a> Lower<'a> {
    /// The value of a variable's initializer after the conversion that the declared type requires.
    ///
    /// In `let y: Tensor = x.try_into()?`, the conversion returns a tensor, which may have the
    /// graph of `x`.
    pub(super) fn converted(&self, pat: &Pat, init: &Expr, value: Value<'a>) -> Value<'a> {
        let Pat::Type(typed) = pat else { return value };
        let keeps = converts(init) && self.vocabulary.is_tensor(&type_name(&typed.ty));
        if keeps { value.with_origin(Origin::default()) } else { value }
    }
}

/// Whether the last call of an expression is a conversion to the type that the context expects.
fn converts(expr: &Expr) -> bool {
    match expr {
        Expr::Try(inner) => converts(&inner.expr),
        Expr::Paren(inner) => converts(&inner.expr),
        Expr::MethodCall(node) if is_forced(&node.method.to_string()) => converts(&node.receiver),
        Expr::MethodCall(node) => converts_by_context(&node.method.to_string()),
        _ => false,
    }
}
