//! Blocks of events, and the actions of events.

use super::{BlockId, Collective, Deps, GraphId, LoopId, OptimizerId, PathId, SiteId, Sites, StoreId};
use crate::diagnostic::Place;
use crate::stage::{Effect, Stage};

/// A basic block: events without a branch between them.
#[derive(Debug, Default)]
pub struct Block {
    /// The block's name in drawings; empty for a join of branches.
    pub label: String,
    /// The position of the block in the function.
    pub kind: BlockKind,
    /// The events of the block, in order.
    pub events: Vec<Event>,
    /// The edges to the next blocks.
    pub edges: Vec<Edge>,
    /// The loop whose later iterations start at this block.
    pub iterates: Option<LoopId>,
    /// The closing brace, the `?` or the `return` that ends the function after this block.
    pub ends: Option<Place>,
}

/// The position of a block in the function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockKind {
    /// A block that is neither a loop head nor the closing brace.
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
    /// The block that the edge leads to.
    pub to: BlockId,
    /// Whether the edge bypasses a loop whose body did not run.
    pub skips: bool,
}

/// An action at a site.
#[derive(Debug)]
pub struct Event {
    /// What happens at the site.
    pub action: Action,
    /// The site of the event.
    pub site: SiteId,
    /// Whether this event is in the first-iteration copy of a loop body, and a condition in this
    /// copy may skip the event.
    pub maybe_not_first: bool,
    /// Whether this event is in the first-iteration copy of its innermost loop's body.
    pub first: bool,
}

/// The action of an event.
#[derive(Debug)]
pub enum Action {
    /// An optimizer is constructed, so its gradients are empty.
    Build(OptimizerId),
    /// An optimizer is replaced by a value from opaque code.
    Forget(OptimizerId),
    /// A stage acts on the gradients of one optimizer.
    Effect(OptimizerId, Effect),
    /// A stage acts on the gradients of the values in these places.
    Through(Deps, Effect),
    /// A `backward` runs from a loss through its graphs.
    Backward {
        /// The places that the loss was computed from.
        deps: Deps,
        /// The tensors whose graphs the `backward` runs through.
        graphs: Vec<GraphId>,
        /// Whether the first of `graphs` is the graph of the loss itself. Otherwise the loss was
        /// computed from the tensors of `graphs`.
        own: bool,
        /// Whether the `backward` retains the graphs.
        retain: bool,
        /// Whether the loss is multiplied by a scaler's factor.
        scaled: bool,
        /// The gradients of the `backward`, if they may be a separate value.
        store: Option<StoreId>,
    },
    /// Opaque code gets a loss, and may run `backward` from it.
    Handed {
        /// The places that the loss was computed from.
        deps: Deps,
        /// The forwards and losses that the loss was computed from.
        past: Sites,
        /// Whether the name of the code says that it runs `backward`. The event is then kept even
        /// if the function itself runs `backward` from the same loss.
        named: bool,
    },
    /// Code acts on gradients that are separate values.
    OnStores(Vec<StoreId>, OnStore),
    /// A tensor is computed from other tensors.
    Compute(GraphId, Vec<GraphId>),
    /// A tensor's graph becomes unknown.
    LoseGraph(GraphId),
    /// Opaque code may have changed the gradients of the values in these places.
    Touch(Deps),
    /// A model or a layer is replaced by a value that was not computed from the old value.
    Replace(PathId),
    /// From this event on, the answer of a tracked question is known. The number is the bit of the
    /// question.
    Assume(usize, bool),
    /// From this event on, the tracked question with this bit may have either answer.
    Unassume(usize),
    /// A stage that has no effect on gradients. Drawings show the stage.
    Mark(Stage),
    /// Code reads the current parameters in these places, or control leaves the iteration.
    Look(Deps),
    /// A forward or a loss. The place is the model of a forward; see [`super::Computation`].
    Computation(Option<PathId>),
    /// A schedule advances the learning rate of this optimizer.
    ///
    /// `None` is the optimizer that the schedule was constructed with.
    Schedule(Option<OptimizerId>),
    /// A model is switched to this mode; `None` is a mode that is not known.
    Mode(PathId, Option<Mode>),
    /// The modes of the models in these places become unknown.
    LoseMode(Deps),
    /// Recording is switched on or off; `None` is an argument that is not known.
    Recording(Option<bool>),
    /// The guard with this number saves the current modes.
    KeepMode(usize),
    /// All processes meet in a collective operation.
    Collective(Collective),
    /// The guard with this number restores the mode that it saved for this model.
    RestoreMode(usize, PathId),
}

/// An action on gradients that are separate values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnStore {
    /// The gradients become the argument of the next step of this optimizer.
    Present(OptimizerId),
    /// A stage acts on the gradients.
    Effect(Effect),
    /// The variable that holds the gradients goes out of scope.
    End,
    /// The gradients are bound to a variable, but the library may not return gradients as values.
    Doubt,
}

/// The kind of an event that reads the current parameters, or that ends the iteration.
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
    /// Layers behave as in training.
    Train,
    /// Layers behave as in evaluation.
    Eval,
}
