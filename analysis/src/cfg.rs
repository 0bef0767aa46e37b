//! The control-flow graph of one function, reduced to what a training loop is about: blocks of events.
//!
//! It knows nothing of syntax. Loops stand in it twice, first round and later rounds, so that a fault from
//! the second batch on is certain.

pub use crate::diagnostic::Certain;
use crate::diagnostic::Place;
use crate::stage::{Effect, Stage};

mod condition;
mod draw;
mod event;
mod factors;
mod guard;
mod head;
mod notes;
mod origin;
mod outcomes;
mod paths;
mod runs;
mod word;

pub use condition::{Condition, ConditionId};
pub use event::{Action, Block, BlockKind, Edge, Event, Reads};
pub use factors::Factors;
pub use guard::{Counter, Guard, GuardId, GuardKind, Period};
pub use head::{Head, HeadKind};
pub use notes::{Choice, Measure, Notes, Swallow, Use, UseKind};
pub use origin::{Argument, Cut, Difference, Join, LossCall, Origin, Root, Source};
pub use outcomes::{Fate, Gives, Outcome};
pub use paths::{Deps, PathId, Paths};
pub use runs::{Keeping, Kept, Move, Past, Recorded, Run, Schedule, Sites};
pub use word::Word;

/// Index into [`Cfg::blocks`].
pub type BlockId = usize;
/// Index into [`Cfg::optimizers`].
pub type OptimizerId = usize;
/// Index into [`Cfg::graphs`].
pub type GraphId = usize;
/// Index into [`Cfg::sites`].
pub type SiteId = usize;
/// Index into [`Cfg::loops`].
pub type LoopId = usize;
/// Index into [`Cfg::calls`].
pub type CallId = usize;

/// A function as blocks of events; block 0 is the entry.
#[derive(Debug, Default)]
pub struct Cfg {
    /// All blocks, in the order in which they were lowered.
    pub blocks: Vec<Block>,
    /// Everything in the function that was recognised as an optimizer.
    pub optimizers: Vec<Optimizer>,
    /// Tensors with a name and a graph behind it.
    pub graphs: Vec<Graph>,
    /// Places in the source where events stand, in the order of first visit.
    pub sites: Vec<Site>,
    /// Loops of the source.
    pub loops: Vec<Loop>,
    /// Calls of functions that are seen, each lowered in place.
    pub calls: Vec<Call>,
    /// Conditions that are followed.
    pub conditions: Vec<Condition>,
    /// Conditions that decide within a round what is reached.
    pub guards: Vec<Guard>,
    /// Names of all places that values live in.
    pub paths: Paths,
    /// The loop in whose rounds each variable begins, for those that begin in one.
    pub begins: std::collections::BTreeMap<PathId, LoopId>,
    /// Calls that cannot be seen, with the places that they are given: a backward may be in any.
    pub unseen: Vec<(SiteId, Deps)>,
    /// Calls of losses that the vocabulary knows.
    pub losses: Vec<LossCall>,
    /// Differences of two tensors that both went through a model, as in a loss written by hand.
    pub differences: Vec<Difference>,
    /// What each `backward` starts from.
    pub roots: Vec<Root>,
    /// Calls whose result is the point of them.
    pub outcomes: Vec<Outcome>,
    /// How it keeps count, and what its heads and choices look like.
    pub notes: Notes,
    /// Calls that put a value together from all processes, and whether that comes from a loss for certain.
    pub reductions: std::collections::BTreeMap<SiteId, bool>,
    /// What the loss of each backward was computed from.
    pub backwards: std::collections::BTreeMap<SiteId, Deps>,
    /// Where samplers that deal out to several processes are built.
    pub samplers: std::collections::BTreeSet<SiteId>,
    /// Where a sampler is told which epoch it is.
    pub sets_epoch: Option<SiteId>,
    /// Clips whose limit carries a scaler's factor too.
    pub scaled_clips: std::collections::BTreeSet<SiteId>,
    /// Gradients are read, or parameters written, by hand.
    pub reads_gradients: bool,
    /// Everything whose forward or parameters are asked for.
    pub models: Deps,
    /// Models whose mode is followed, each with whether the caller decides it at first.
    pub modes: Vec<(PathId, bool)>,
    /// Guards that give the former mode back, at most one for each in the source.
    pub guards_of_mode: usize,
    /// Forwards, losses and backwards.
    pub runs: std::collections::BTreeMap<SiteId, Run>,
    /// What takes the parameters as they stand, and jumps.
    pub reads: std::collections::BTreeMap<SiteId, Reads>,
    /// The factors by which the function scales anything.
    pub factors: Factors,
    /// Sums and collections of tensors.
    pub keeping: Keeping,
    /// Schedules that are built here.
    pub schedules: Vec<Schedule>,
    /// Calls that move a schedule and whose result nobody uses.
    pub moves: std::collections::BTreeMap<SiteId, Move>,
    /// Schedules that are built on a copy of an optimizer.
    pub on_copies: std::collections::BTreeMap<SiteId, OptimizerId>,
    /// Schedules that are built on an optimizer itself, by their constructor.
    pub ruled: std::collections::BTreeMap<SiteId, OptimizerId>,
    /// Optimizers that several hands hold, by their constructor.
    pub shared: std::collections::BTreeSet<SiteId>,
    /// Variables that hold what a constructor of the function made.
    pub made: std::collections::BTreeSet<PathId>,
    /// What was given to code that is not seen and may run `backward` on it.
    pub handed: Past,
    /// Where forwards and losses were computed whose result is detached.
    pub detached: Sites,
    /// The loop whose items a variable holds.
    pub items: std::collections::BTreeMap<PathId, LoopId>,
    /// Variables that are the function's parameters.
    pub given: std::collections::BTreeSet<PathId>,
    /// Variables that come out of one value that cannot be seen, each with the first of them.
    pub siblings: std::collections::BTreeMap<PathId, PathId>,
    /// Blocks with which a further round of a loop begins.
    pub rounds: std::collections::BTreeMap<BlockId, LoopId>,
    /// Blocks with which the function ends, and the brace, the `?` or the `return` that ends it.
    pub exits: std::collections::BTreeMap<BlockId, Place>,
    /// The function is too large or too deep; nothing may be concluded.
    pub gave_up: bool,
    /// More conditions repeat than are followed, so a fault on some path may be none.
    pub too_many_conditions: bool,
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
    /// The call as text, long arguments left out.
    pub text: String,
    /// The receiver of a method call without arguments, as the source writes it.
    pub receiver: Option<String>,
    /// The names in the callee of a stage; of a method, those in its receiver.
    pub callee: std::collections::BTreeSet<String>,
    /// All names in the call, if it is opaque.
    pub names: std::collections::BTreeSet<String>,
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
    /// As the source writes its head.
    pub text: String,
    /// Its head.
    pub head: Head,
    /// What it goes through, as the source writes it; empty where it does not go through anything.
    pub over: String,
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
        self.begins.get(&self.paths.root_of(path)).copied()
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
        let group = |path: PathId| self.siblings.get(&path).copied().unwrap_or(path);
        group(a) != group(b) && !(self.given.contains(&a) && self.given.contains(&b))
    }

    /// Whether what an unseen function does to these places may change the gradients of this optimizer.
    pub fn touches(&self, id: OptimizerId, deps: &Deps) -> bool {
        let optimizer = &self.optimizers[id];
        let of = optimizer.owned.as_ref().unwrap_or(&self.models);
        !deps.is_empty()
            && (Deps::one(optimizer.path).overlaps(deps, &self.paths) != Some(false)
                || of.overlaps(deps, &self.paths) != Some(false))
    }
}
