//! Faults in the order of stages that the names of calls show, whatever the data flow knows.

use super::SiteId;

/// A fault in the order of stages, by the names of the calls.
#[derive(Clone, Debug)]
pub(crate) struct NamedFault {
    /// The kind of the fault.
    pub(crate) kind: NamedFaultKind,
    /// The site at which the fault is reported.
    pub(crate) site: SiteId,
    /// The site of the other call of the fault.
    pub(crate) other: Option<SiteId>,
    /// The name that the message mentions: an optimizer, a loss or a rate.
    pub(crate) about: String,
}

/// The kind of a fault in the order of stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedFaultKind {
    /// A step is repeated at once.
    StepRepeated,
    /// A `backward` is repeated at once.
    BackwardRepeated,
    /// A step is before the only `backward`.
    StepEarly,
    /// A step comes after a gradient or a loss that nothing reads.
    GradientUnread,
    /// A step is in a function that computes a loss and runs no `backward`.
    NoBackward,
    /// A `backward` is in a function that has an optimizer or a rate, and no step.
    NoStep,
    /// A `backward` is in a loop that zeroes its gradients in each iteration, and nothing uses them.
    NoStepZeroed,
    /// The gradient of an output is computed, and nothing reads it.
    GradientLost,
    /// An optimizer is built and never mentioned again.
    OptimizerUnused,
    /// A schedule moves, and nothing reads its rate.
    ScheduleUnread,
    /// A loop never zeroes the gradients, although a loop of the same kind does.
    ZeroMissing,
    /// A function steps an optimizer of a library whose `backward` adds up, and never zeroes the gradients.
    ZeroNever,
    /// Gradients that are a value are computed, and nothing reads them.
    GradientsUnread,
    /// A step is after a loop that zeroes the gradients in each iteration.
    StepOutside,
    /// The only `zero_grad` is before the loop with the `backward` and the step.
    ZeroOutside,
    /// An optimizer is built in the loop that steps it.
    BuiltInside,
}
