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
    /// Moves a model that is given by value along gradients that are values too, and gives it back.
    Updates {
        /// Which argument the model is.
        model: usize,
        /// How many arguments there are.
        of: usize,
    },
    /// Gives a loss times a factor that [`Effect::Unscale`] takes out of the gradients again.
    Scales,
    /// Tells a sampler which epoch it is.
    SetsEpoch,
    /// Puts a value together from all processes; gives it, or changes what it is given by `&mut`.
    Reduces,
    /// Derives a tensor from a tensor, graph included.
    KeepsGraph,
    /// Gives a value that has nothing to do with the gradients.
    Detaches,
    /// Gives the parameters of a model or an optimizer.
    Parameters,
    /// Gives the same thing again, wrapped or unwrapped.
    Passes,
    /// Gives the thing and leaves nothing in its place.
    Takes,
    /// Gives the same thing again, or one of its own that is equal at first.
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
    /// Looks at its receiver, or sets something that is no gradient.
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
