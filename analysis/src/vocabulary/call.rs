//! The effects that a call can have.

use crate::stage::{Effect, Stage};

/// The effect of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEffect {
    /// Acts on the gradients of an optimizer. The receiver is the optimizer, or the argument is the
    /// parameters of the optimizer.
    ///
    /// A fused call has several effects in sequence. Its [`Effect::Fill`] is a `backward` from the
    /// first argument.
    Gradients(&'static [Effect]),
    /// Runs `backward` from the receiver, a tensor.
    Backward {
        /// Whether the graph may be used again after the `backward`.
        retain: bool,
    },
    /// Computes gradients from the losses in its first argument, and returns them. The gradients in the
    /// parameters stay as they are.
    Differentiates,
    /// Applies its receiver, a model, without recording and with the argument for the mode set to evaluation.
    Evaluates,
    /// Runs its closure argument once, with recording and modes as they are.
    Runs,
    /// Computes a tensor with a graph. The stage is the label of the call in drawings.
    Computes(Stage),
    /// Applies the model in the first argument to the receiver, a tensor.
    Applies,
    /// Returns the settings of an optimizer that is built later.
    Settings,
    /// Builds an optimizer from the receiver, for the parameters in the first argument.
    Builds,
    /// Adds the parameters in the first argument to the receiver, an optimizer.
    Adopts,
    /// Updates a model that is passed by value and returns the model. The gradients are passed as a
    /// value.
    Updates {
        /// The index of the model among the arguments.
        model: usize,
        /// The number of arguments of the call.
        of: usize,
    },
    /// Updates a model that the call does not mention, with gradients in its last argument, and returns the
    /// model.
    UpdatesOther,
    /// Builds an object from its receiver, the settings of the object, and from its arguments.
    Constructs,
    /// Updates parameters in place, with gradients that are the argument at this index.
    Steps {
        /// The index of the gradients among the arguments.
        gradients: usize,
    },
    /// Adds the gradients in its last argument to its receiver, an accumulator.
    Accumulates,
    /// Returns the sum in its receiver, an accumulator, and empties the accumulator.
    Collects,
    /// Returns gradients that are zero, as a value of their own.
    Allocates,
    /// Returns a tensor whose computations are recorded, from a tensor whose computations are not.
    Traces,
    /// Returns a copy of a model that records nothing and is in evaluation mode.
    Freezes,
    /// Returns a loss times a factor. [`Effect::Unscale`] divides the gradients by this factor.
    Scales,
    /// Sets the epoch number of a sampler.
    SetsEpoch,
    /// Reduces a value over all processes. The call returns the result, or writes the result to a
    /// `&mut` argument.
    Reduces,
    /// Computes a tensor from a tensor and keeps the graph.
    KeepsGraph,
    /// Returns a value without a graph.
    Detaches,
    /// Returns the parameters of a model or an optimizer.
    Parameters,
    /// Returns the receiver, wrapped or unwrapped.
    Passes,
    /// Moves a value out of a place, and leaves the place empty.
    Takes,
    /// Returns a copy, which may share its parameters with the original.
    Copies,
    /// Sets the mode of the layers.
    Mode(Stage),
    /// Sets the mode of the layers to the mode in the first argument.
    ModeBy,
    /// Runs a closure without recording.
    NoGrad,
    /// Runs a closure with recording, even inside `no_grad`.
    WithGrad,
    /// Switches recording on or off until the next switch. The argument selects on or off.
    SwitchesRecording,
    /// Has no effect on gradients, parameters or modes.
    Harmless,
}

/// The effect of a method of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleEffect {
    /// Advances to the next learning rate.
    Advances,
    /// Only reads the learning rate.
    Reads,
    /// Returns the schedule with epochs as its unit, instead of updates.
    CountsEpochs,
    /// Has an unknown effect.
    Other,
}

/// The effect of a method of a schedule, in every library.
pub fn schedule_method(name: &str) -> ScheduleEffect {
    match name {
        "step" => ScheduleEffect::Advances,
        "start" | "get_lr" | "get_last_lr" | "last_lr" | "lr" | "state_dict" | "is_per_epoch"
        | "position" => ScheduleEffect::Reads,
        "per_epoch" => ScheduleEffect::CountsEpochs,
        _ => ScheduleEffect::Other,
    }
}

/// Whether a method puts its arguments into its receiver, a collection.
pub fn collects(method: &str) -> bool {
    matches!(method, "push" | "push_back" | "push_front" | "insert" | "extend" | "append")
}

/// The way in which a method splits batches into accumulation windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// Slices of a fixed length: `chunks(k)`.
    Chunks,
    /// The windows of an epoch, with a weight for each batch: `windows(epoch, k)`.
    Windows,
}

/// The way in which the method with this name splits batches; `None` if the method does not split
/// batches.
pub fn partition(method: &str, arguments: usize) -> Option<Partition> {
    match (method, arguments) {
        ("chunks" | "chunks_exact", 1) => Some(Partition::Chunks),
        ("windows", 2) => Some(Partition::Windows),
        _ => None,
    }
}
