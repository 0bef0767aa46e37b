//! Expressions by structure, for the question whether two are equal.

use std::collections::BTreeMap;

use super::PathId;

/// An expression without its place in the source, its parentheses and its types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expression {
    /// A variable in scope.
    Variable(PathId),
    /// A name of anything else, or of a variable that is not resolved yet.
    Name(String),
    /// A literal, in its simplest form.
    Literal(String),
    /// An operator, a method or a field with its operands.
    Apply(String, Vec<Expression>),
    /// An expression whose structure is not represented, equal only to itself.
    Node(usize),
}

impl Expression {
    /// The same expression with its names resolved.
    pub(crate) fn resolved(&self, variable: &mut dyn FnMut(&str) -> Option<PathId>) -> Self {
        match self {
            Self::Name(name) => variable(name).map_or_else(|| self.clone(), Self::Variable),
            Self::Apply(operation, operands) => {
                let operands = operands.iter().map(|operand| operand.resolved(variable)).collect();
                Self::Apply(operation.clone(), operands)
            }
            Self::Variable(_) | Self::Literal(_) | Self::Node(_) => self.clone(),
        }
    }
}

/// An expression of a function: equal for expressions of equal structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpressionId(usize);

/// All expressions of a function that are compared.
#[derive(Debug, Default)]
pub(crate) struct Expressions(BTreeMap<Expression, ExpressionId>);

impl Expressions {
    /// The identity of an expression.
    pub(crate) fn intern(&mut self, expression: Expression) -> ExpressionId {
        let next = ExpressionId(self.0.len());
        *self.0.entry(expression).or_insert(next)
    }
}
