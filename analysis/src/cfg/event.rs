//! Blocks of events, and what an event does.

use super::{BlockId, Deps, GraphId, OptimizerId, PathId, SiteId, Word};
use crate::stage::{Effect, Stage};

/// A straight stretch of events.
#[derive(Debug, Default)]
pub struct Block {
    /// What a reader would call it; empty for joints.
    pub label: String,
    /// Where in the function it is.
    pub kind: BlockKind,
    /// What happens, in order.
    pub events: Vec<Event>,
    /// Where control goes next.
    pub edges: Vec<Edge>,
}

/// Where in a function a block is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockKind {
    /// In between.
    #[default]
    Inner,
    /// Where the rounds of a loop begin.
    Head,
    /// At the closing brace.
    Exit,
}

/// A way from the end of one block to the start of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The next block.
    pub to: BlockId,
    /// Whether it passes over a loop whose body did not run at all.
    pub skips: bool,
}

/// Something that happens at a site.
#[derive(Debug)]
pub struct Event {
    /// What happens.
    pub action: Action,
    /// Where in the source.
    pub site: SiteId,
    /// Whether this copy stands in a first round that its condition may leave out.
    pub maybe_not_first: bool,
    /// Whether this copy stands in the first round of its innermost loop.
    pub first: bool,
}

/// What an event does.
#[derive(Debug)]
pub enum Action {
    /// An optimizer comes from its constructor: nothing in its gradients.
    Build(OptimizerId),
    /// An optimizer comes from where it cannot be seen.
    Forget(OptimizerId),
    /// A stage acts on the gradients of one optimizer.
    Gradients(OptimizerId, Effect),
    /// A stage acts on the gradients of whatever these places hold.
    Through(Deps, Effect),
    /// `backward` of a loss.
    Backward {
        /// What the loss was computed from.
        deps: Deps,
        /// The tensors whose graphs it runs through.
        graphs: Vec<GraphId>,
        /// Whether the loss is the first of them; else it was computed from them.
        own: bool,
        /// Whether the graphs may be used again.
        retain: bool,
        /// Whether the loss carries a scaler's factor.
        scaled: bool,
    },
    /// A tensor gets a value, computed from other tensors.
    Compute(GraphId, Vec<GraphId>),
    /// A tensor's graph is not known any more.
    LoseGraph(GraphId),
    /// Something unseen may have changed the gradients that belong to these places.
    Touch(Deps),
    /// Something new, that was not made from it, takes the place of a model or of a layer.
    Replace(PathId),
    /// The numbered condition holds, or does not.
    Assume(usize, bool),
    /// What the condition mentions has changed.
    Unassume(usize),
    /// A stage that leaves gradients alone, for drawings.
    Mark(Stage),
    /// Somebody takes the parameters of these places as they stand, or leaves the round.
    Look(Deps),
    /// A forward or a loss; `Cfg::runs` tells more.
    Run(Option<PathId>),
    /// A schedule moves the learning rate of an optimizer, or of whatever it was built for.
    Schedule(Option<OptimizerId>),
    /// A model's layers are switched to a mode.
    Mode(PathId, Word),
    /// The mode of whatever these places hold is not known any more.
    LoseMode(Deps),
    /// Recording is switched on or off.
    Recording(Word),
    /// A guard keeps the modes as they are now.
    KeepMode(usize),
    /// A guard gives a model the mode back that it kept.
    RestoreMode(usize, PathId),
}

/// What takes the parameters as they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// An average is moved towards them.
    Average,
    /// They are saved.
    Save,
    /// A `continue` or a `break` goes to the next round, or past the loop.
    Leave,
}
