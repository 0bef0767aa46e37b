//! Losses and optimizers that nothing trains with, as the uses of variables show.

use super::SiteId;

/// A loss or an optimizer that nothing trains with.
#[derive(Clone, Debug)]
pub(crate) struct IdleFault {
    /// The kind of the fault.
    pub(crate) kind: IdleKind,
    /// The site at which the fault is reported.
    pub(crate) site: SiteId,
    /// The loss or the optimizer.
    pub(crate) about: String,
    /// The optimizer that could use the loss; empty if the model owns its optimizer.
    pub(crate) optimizer: String,
}

/// The kind of the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdleKind {
    /// A loss is only read as a number, and an optimizer of the function never steps.
    Loss,
    /// A loss is only read as a number, and the method trains by its name.
    LossOfMethod,
    /// A loss is only read as a number in one branch, and another branch trains.
    LossOfBranch,
    /// A loss is only read as a number, and the function steps without any `backward`.
    NoBackward,
    /// An optimizer is never mentioned.
    Optimizer,
    /// An optimizer is only zeroed, although `backward` runs or another optimizer steps.
    OnlyZeroed,
    /// An optimizer zeroes the gradients of parameters and steps only others.
    ZeroedParameters,
    /// A method keeps its gradients in a field, and nothing zeroes them.
    NeverZeroed,
    /// A fused step is repeated at once.
    FusedTwice,
    /// Each iteration builds the optimizer that it steps.
    BuiltInside,
    /// No function of the file steps an optimizer in a private field.
    Field,
    /// The only step is in one branch of a test whether gradients are clipped.
    ClippedAlone,
    /// A branch is empty, and another one trains. This is no fault, but nothing is proved.
    EmptyBranch,
}
