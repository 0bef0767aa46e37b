//! Blocks of events, and the actions of events.

use super::{BlockId, Deps, GraphId, LoopId, OptimizerId, PathId, SiteId};
use crate::diagnostic::Place;
use crate::stage::{Effect, Stage};

/// A basic block: events without a branch between them.
#[derive(Debug, Default)]
pub struct Block {
    /// Its name in drawings; empty for joins.
    pub label: String,
    /// Its position in the function.
    pub kind: BlockKind,
    /// Its events, in order.
    pub events: Vec<Event>,
    /// The edges to the next blocks.
    pub edges: Vec<Edge>,
    /// The loop whose later iterations start here.
    pub iterates: Option<LoopId>,
    /// The brace, the `?` or the `return` that ends the function here.
    pub ends: Option<Place>,
}

/// The position of a block in the function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockKind {
    /// Any other block.
    #[default]
    Inner,
    /// The start of a loop's iterations.
    Head,
    /// The closing brace.
    Exit,
}

/// An edge from the end of one block to the start of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The next block.
    pub to: BlockId,
    /// Whether it bypasses a loop whose body did not run.
    pub skips: bool,
}

/// An action at a site.
#[derive(Debug)]
pub struct Event {
    /// The action.
    pub action: Action,
    /// Its site.
    pub site: SiteId,
    /// Whether this copy is in a first iteration that a condition may skip.
    pub maybe_not_first: bool,
    /// Whether this copy is in the first iteration of its innermost loop.
    pub first: bool,
}

/// The action of an event.
#[derive(Debug)]
pub enum Action {
    /// An optimizer is constructed; its gradients are empty.
    Build(OptimizerId),
    /// An optimizer is replaced by one from opaque code.
    Forget(OptimizerId),
    /// A stage acts on the gradients of one optimizer.
    Effect(OptimizerId, Effect),
    /// A stage acts on the gradients of the values in these places.
    Through(Deps, Effect),
    /// `backward` of a loss.
    Backward {
        /// The places that the loss was computed from.
        deps: Deps,
        /// The tensors whose graphs it traverses.
        graphs: Vec<GraphId>,
        /// Whether the first of `graphs` is that of the loss; else the loss was computed from them.
        own: bool,
        /// Whether the graphs are retained.
        retain: bool,
        /// Whether the loss carries a scaler's factor.
        scaled: bool,
    },
    /// A tensor is computed from other tensors.
    Compute(GraphId, Vec<GraphId>),
    /// A tensor's graph becomes unknown.
    LoseGraph(GraphId),
    /// Opaque code may have changed the gradients of the values in these places.
    Touch(Deps),
    /// A model or a layer is replaced by a value that was not computed from it.
    Replace(PathId),
    /// The answer to the followed question with this bit.
    Assume(usize, bool),
    /// The answer to the followed question with this bit may have changed.
    Unassume(usize),
    /// A stage that does not act on gradients, for drawings.
    Mark(Stage),
    /// The current parameters in these places are read, or control leaves the iteration.
    Look(Deps),
    /// A forward or a loss, with the place of its model; see [`super::Computation`].
    Computation(Option<PathId>),
    /// A schedule advances the learning rate of this optimizer, or of the one that it was constructed with.
    Schedule(Option<OptimizerId>),
    /// A model is switched to this mode, or to an unknown one.
    Mode(PathId, Option<Mode>),
    /// The modes of the models in these places become unknown.
    LoseMode(Deps),
    /// Recording is switched on, off, or by an unknown argument.
    Recording(Option<bool>),
    /// A guard saves the current modes.
    KeepMode(usize),
    /// A guard restores the mode of a model that it saved.
    RestoreMode(usize, PathId),
}

/// A reader of the current parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// A moving average of the parameters is updated.
    Average,
    /// The parameters are saved.
    Save,
    /// A `continue` or a `break` ends the iteration.
    Leave,
}

/// The mode of a model's layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Training.
    Train,
    /// Evaluation.
    Eval,
}
