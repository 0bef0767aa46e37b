//! Kinds of values: the objects that the checker distinguishes.

use syn::ExprClosure;

use super::value::Value;
use crate::cfg::{Deps, OptimizerId, PathId, SiteId, StoreId};

/// The kind of object that a value is.
#[derive(Clone)]
pub(in crate::lower) enum Kind<'a> {
    Plain,
    /// `None`, or the value of an expression that never returns.
    Absent,
    /// A literal, or a number that is computed from literals.
    Number,
    /// An optimizer stored in a place.
    Optimizer(OptimizerId),
    /// A newly constructed optimizer that is not stored in a place yet. The fields are the
    /// parameters and the constructor of the optimizer.
    NewOptimizer(Deps, SiteId),
    /// A collection of optimizers that is stored in a place.
    Optimizers(OptimizerId),
    /// A collection of newly constructed optimizers that is not stored in a place yet.
    ///
    /// The fields are the parameters of all these optimizers, and the constructor of the first one.
    NewOptimizers(Deps, SiteId),
    /// The settings of an optimizer that is not built yet. The field is the constructor of the
    /// settings.
    Settings(SiteId),
    Schedule,
    /// A gradient scaler.
    Scaler,
    /// A loss that is multiplied by the factor of a scaler.
    Scaled,
    /// Gradients as a separate value. In some libraries, `backward` returns the gradients.
    ///
    /// The field lists stores. The value holds the gradients of one of them.
    Gradients(Vec<StoreId>),
    /// An object that adds up gradients.
    Accumulator(StoreId),
    /// A guard that stops the recording of gradients while it is in scope.
    Guard(Guard),
    Closure(Closure<'a>),
    Tuple(Vec<Value<'a>>),
    Fields(Vec<(String, Value<'a>)>),
}

/// A closure and the scope of its definition.
#[derive(Clone, Copy)]
pub(in crate::lower) struct Closure<'a> {
    pub node: &'a ExprClosure,
    /// Number of names in scope at the definition of the closure.
    pub scope: usize,
}

/// The effect that a guard has while it is in scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lower) struct Guard {
    /// The index of the saved mode, and the model that the guard keeps in evaluation mode.
    pub mode: Option<(usize, PathId)>,
    /// Whether the guard is in scope on every path.
    pub certain: bool,
}

impl<'a> Kind<'a> {
    /// The kind of a value that is one of two values, as in `if c { a } else { b }`.
    ///
    /// The argument `lost` receives the optimizers that the result no longer identifies.
    pub(super) fn join(self, other: Self, lost: &mut Vec<OptimizerId>) -> Self {
        let mut joined = |a: Value<'a>, b: Value<'a>| {
            let (value, gone) = a.join(b);
            lost.extend(gone);
            value
        };
        match (self, other) {
            (Self::Optimizer(a), Self::Optimizer(b)) if a == b => Self::Optimizer(a),
            (Self::Optimizers(a), Self::Optimizers(b)) if a == b => Self::Optimizers(a),
            (Self::Gradients(mut a), Self::Gradients(b)) => {
                a.extend(b);
                a.sort_unstable();
                a.dedup();
                Self::Gradients(a)
            }
            (Self::Accumulator(a), Self::Accumulator(b)) if a == b => Self::Accumulator(a),
            (Self::Number, Self::Number) => Self::Number,
            (Self::Schedule, Self::Schedule) => Self::Schedule,
            (Self::Scaler, Self::Scaler) => Self::Scaler,
            (Self::Scaled, Self::Scaled) => Self::Scaled,
            (Self::Settings(site), Self::Settings(_)) => Self::Settings(site),
            (Self::Guard(a), Self::Guard(b)) if a == b => Self::Guard(a),
            (Self::Guard(guard), _) | (_, Self::Guard(guard)) => {
                Self::Guard(Guard { certain: false, ..guard })
            }
            (Self::NewOptimizer(a, site), Self::NewOptimizer(b, _)) => Self::NewOptimizer(a.union(&b), site),
            (Self::Tuple(a), Self::Tuple(b)) if a.len() == b.len() => {
                Self::Tuple(a.into_iter().zip(b).map(|(a, b)| joined(a, b)).collect())
            }
            (Self::Fields(a), Self::Fields(b))
                if a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.0 == b.0) =>
            {
                Self::Fields(a.into_iter().zip(b).map(|((name, a), (_, b))| (name, joined(a, b))).collect())
            }
            (a, b) => {
                a.optimizers(lost);
                b.optimizers(lost);
                Self::Plain
            }
        }
    }

    /// The parts of a tuple or of a struct, each with its name or number.
    pub(in crate::lower) fn parts_mut(&mut self) -> Vec<(String, &mut Value<'a>)> {
        match self {
            Self::Tuple(parts) => {
                parts.iter_mut().enumerate().map(|(index, part)| (index.to_string(), part)).collect()
            }
            Self::Fields(parts) => parts.iter_mut().map(|(name, part)| (name.clone(), part)).collect(),
            _ => Vec::new(),
        }
    }

    /// The parts of a tuple or of a struct.
    pub(in crate::lower) fn parts(&self) -> impl Iterator<Item = &Value<'a>> {
        let (tuple, fields): (&[Value<'a>], &[(String, Value<'a>)]) = match self {
            Self::Tuple(parts) => (parts, &[]),
            Self::Fields(parts) => (&[], parts),
            _ => (&[], &[]),
        };
        tuple.iter().chain(fields.iter().map(|(_, part)| part))
    }

    /// Collects the optimizers in a value of this kind.
    fn optimizers(&self, into: &mut Vec<OptimizerId>) {
        match self {
            Self::Optimizer(id) | Self::Optimizers(id) => into.push(*id),
            _ => self.parts().for_each(|part| part.kind.optimizers(into)),
        }
    }
}
