//! Facts about calls of losses and of `backward`: the arguments and their origins.

use std::collections::BTreeSet;

use super::{Excerpt, Origin, SiteId};
use crate::vocabulary::Loss;

/// A call of a loss that the vocabulary knows.
#[derive(Clone, Debug)]
pub struct LossCall {
    /// The site of the call.
    pub site: SiteId,
    /// The loss that is called.
    pub loss: &'static Loss,
    /// Whether the path of the callee is the loss's own name.
    pub by_name: bool,
    /// The first argument, which should be the output.
    pub output: Argument,
    /// The second argument, which should be the target.
    pub target: Argument,
}

/// A difference of two tensors that both depend on a forward.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The site of the subtraction.
    pub site: SiteId,
    /// The minuend.
    pub output: Argument,
    /// The subtrahend.
    pub target: Argument,
}

/// The product of log-probabilities and an advantage, as in the loss of an actor.
#[derive(Clone, Debug)]
pub struct Weighting {
    /// The site of the product.
    pub site: SiteId,
    /// The advantage.
    pub weight: Argument,
}

/// An argument of a loss.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The source text of the argument.
    pub text: Excerpt,
    /// Whether the argument needs no parentheses when it becomes the receiver of a method.
    pub is_operand: bool,
    /// If the argument is a variable or a field, its last name: `target` for `batch.target`.
    pub name: Option<String>,
    /// The last name of the variable or field on which a chain of tensor methods starts, if the argument is one.
    pub root: Option<String>,
    /// Whether the argument, or the initializer of its variable, adds discounted values to a reward.
    pub bootstraps: bool,
    /// All names in the argument, unless the argument is a variable or a field.
    pub names: BTreeSet<String>,
    /// The origin of the argument, joined over all iterations.
    pub origin: Origin,
}

/// A call of `backward`.
#[derive(Clone, Debug)]
pub struct Root {
    /// The site of the call.
    pub site: SiteId,
    /// The origin of the loss, joined over all iterations.
    pub origin: Origin,
    /// Whether `backward` sums a loss of several numbers (`true`), or panics on such a loss
    /// (`false`).
    pub adds_up: bool,
}
