//! The structure of expressions, for the question whether two are equal.

use syn::{Expr, Lit, UnOp};

use crate::cfg::{Expression, ExpressionId};
use crate::limits;
use crate::lower::env::bind::member;
use crate::lower::{Lower, address, text};

/// The structure of an expression with its names not resolved.
pub(in crate::lower) fn structure(expr: &Expr) -> Expression {
    nested(expr, 0)
}

/// A name that is not resolved, or a field of one: `options.lr`.
pub(in crate::lower) fn named(name: &str) -> Expression {
    let mut parts = name.split('.');
    let first = Expression::Name(parts.next().unwrap_or(name).to_owned());
    parts.fold(first, |base, part| Expression::Apply(format!(".{part}"), vec![base]))
}

fn nested(expr: &Expr, depth: usize) -> Expression {
    if depth > limits::NESTED_CONDITIONS {
        return Expression::Node(address(expr));
    }
    let apply = |operation: String, operands: &mut dyn Iterator<Item = &Expr>| {
        Expression::Apply(operation, operands.map(|operand| nested(operand, depth + 1)).collect())
    };
    match expr {
        Expr::Paren(inner) => nested(&inner.expr, depth),
        Expr::Group(inner) => nested(&inner.expr, depth),
        Expr::Path(path) => Expression::Name(text::tight(path)),
        Expr::Lit(literal) => Expression::Literal(literal_key(&literal.lit)),
        Expr::Field(field) => apply(format!(".{}", member(&field.member)), &mut [&*field.base].into_iter()),
        Expr::Unary(unary) => apply(text::tight(&unary.op), &mut [&*unary.expr].into_iter()),
        Expr::Binary(node) => apply(text::tight(&node.op), &mut [&*node.left, &*node.right].into_iter()),
        Expr::Reference(inner) => apply(
            if inner.mutability.is_some() { "&mut" } else { "&" }.to_owned(),
            &mut [&*inner.expr].into_iter(),
        ),
        Expr::MethodCall(call) => {
            apply(format!(".{}()", call.method), &mut [&*call.receiver].into_iter().chain(&call.args))
        }
        Expr::Call(call) => apply("()".to_owned(), &mut [&*call.func].into_iter().chain(&call.args)),
        Expr::Index(index) => apply("[]".to_owned(), &mut [&*index.expr, &*index.index].into_iter()),
        Expr::Cast(cast) => apply(format!("as {}", text::tight(&cast.ty)), &mut [&*cast.expr].into_iter()),
        Expr::Tuple(tuple) => apply("(,)".to_owned(), &mut tuple.elems.iter()),
        Expr::Try(inner) => apply("?".to_owned(), &mut [&*inner.expr].into_iter()),
        Expr::Await(inner) => apply(".await".to_owned(), &mut [&*inner.base].into_iter()),
        Expr::Range(range) => {
            let ends = [&range.start, &range.end].map(|end| if end.is_some() { "x" } else { "" });
            let limits = text::tight(&range.limits);
            let operands = range.start.iter().chain(&range.end).map(|end| &**end);
            apply(ends.join(&limits), &mut operands.into_iter())
        }
        other => Expression::Node(address(other)),
    }
}

/// A literal, the same for all ways to write it.
pub(super) fn literal_key(literal: &Lit) -> String {
    match literal {
        Lit::Int(value) => value.base10_digits().to_owned(),
        Lit::Float(value) => value.base10_digits().to_owned(),
        Lit::Str(value) => format!("{:?}", value.value()),
        Lit::Char(value) => format!("{:?}", value.value()),
        other => text::tight(other),
    }
}

/// An expression without the references around it.
pub(in crate::lower) fn unreferenced(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => unreferenced(&inner.expr),
        Expr::Group(inner) => unreferenced(&inner.expr),
        Expr::Reference(inner) => unreferenced(&inner.expr),
        Expr::Unary(inner) if matches!(inner.op, UnOp::Deref(_)) => unreferenced(&inner.expr),
        other => other,
    }
}

impl Lower<'_> {
    /// The identity of an expression whose variables are in scope.
    pub(in crate::lower) fn expression(&mut self, expr: &Expr) -> ExpressionId {
        let resolved = self.resolved(&structure(expr));
        self.cfg.expressions.intern(resolved)
    }

    /// An expression with the variables in scope.
    pub(in crate::lower) fn resolved(&self, expression: &Expression) -> Expression {
        expression.resolved(&mut |name| self.lookup(name).map(|path| self.home(path)))
    }
}
