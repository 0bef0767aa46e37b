//! The effects that a call can have.

use crate::stage::{Effect, Stage};

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEffect {
    /// Acts on the gradients of the optimizer that it is called on, or whose parameters it is given.
    ///
    /// A fused call is a sequence, in which [`Effect::Fill`] is the backward of its first argument.
    Gradients(&'static [Effect]),
    /// Adds the gradient of the tensor that it is called on.
    Backward {
        /// Whether the graph may be used again.
        retain: bool,
    },
    /// Computes a tensor with a graph; the stage is for drawings.
    Computes(Stage),
    /// Runs the model that it is given first on the tensor that it is called on.
    Applies,
    /// Describes an optimizer that is still to be built.
    Settings,
    /// Builds the optimizer that it is called on for the parameters that it is given first.
    Builds,
    /// Gives an optimizer the parameters of its first argument as well.
    Adopts,
    /// Updates a model that is passed by value with gradients that are values, and returns it.
    Updates {
        /// Which argument the model is.
        model: usize,
        /// How many arguments there are.
        of: usize,
    },
    /// Returns a loss times a factor, which [`Effect::Unscale`] divides out of the gradients.
    Scales,
    /// Tells a sampler which epoch it is.
    SetsEpoch,
    /// Reduces a value over all processes; returns it, or writes it to its `&mut` argument.
    Reduces,
    /// Computes a tensor from a tensor and keeps the graph.
    KeepsGraph,
    /// Returns a value without a graph.
    Detaches,
    /// Returns the parameters of a model or an optimizer.
    Parameters,
    /// Returns its receiver, wrapped or unwrapped.
    Passes,
    /// Moves the value out and leaves the place empty.
    Takes,
    /// Returns a copy, which may share its parameters with the original.
    Copies,
    /// Switches the mode of the layers.
    Mode(Stage),
    /// Switches the mode of the layers as its first argument says.
    ModeBy,
    /// Runs a closure without recording.
    NoGrad,
    /// Runs a closure with recording, whatever is around it.
    WithGrad,
    /// Switches recording on or off for what follows, as its argument says.
    SwitchesRecording,
    /// Leaves gradients, parameters and modes alone.
    Harmless,
}

/// What a method of a schedule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleEffect {
    /// Moves on to the next learning rate.
    Advances,
    /// Leaves it where it is.
    Reads,
    /// Anything else.
    Other,
}

/// What a method of a schedule does, in every library.
pub fn schedule_method(name: &str) -> ScheduleEffect {
    match name {
        "step" => ScheduleEffect::Advances,
        "start" | "get_lr" | "get_last_lr" | "last_lr" | "lr" | "state_dict" | "is_per_epoch"
        | "position" => ScheduleEffect::Reads,
        _ => ScheduleEffect::Other,
    }
}

/// Whether a method puts its arguments into its receiver.
pub fn collects(method: &str) -> bool {
    matches!(method, "push" | "push_back" | "push_front" | "insert" | "extend" | "append")
}

/// How a method splits batches into windows that make one update each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// Slices of so many: `chunks(k)`.
    Chunks,
    /// The windows of an epoch, which know the weight of each batch: `windows(epoch, k)`.
    Windows,
}

/// How a method splits batches.
pub fn partition(method: &str, arguments: usize) -> Option<Partition> {
    match (method, arguments) {
        ("chunks" | "chunks_exact", 1) => Some(Partition::Chunks),
        ("windows", 2) => Some(Partition::Windows),
        _ => None,
    }
}
