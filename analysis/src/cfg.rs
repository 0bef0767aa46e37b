//! The control-flow graph of one function, reduced to what a training loop is about: blocks of events.
//!
//! It knows nothing of syntax. Loops stand in it twice, first round and later rounds, so that a fault from
//! the second batch on is certain.

use crate::diagnostic::Place;
use crate::stage::{Effect, Stage};

pub use crate::diagnostic::Certain;

mod bookkeeping;
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
mod origin;
mod outcomes;
mod paths;
mod schedule;
mod variable;

pub use bookkeeping::{Choice, Kept, Measure, Swallow};
pub use computation::{Computation, Past, Recorded, Sites};
pub(crate) use condition::Questions;
pub use condition::{Condition, ConditionKind, Formula, Question, QuestionId, Wording};
pub use event::{Action, Block, BlockKind, Edge, Event, Mode, Reads};
pub use excerpt::Excerpt;
pub(crate) use expression::{Expression, Expressions};
pub use expression::{ExpressionId, Versioned};
pub(crate) use facts::{Facts, Mark, Opaque, Reduction, Scaler};
pub use function::Factors;
pub(crate) use function::{Function, Modes};
pub use guard::{Counter, Guard, GuardId, Period};
pub use head::{Groups, Head, HeadKind, Item, Source as DataSource};
pub use origin::{Argument, Cut, Difference, Join, LossCall, Origin, Root, Source};
pub use outcomes::{Fate, Gives, Outcome};
pub use paths::{Deps, PathId, Paths};
pub(crate) use schedule::ScheduleOf;
pub use schedule::{Advance, Schedule};
pub(crate) use variable::Variable;
pub use variable::{Use, UseKind};

/// Index of a block.
pub type BlockId = usize;
/// Index of an optimizer.
pub type OptimizerId = usize;
/// Index of a graph.
pub type GraphId = usize;
/// Index of a site.
pub type SiteId = usize;
/// Index of a loop.
pub type LoopId = usize;
/// Index of a call.
pub type CallId = usize;

/// A function as blocks of events; block 0 is the entry.
///
/// Graph, sites and conditions are here; what lints ask beside them is in [`Facts`].
#[derive(Debug, Default)]
pub struct Cfg {
    /// All blocks, in the order in which they were lowered.
    pub(crate) blocks: Vec<Block>,
    /// Everything that was recognised as an optimizer.
    pub(crate) optimizers: Vec<Optimizer>,
    /// Named tensors with a graph.
    pub(crate) graphs: Vec<Graph>,
    /// Places of events in the source, in the order of the first visit.
    pub(crate) sites: Vec<Site>,
    /// Loops of the source.
    pub(crate) loops: Vec<Loop>,
    /// Inlined calls.
    pub(crate) calls: Vec<Call>,
    /// What conditions ask.
    pub(crate) questions: Questions,
    /// Conditions that decide within an iteration what is reached.
    pub(crate) guards: Vec<Guard>,
    /// Names of all places of values.
    pub(crate) paths: Paths,
    /// Expressions that are compared.
    pub(crate) expressions: Expressions,
    /// Facts about sites and variables.
    pub(crate) facts: Facts,
    /// Facts about the function.
    pub(crate) function: Function,
    /// The modes that are part of the state.
    pub(crate) modes: Modes,
    /// The function is too large or too deep: no conclusion is possible.
    pub(crate) gave_up: bool,
}

/// Something recognised as an optimizer.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub struct Optimizer {
    /// As the source names it.
    pub name: String,
    /// Where it lives.
    pub path: PathId,
    /// Whose parameters it moves, if that is known.
    pub owned: Option<Deps>,
    /// It belongs to the caller, or to `self`.
    pub from_caller: bool,
    /// The caller gave it away: it ends with the function.
    pub given: bool,
    /// It is handed on, stored or returned, so that somebody else may step it.
    pub escapes: bool,
    /// Nothing may be said about it.
    pub lost: bool,
    /// It stands for all optimizers of a collection, to which the same is done.
    pub several: bool,
    /// Where it is built, and whether a condition may leave that out.
    pub built: Vec<(SiteId, bool)>,
    /// A model it owns that is built in the function: its name, where, and whether under a condition.
    pub models: Vec<(PathId, SiteId, bool)>,
}

/// A named tensor with a graph behind it.
#[derive(Debug, Default)]
pub struct Graph {
    /// As the source names it.
    pub name: String,
    /// Graphs that `backward` through this one uses up as well.
    pub parents: Vec<GraphId>,
    /// The models whose forward made it.
    pub models: Deps,
    /// The innermost loop around its `let`, once that was met.
    pub defined: Option<Option<LoopId>>,
    /// What runs through it or is computed from it, each with the innermost loop around it.
    pub users: Vec<(User, Option<LoopId>)>,
    /// It is assigned more than once.
    pub assigned: bool,
    /// It is several tensors in one, which need not have all of their graph in common.
    pub several: bool,
    /// It may be met used up, by itself or through what it was computed from.
    pub watched: bool,
}

/// What uses a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// A backward.
    Backward(SiteId),
    /// Another tensor, computed from it.
    Tensor(GraphId),
}

impl Graph {
    /// Whether it can be met used up by itself: not if it is used once, in the round that computes it.
    fn may_be_reused(&self) -> bool {
        let once = match self.users[..] {
            [] => true,
            [(_, around)] => self.defined == Some(around),
            _ => false,
        };
        self.assigned || !once
    }
}

/// A place in the source where something happens.
#[derive(Clone, Debug)]
pub struct Site {
    /// The call.
    pub place: Place,
    /// The call, with long arguments left out.
    pub text: Excerpt,
    /// The receiver of a method call without arguments.
    pub receiver: Option<Excerpt>,
    /// The names in the callee of a stage; of a method, those in its receiver.
    pub callee: std::collections::BTreeSet<String>,
    /// All names in the call, if it is opaque.
    pub names: std::rc::Rc<std::collections::BTreeSet<String>>,
    /// The loops around it, outermost first.
    pub loops: Vec<LoopId>,
    /// Whether a condition inside the innermost loop may leave it out.
    pub conditional: bool,
    /// The conditions inside the innermost loop that lead to it, and how they came out.
    ///
    /// The head of a `while` is none of them, nor is a condition that would have left the loop.
    pub guards: Vec<(GuardId, bool)>,
    /// What it is, if it is a stage.
    pub stage: Option<Stage>,
    /// It is one of the stages of a call that runs several.
    pub fused: bool,
    /// The user wrote it, into a block or a closure of a spec; the generator wrote the others.
    pub own: bool,
    /// The call in whose function it stands; `None` in the function itself.
    pub call: Option<CallId>,
}

/// A call of a function that is seen.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where it stands.
    pub site: SiteId,
    /// The function that calls.
    pub caller: String,
    /// The function that is called.
    pub callee: String,
}

/// A loop of the source.
#[derive(Debug, Default)]
pub struct Loop {
    /// Line of its head.
    pub line: usize,
    /// Its head.
    pub text: Excerpt,
    /// What lints ask of its head.
    pub head: Head,
    /// The expression that it iterates over; empty if there is none.
    pub over: Excerpt,
    /// The data in that expression, without any methods of iterators.
    pub data: Excerpt,
    /// The same as a site.
    pub iterates: Option<SiteId>,
}

impl Cfg {
    /// The sites whose stage has this effect.
    pub fn sites_with(&self, effect: Effect) -> impl Iterator<Item = (SiteId, &Site)> {
        let has = move |site: &Site| site.stage.is_some_and(|stage| stage.effect() == effect);
        self.sites.iter().enumerate().filter(move |(_, site)| has(site))
    }

    /// The calls that lead to a site, outermost first.
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

    /// The innermost loop in whose rounds a place's variable begins anew.
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
    /// Settles which graphs are watched.
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

    /// Whether what lives in two places cannot share parameters: one of them was built in this function, and
    /// not from the other.
    pub fn independent(&self, a: PathId, b: PathId) -> bool {
        let (a, b) = (self.paths.root_of(a), self.paths.root_of(b));
        let group = |path: PathId| self.facts.variable(path).and_then(|known| known.group).unwrap_or(path);
        let is_parameter = |path: PathId| self.facts.variable(path).is_some_and(|known| known.is_parameter);
        group(a) != group(b) && !(is_parameter(a) && is_parameter(b))
    }

    /// Whether what an unseen function does to these places may change the gradients of this optimizer.
    pub fn touches(&self, id: OptimizerId, deps: &Deps) -> bool {
        let optimizer = &self.optimizers[id];
        let of = optimizer.owned.as_ref().unwrap_or(&self.function.models);
        !deps.is_empty()
            && (Deps::one(optimizer.path).overlaps(deps, &self.paths) != Some(false)
                || of.overlaps(deps, &self.paths) != Some(false))
    }
}
