//! The control-flow graph of a function, reduced to the events of a training loop, with typed facts.
//!
//! The graph contains no syntax trees.
//! It contains each loop body twice: once for the first iteration and once for later iterations. A
//! fault that occurs from the second batch on is therefore certain.

use crate::diagnostic::Place;
use crate::stage::{Effect, Stage};

pub use crate::diagnostic::Certain;

mod averages;
mod bookkeeping;
mod checkpoint;
mod computation;
mod condition;
mod draw;
mod event;
mod excerpt;
mod expression;
mod facts;
mod function;
mod guard;
mod head;
mod idle;
mod loss_call;
mod named;
mod named_fault;
mod origin;
mod outcomes;
mod paths;
mod processes;
mod rows;
mod schedule;
mod store;
mod variable;

pub use averages::{Average, AverageStep, MeanLoss};
pub use bookkeeping::{Choice, Decides, Kept, Measure, MetricCall, ShortEpochs, Shown, Swallow};
pub use checkpoint::{Checkpoint, CheckpointKind};
pub use computation::{Computation, Past, Recorded, Sites};
pub(crate) use condition::Questions;
pub use condition::{Condition, ConditionKind, Formula, Question, QuestionId, Wording};
pub use event::{Action, Block, BlockKind, Edge, Event, Mode, OnStore, Reads};
pub use excerpt::Excerpt;
pub(crate) use expression::{Expression, Expressions};
pub use expression::{ExpressionId, Versioned};
pub(crate) use facts::{Claim, Facts, Mark, Opaque, Reduction, Scaler, Write};
pub use function::Factors;
pub(crate) use function::{Function, Modes};
pub use guard::{Counter, Guard, GuardId, Period};
pub use head::{Groups, Head, HeadKind, Item, Source as DataSource};
pub(crate) use idle::{IdleFault, IdleKind};
pub use loss_call::{Argument, Difference, LossCall, Root, Weighting};
pub(crate) use named_fault::{NamedFault, NamedFaultKind};
pub use origin::{Cut, Join, Origin, Source};
pub(crate) use outcomes::NamedLoss;
pub use outcomes::{Fate, Gives, Outcome};
pub use paths::{Deps, PathId, Paths};
pub use processes::{Collective, Differs, Divide};
pub(crate) use rows::{Rows, Shared, Total};
pub(crate) use schedule::ScheduleOf;
pub use schedule::{Advance, Schedule};
pub(crate) use store::Store;
pub(crate) use variable::Variable;
pub use variable::{Use, UseKind};

/// A call in the source that is named after a stage.
#[derive(Clone, Debug)]
pub(crate) struct NamedCall {
    pub(crate) name: String,
    pub(crate) line: usize,
}

/// The index of a block in `Cfg::blocks`.
pub type BlockId = usize;
/// The index of an optimizer in `Cfg::optimizers`.
pub type OptimizerId = usize;
/// The index of a graph in `Cfg::graphs`.
pub type GraphId = usize;
/// The index of a site in `Cfg::sites`.
pub type SiteId = usize;
/// The index of a loop in `Cfg::loops`.
pub type LoopId = usize;
/// The index of a store in `Cfg::stores`.
pub type StoreId = usize;
/// The index of a call in `Cfg::calls`.
pub type CallId = usize;

/// The control-flow graph of a function. Block 0 is the entry.
///
/// This type stores the graph, the sites and the conditions. `Facts` stores all other facts for
/// lints.
#[derive(Debug, Default)]
pub struct Cfg {
    /// All blocks, in the order in which they were lowered.
    pub(crate) blocks: Vec<Block>,
    /// All values that were recognised as optimizers.
    pub(crate) optimizers: Vec<Optimizer>,
    /// The named tensors with an autograd graph.
    pub(crate) graphs: Vec<Graph>,
    /// The places of events in the source, in the order in which lowering first visits them.
    pub(crate) sites: Vec<Site>,
    /// The loops of the source.
    pub(crate) loops: Vec<Loop>,
    /// The gradients that the code handles as separate values; see `store.rs`.
    pub(crate) stores: Vec<Store>,
    /// The inlined calls.
    pub(crate) calls: Vec<Call>,
    /// The questions that conditions ask. An example is whether `optimizer` is a `Some`.
    pub(crate) questions: Questions,
    /// The conditions that decide whether an iteration reaches a site.
    pub(crate) guards: Vec<Guard>,
    /// The places of values, with their names. A place is a variable or a field of a place.
    pub(crate) paths: Paths,
    /// The interned expressions. Equal expressions have the same identity.
    pub(crate) expressions: Expressions,
    /// Facts about sites and variables.
    pub(crate) facts: Facts,
    /// Facts about the function.
    pub(crate) function: Function,
    /// The models and the guards whose modes are part of the state.
    pub(crate) modes: Modes,
    /// Whether the function is too large or too deep for the analysis, so that no conclusion is possible.
    pub(crate) gave_up: bool,
}

/// A value recognised as an optimizer.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub struct Optimizer {
    /// The optimizer's name in the source.
    pub name: String,
    /// The place that holds the optimizer.
    pub path: PathId,
    /// The places of the parameters that the optimizer updates, if they are known.
    pub owned: Option<Deps>,
    /// The models that computed the losses claimed by the optimizer; see `flow::claim`.
    pub claimed: Deps,
    /// Whether the optimizer belongs to the caller, or to `self`.
    pub from_caller: bool,
    /// Whether the optimizer is a parameter by value. The function then drops the optimizer at its
    /// end.
    pub given: bool,
    /// Whether the optimizer is a parameter whose type is a `&mut` reference.
    pub exclusive: bool,
    /// Whether the optimizer is passed on, stored or returned, so that other code may step it.
    pub escapes: bool,
    /// Whether nothing is known about the optimizer. Lints report nothing about such an optimizer.
    pub lost: bool,
    /// Whether this value represents all optimizers of a collection. The optimizers of a collection
    /// are treated alike.
    pub several: bool,
    /// Whether `backward` certainly adds to the gradients. If not, `backward` may overwrite them.
    pub adds_up: bool,
    /// Whether the optimizer is in a variable that the function constructs and never mentions.
    pub unused: bool,
    /// Whether the optimizer is in a private field of `self`, of which the checked code shows all steps and all
    /// calls that zero.
    pub kept: bool,
    /// The sites of the optimizer's constructors, each with a flag that tells whether a condition
    /// may skip the constructor.
    pub built: Vec<(SiteId, bool)>,
    /// The models that the function constructs and the optimizer updates. Each entry has the place
    /// of the model, the site of its constructor, and a flag that tells whether a condition may
    /// skip the constructor.
    pub models: Vec<(PathId, SiteId, bool)>,
}

/// A named tensor with a graph.
#[derive(Debug, Default)]
pub struct Graph {
    /// The tensor's name in the source.
    pub name: String,
    /// Graphs that a `backward` through this graph frees as well.
    pub parents: Vec<GraphId>,
    /// The models whose forward computed the tensor.
    pub models: Deps,
    /// The innermost loop around the tensor's `let`.
    ///
    /// The value is `None` if no `let` is lowered yet, and `Some(None)` if no loop is around the
    /// `let`.
    pub defined: Option<Option<LoopId>>,
    /// The uses of the graph, each with the innermost loop around the use.
    pub users: Vec<(User, Option<LoopId>)>,
    /// Whether the tensor's variable is assigned more than once.
    pub assigned: bool,
    /// Whether the variable holds several tensors. The graphs of the tensors may differ in part.
    pub several: bool,
    /// Whether this graph or one of its ancestors may be used twice.
    pub watched: bool,
}

/// A use of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// A `backward` that runs through the graph.
    Backward(SiteId),
    /// A tensor that is computed from the graph's tensor.
    Tensor(GraphId),
}

impl Graph {
    /// Whether this graph may have more than one use.
    ///
    /// A graph with a single use, in the iteration that defines it, cannot be used twice.
    fn may_be_reused(&self) -> bool {
        let once = match self.users[..] {
            [] => true,
            [(_, around)] => self.defined == Some(around),
            _ => false,
        };
        self.assigned || !once
    }
}

/// A place in the source at which events occur.
#[derive(Clone, Debug)]
pub struct Site {
    /// The place of the call.
    pub place: Place,
    /// The source text of the call, with long arguments left out.
    pub text: Excerpt,
    /// The text of the receiver, if the call is a method call without arguments.
    pub receiver: Option<Excerpt>,
    /// The names in the callee if the call is a stage. For a method, the names in its receiver.
    pub callee: std::collections::BTreeSet<String>,
    /// All names in the call, if the call is opaque.
    pub names: std::rc::Rc<std::collections::BTreeSet<String>>,
    /// The loops around the site, outermost first.
    pub loops: Vec<LoopId>,
    /// Whether a condition inside the innermost loop may skip the site.
    pub conditional: bool,
    /// The conditions that guard the site inside its innermost loop. Each condition comes with its
    /// value at the site.
    ///
    /// The list contains neither the head of a `while` nor the condition of a jump out of the loop.
    pub guards: Vec<(GuardId, bool)>,
    /// The stage of the call, such as `backward`, if the call has one.
    pub stage: Option<Stage>,
    /// Whether the site is one of several stages of a single call, such as `backward_step`.
    pub fused: bool,
    /// Whether the user wrote the call in a block or a closure of a spec. The other sites of a spec are
    /// generated.
    pub own: bool,
    /// The inlined call that contains the site; `None` in the function itself.
    pub call: Option<CallId>,
}

/// An inlined call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The site of the call.
    pub site: SiteId,
    /// The name of the calling function.
    pub caller: String,
    /// The name of the called function.
    pub callee: String,
}

/// A loop of the source.
#[derive(Debug, Default)]
pub struct Loop {
    /// The line of the loop's head.
    pub line: usize,
    /// The text of the loop's head.
    pub text: Excerpt,
    /// The structure of the loop's head, for lints.
    pub head: Head,
    /// The iterated expression; empty if the loop has none.
    pub over: Excerpt,
    /// The iterated expression without iterator methods.
    pub data: Excerpt,
    /// The site of the iterated expression.
    pub iterates: Option<SiteId>,
}

impl Cfg {
    /// The sites whose stage has this effect.
    pub fn sites_with(&self, effect: Effect) -> impl Iterator<Item = (SiteId, &Site)> {
        let has = move |site: &Site| site.stage.is_some_and(|stage| stage.effect() == effect);
        self.sites.iter().enumerate().filter(move |(_, site)| has(site))
    }

    /// The inlined calls that lead from this function to a site, outermost first.
    pub fn calls_to(&self, site: SiteId) -> Vec<CallId> {
        let mut calls = Vec::new();
        let mut at = self.sites[site].call;
        while let Some(call) = at {
            calls.push(call);
            at = self.sites[self.calls[call].site].call;
        }
        calls.reverse();
        calls
    }

    /// The innermost loop that declares the variable of this place in every iteration.
    pub fn bound_in(&self, path: PathId) -> Option<LoopId> {
        self.facts.variable(self.paths.root_of(path))?.begins
    }

    /// All events with their blocks, in the order in which they were lowered.
    pub fn events(&self) -> impl Iterator<Item = (BlockId, &Event)> {
        self.blocks
            .iter()
            .enumerate()
            .flat_map(|(id, block)| block.events.iter().map(move |event| (id, event)))
    }
}

impl Cfg {
    /// Sets `watched` for each graph that may be used twice, and for each graph computed from such a graph.
    pub(crate) fn watch(&mut self) {
        let mut open: Vec<GraphId> =
            (0..self.graphs.len()).filter(|id| self.graphs[*id].may_be_reused()).collect();
        let mut children: Vec<Vec<GraphId>> = vec![Vec::new(); self.graphs.len()];
        for (id, graph) in self.graphs.iter().enumerate() {
            graph.parents.iter().for_each(|parent| children[*parent].push(id));
        }
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut self.graphs[id].watched, true) {
                open.extend(&children[id]);
            }
        }
    }

    /// Whether the values in two places cannot share model parameters.
    ///
    /// The places must belong to different variables. These variables must not both be parameters
    /// of the function, and must not hold parts of the same opaque value.
    pub fn independent(&self, a: PathId, b: PathId) -> bool {
        let (a, b) = (self.paths.root_of(a), self.paths.root_of(b));
        let group = |path: PathId| self.facts.variable(path).and_then(|known| known.group).unwrap_or(path);
        let is_parameter = |path: PathId| self.facts.variable(path).is_some_and(|known| known.is_parameter);
        group(a) != group(b) && !(is_parameter(a) && is_parameter(b))
    }

    /// Whether two places are in different function parameters of a `&mut` type. The values in the
    /// places share model parameters only if both contain shared pointers.
    pub fn are_exclusive(&self, one: PathId, other: PathId) -> bool {
        let root = |path: PathId| self.paths.root_of(path);
        let exclusive =
            |path: PathId| self.facts.variable(root(path)).is_some_and(|known| known.is_exclusive);
        root(one) != root(other) && exclusive(one) && exclusive(other)
    }

    /// Whether a place holds data: items of a loop, or a collection that a loop iterates over.
    ///
    /// A model is not data, even if a loop iterates over its parameters.
    pub fn is_data(&self, path: PathId) -> bool {
        let root = self.paths.root_of(path);
        if Deps::one(path).overlaps(&self.function.models, &self.paths) == Some(true) {
            return false;
        }
        let over = |of: LoopId| self.loops[of].head.variables.contains(&root);
        self.facts.item_of(root).is_some()
            || self.facts.variables().filter_map(|(_, known)| known.item_of).any(over)
    }

    /// Whether opaque code that receives the values in these places may change the gradients of an optimizer.
    pub fn touches(&self, id: OptimizerId, deps: &Deps) -> bool {
        let optimizer = &self.optimizers[id];
        let of = optimizer.owned.as_ref().unwrap_or(&self.function.models);
        !deps.is_empty()
            && (Deps::one(optimizer.path).overlaps(deps, &self.paths) != Some(false)
                || of.overlaps(deps, &self.paths) != Some(false)
                || optimizer.claimed.overlaps(deps, &self.paths) == Some(true))
    }
}
