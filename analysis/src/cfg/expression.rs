//! Structural form of expressions, for equality tests.

use std::collections::BTreeMap;

use super::{PathId, Paths};

/// An expression without source position, parentheses or types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expression {
    /// A variable in scope.
    Variable(PathId),
    /// A name that is not a variable in scope, or whose variable is not resolved yet.
    Name(String),
    /// A literal, in its simplest form.
    Literal(String),
    /// A field of an expression.
    Field(Box<Expression>, String),
    /// An operator, a method or a function with its operands.
    Apply(String, Vec<Expression>),
    /// An expression whose structure is not represented. It is equal only to itself.
    Node(usize),
}

impl Expression {
    /// The same expression with its names resolved.
    pub(crate) fn resolved(&self, variable: &dyn Fn(&str) -> Option<PathId>) -> Self {
        match self {
            Self::Name(name) => variable(name).map_or_else(|| self.clone(), Self::Variable),
            Self::Field(base, member) => Self::Field(Box::new(base.resolved(variable)), member.clone()),
            Self::Apply(operation, operands) => {
                let operands = operands.iter().map(|operand| operand.resolved(variable)).collect();
                Self::Apply(operation.clone(), operands)
            }
            Self::Variable(_) | Self::Literal(_) | Self::Node(_) => self.clone(),
        }
    }

    /// Calls `found` for each unresolved name and each field name in the expression.
    pub(crate) fn names<'e>(&'e self, found: &mut dyn FnMut(&'e str)) {
        match self {
            Self::Name(name) => found(name),
            Self::Field(base, member) => {
                base.names(found);
                found(member);
            }
            Self::Apply(_, operands) => operands.iter().for_each(|operand| operand.names(found)),
            Self::Variable(_) | Self::Literal(_) | Self::Node(_) => {}
        }
    }

    /// Collects the variables in the expression.
    pub(crate) fn variables(&self, found: &mut Vec<PathId>) {
        match self {
            Self::Variable(path) => found.push(*path),
            Self::Field(base, _) => base.variables(found),
            Self::Apply(_, operands) => operands.iter().for_each(|operand| operand.variables(found)),
            Self::Name(_) | Self::Literal(_) | Self::Node(_) => {}
        }
    }

    /// Collects the places that the expression reads. If the expression is itself a place, this
    /// place is the only one.
    pub(crate) fn places(&self, paths: &mut Paths, found: &mut Vec<PathId>) {
        if let Some(place) = self.place(paths) {
            found.push(place);
            return;
        }
        match self {
            Self::Field(base, _) => base.places(paths, found),
            Self::Apply(_, operands) => operands.iter().for_each(|operand| operand.places(paths, found)),
            Self::Variable(_) | Self::Name(_) | Self::Literal(_) | Self::Node(_) => {}
        }
    }

    /// The expression as a place, if it is a variable or a field of one.
    fn place(&self, paths: &mut Paths) -> Option<PathId> {
        match self {
            Self::Variable(path) => Some(*path),
            Self::Field(base, member) => {
                let base = base.place(paths)?;
                Some(paths.field(base, member))
            }
            Self::Apply(..) | Self::Name(_) | Self::Literal(_) | Self::Node(_) => None,
        }
    }
}

/// The identity of an expression in its function. Expressions of equal structure have the same identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpressionId(usize);

/// An expression that is evaluated at one point of the function.
///
/// Two versioned expressions are equal if their expressions are equal and no assignment between the
/// two points changes the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The expression.
    pub expression: ExpressionId,
    /// The number of the last assignment to a variable in the expression.
    pub version: u32,
}

/// The interned expressions of a function.
#[derive(Debug, Default)]
pub(crate) struct Expressions(BTreeMap<Expression, ExpressionId>);

impl Expressions {
    /// The identity of an expression. The identity is new unless an equal expression was interned before.
    pub(crate) fn intern(&mut self, expression: Expression) -> ExpressionId {
        let next = ExpressionId(self.0.len());
        *self.0.entry(expression).or_insert(next)
    }
}
