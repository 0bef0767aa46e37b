//! The structure of expressions. Two expressions are compared by their structures.

use syn::{Expr, Lit, UnOp};

use crate::cfg::{Expression, PathId, Versioned};
use crate::limits;
use crate::lower::env::bind::member;
use crate::lower::{Lower, address, text};

/// The structure of an expression whose names are not resolved.
pub(in crate::lower) fn structure(expr: &Expr) -> Expression {
    nested(expr, 0)
}

/// The structure of a name that is not resolved, or of a field of that name: `options.lr`.
pub(in crate::lower) fn named(name: &str) -> Expression {
    let mut parts = name.split('.');
    let first = Expression::Name(parts.next().unwrap_or(name).to_owned());
    parts.fold(first, |base, part| Expression::Field(Box::new(base), part.to_owned()))
}

/// The structure of a method call; the first operand is the receiver.
pub(in crate::lower) fn method(name: &str, operands: Vec<Expression>) -> Expression {
    Expression::Apply(format!(".{name}()"), operands)
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
        Expr::Path(path) => {
            Expression::Name(path.path.get_ident().map_or_else(|| text::tight(path), ToString::to_string))
        }
        Expr::Lit(literal) => Expression::Literal(literal_key(&literal.lit)),
        Expr::Field(field) => {
            Expression::Field(Box::new(nested(&field.base, depth + 1)), member(&field.member))
        }
        Expr::Unary(unary) => apply(text::tight(&unary.op), &mut [&*unary.expr].into_iter()),
        Expr::Binary(node) => apply(text::tight(&node.op), &mut [&*node.left, &*node.right].into_iter()),
        Expr::Reference(inner) => apply(
            if inner.mutability.is_some() { "&mut" } else { "&" }.to_owned(),
            &mut [&*inner.expr].into_iter(),
        ),
        Expr::MethodCall(call) => {
            let operands = [&*call.receiver].into_iter().chain(&call.args);
            method(&call.method.to_string(), operands.map(|operand| nested(operand, depth + 1)).collect())
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

/// The key of a literal, which is the same for all spellings of a value.
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
    /// The structure of an expression, together with its version.
    pub(in crate::lower) fn versioned(&mut self, expr: &Expr) -> Versioned {
        self.version(&structure(expr))
    }

    /// Resolves the names in an expression, and adds the version of the expression.
    pub(in crate::lower) fn version(&mut self, expression: &Expression) -> Versioned {
        let resolved = self.in_scope(expression);
        let version = self.last_assigned(&resolved);
        Versioned { expression: self.cfg.expressions.intern(resolved), version }
    }

    /// The number of the last assignment to any of the places that an expression reads.
    pub(super) fn last_assigned(&mut self, resolved: &Expression) -> u32 {
        if self.guarding.assigned.is_empty() {
            return 0;
        }
        let mut places = Vec::new();
        resolved.places(&mut self.cfg.paths, &mut places);
        let paths = &self.cfg.paths;
        let read = |assigned: PathId| places.iter().any(|place| paths.overlap(*place, assigned));
        self.guarding
            .assigned
            .iter()
            .filter(|(place, _)| read(**place))
            .map(|(_, last)| *last)
            .max()
            .unwrap_or(0)
    }

    /// Records an assignment to a place. After it, an expression that reads the place may have
    /// another value.
    pub(super) fn note_assigned(&mut self, place: PathId) {
        let is_variable = self.cfg.paths.root_of(place) == place;
        let place = if is_variable { self.home(place) } else { place };
        self.guarding.assignments += 1;
        self.guarding.assigned.insert(place, self.guarding.assignments);
    }

    /// An expression with its names resolved to the variables in scope.
    pub(in crate::lower) fn in_scope(&self, expression: &Expression) -> Expression {
        expression.resolved(&|name| self.lookup(name).map(|path| self.home(path)))
    }
}
