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
    /// Computes gradients from the losses in its first argument, and returns the gradients. The
    /// call does not change the gradients in the parameters.
    Differentiates,
    /// Applies its receiver, a model, in evaluation mode and without recording.
    Evaluates,
    /// Runs its closure argument once, and does not change recording or modes.
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
    /// Updates a model that the call does not mention, and returns the model. The gradients are the
    /// last argument.
    UpdatesOther,
    /// Builds an object from its receiver and its arguments. The receiver has the settings of the
    /// object.
    Constructs,
    /// Updates parameters in place. The gradients are an argument.
    Steps {
        /// The index of the gradients among the arguments.
        gradients: usize,
    },
    /// Adds the gradients in its last argument to its receiver, an accumulator.
    Accumulates,
    /// Returns the sum in its receiver, an accumulator, and empties the accumulator.
    Collects,
    /// Returns gradients that are zero, as a separate value.
    Allocates,
    /// Returns a tensor on which computations are recorded. The receiver is a tensor on which they
    /// are not recorded.
    Traces,
    /// Returns a copy of a model in evaluation mode. Forwards of the copy record nothing.
    Freezes,
    /// Returns a loss times a factor. [`Effect::Unscale`] divides the gradients by this factor.
    Scales,
    /// Sets the epoch number of a sampler.
    SetsEpoch,
    /// Reduces a value over all processes. The call returns the result, or writes the result to a
    /// `&mut` argument.
    Reduces,
    /// Runs another collective operation, which every process of the communicator has to call.
    Collective {
        /// The kind of the operation.
        kind: CollectiveKind,
        /// The minimal number of arguments. A method of another library may have the same name and
        /// fewer arguments.
        least: usize,
    },
    /// Returns the rank of this process.
    Rank,
    /// Returns a communicator of some of the processes.
    Splits,
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

/// The part that a call has in a training loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The call only computes, reads, wraps or moves a value.
    Value,
    /// The call is no part of training by itself. Stages depend on what it does: it runs a forward, or sets a mode,
    /// recording, copies or parameters.
    Surroundings,
    /// The call is a part of training: it computes a loss, or concerns gradients, an optimizer or other processes.
    Training,
}

impl CallEffect {
    /// The part that a call with this effect has in a training loop.
    pub fn part(self) -> Part {
        match self {
            Self::Detaches
            | Self::Harmless
            | Self::KeepsGraph
            | Self::Parameters
            | Self::Rank
            | Self::Passes
            | Self::Takes => Part::Value,
            Self::Computes(Stage::Forward)
            | Self::Runs
            | Self::Evaluates
            | Self::Applies
            | Self::Adopts
            | Self::Traces
            | Self::Freezes
            | Self::Splits
            | Self::Copies
            | Self::Mode(_)
            | Self::ModeBy
            | Self::NoGrad
            | Self::WithGrad
            | Self::SwitchesRecording => Part::Surroundings,
            Self::Computes(_)
            | Self::Gradients(_)
            | Self::Backward { .. }
            | Self::Differentiates
            | Self::Settings
            | Self::Builds
            | Self::Updates { .. }
            | Self::UpdatesOther
            | Self::Constructs
            | Self::Steps { .. }
            | Self::Accumulates
            | Self::Collects
            | Self::Allocates
            | Self::Scales
            | Self::SetsEpoch
            | Self::Reduces
            | Self::Collective { .. } => Part::Training,
        }
    }
}

/// The kind of a collective operation. Two processes match if they run the same kinds in the same
/// order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CollectiveKind {
    /// Waits until every process has arrived.
    Barrier,
    /// Sends a value from one process to all others.
    Broadcast,
    /// Reduces a value over all processes. Every process gets the result.
    AllReduce,
    /// Reduces a value over all processes. One process gets the result.
    Reduce,
    /// Reduces a value over all processes. Each process gets a part of the result.
    ReduceScatter,
    /// Collects the values of all processes in each process.
    AllGather,
    /// Collects the values of all processes in one process.
    Gather,
    /// Sends a part of a value to each process.
    Scatter,
    /// Sends a value from each process to each other process.
    AllToAll,
    /// Reduces the values of the processes before this one.
    Scan,
}

impl CollectiveKind {
    /// Whether every process has the same result.
    pub fn agrees(self) -> bool {
        match self {
            Self::Broadcast | Self::AllReduce | Self::AllGather => true,
            Self::Barrier
            | Self::Reduce
            | Self::ReduceScatter
            | Self::Gather
            | Self::Scatter
            | Self::AllToAll
            | Self::Scan => false,
        }
    }

    /// Whether the operation combines the values of all processes. An average of gradients requires
    /// this.
    pub fn combines(self) -> bool {
        match self {
            Self::AllReduce
            | Self::Reduce
            | Self::ReduceScatter
            | Self::AllGather
            | Self::Gather
            | Self::AllToAll => true,
            Self::Barrier | Self::Broadcast | Self::Scatter | Self::Scan => false,
        }
    }
}

/// The effect of a method of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleEffect {
    /// Advances to the next learning rate.
    Advances,
    /// Only reads the learning rate.
    Reads,
    /// Returns the schedule, which then counts epochs instead of updates.
    CountsEpochs,
    /// Has an unknown effect.
    Other,
}

/// The effect of a method of a schedule, in every library.
pub fn schedule_method(name: &str) -> ScheduleEffect {
    match name {
        "step" => ScheduleEffect::Advances,
        "start" | "get_lr" | "get_last_lr" | "last_lr" | "lr" | "state_dict" | "is_per_epoch"
        | "position" | "monitor" => ScheduleEffect::Reads,
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
