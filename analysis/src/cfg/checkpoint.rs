//! Checkpoints: calls that save or restore a model.

use super::{Deps, ExpressionId};

/// A call that saves a model to a file, or restores it from one.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Whether the call saves or restores.
    pub kind: CheckpointKind,
    /// The places of the model.
    pub model: Deps,
    /// The arguments that may be the path of the file.
    pub paths: Vec<ExpressionId>,
    /// Whether another function of the source file restores a model from the same path and trains
    /// it.
    pub resumed_elsewhere: bool,
}

/// The direction of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointKind {
    /// The model is written to a file.
    Saves,
    /// The model is read from a file.
    Restores,
}
