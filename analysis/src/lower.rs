//! From the body of a function to its control-flow graph: the only walker of statements.
//!
//! It follows values through `let`, references, fields, tuples and closures, asks the dialect what each
//! call does, and leaves an event where something happens to gradients or graphs.
//! What it does not understand becomes an event that makes the analysis silent about what is touched.
//! It decides nothing: `flow` gives the events a meaning, `lints` judge it.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Expr, ItemFn};

use crate::cfg::{
    Action, Block, BlockId, CallId, Cfg, ConditionId, Deps, Edge, Event, Graph, GraphId, Loop, LoopId,
    Optimizer, OptimizerId, PathId, Site, SiteId, User,
};
use crate::check::CheckOptions;
use crate::diagnostic::Place;
use crate::dialect::{Dialect, TORCH};
use crate::stage::Stage;

mod ask;
mod bind;
mod call;
mod condition;
mod control;
mod count;
pub(crate) mod deep;
mod effects;
mod expr;
mod factors;
mod follow;
mod function;
mod guard;
mod keep;
mod known;
mod macros;
mod method;
mod mode;
mod notes;
mod origin;
mod outcome;
mod parts;
mod pipeline;
mod reads;
pub(crate) mod seen;
mod several;
mod survey;
mod tensor;
mod text;
mod value;

use follow::{Asked, Failure};
use seen::{FnId, Seen, SeenFn};
use survey::Survey;
use value::Value;

/// Expressions nested deeper than this are not followed, and the function is left alone.
const DEEPEST: usize = 120;
/// Loops nested deeper than this are lowered once, not twice.
const DEEPEST_LOOP: usize = 3;
/// Stands in the scope where a function or a closure begins to run.
const BORDER: PathId = PathId::MAX;
/// More events than this are not followed.
const MOST_EVENTS: usize = 400_000;
/// More optimizers than this are not followed.
const MOST_OPTIMIZERS: usize = 16;

/// The control-flow graph of a function's body.
pub fn lower(function: &ItemFn, options: &CheckOptions) -> Cfg {
    lower_seen(&Seen::of_function(function, options), 0).cfg
}

/// A function with all that it calls and that is seen.
pub(crate) struct Lowered {
    pub cfg: Cfg,
    /// The functions that it calls, itself or through others.
    pub called: BTreeSet<FnId>,
}

/// The control-flow graph of one of the functions that are seen.
pub(crate) fn lower_seen(seen: &Seen, function: FnId) -> Lowered {
    let mut lower = Lower::new(seen, function);
    lower.cfg.gave_up = seen.functions[function].survey.deepest > DEEPEST;
    lower.function();
    lower.settle_guards();
    lower.settle_outcomes();
    let bodies = lower.called.iter().chain([&function]);
    lower.cfg.factors = bodies.flat_map(|id| seen.functions[*id].survey.factors.iter().cloned()).collect();
    lower.cfg.watch();
    lower.called.remove(&function);
    Lowered { cfg: lower.cfg, called: lower.called }
}

/// Where `break`, `continue`, `return` and `?` go.
struct Frame<'a> {
    label: Option<String>,
    kind: FrameKind,
    break_to: BlockId,
    /// Names in scope around it.
    scope: usize,
    /// What the jumps so far gave.
    value: Option<Value<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Loop {
        continue_to: BlockId,
    },
    Labelled,
    /// A closure or an async block that runs in place: `return` and `?` end it.
    Call,
    /// A `try` block: `?` ends it.
    Try,
}

/// A loop that is being lowered.
struct Round {
    of: LoopId,
    first: bool,
    /// Branches open where its body starts.
    branches: usize,
    /// A `continue` before may have left out what follows.
    continued: bool,
    /// Conditions that hold where its body starts.
    guards: usize,
    /// What was counted up in it so far.
    bumped: BTreeSet<PathId>,
}

struct Lower<'a> {
    cfg: Cfg,
    seen: &'a Seen,
    options: &'a CheckOptions,
    dialect: &'static Dialect,
    /// Followed conditions by question and variables.
    conditions: BTreeMap<(String, Vec<PathId>), ConditionId>,
    /// What each followed condition asks: of what, whether it is what.
    answers: Vec<(String, Option<condition::Answer>)>,
    mentions: Vec<ask::Mentions>,
    /// The function that is lowered.
    root: FnId,
    /// The function that is being run, its survey, and the call by which it was reached.
    function: FnId,
    survey: &'a Survey,
    call: Option<CallId>,
    call_ids: BTreeMap<u32, CallId>,
    /// The functions that are being run below the first, outermost first.
    active: Vec<FnId>,
    /// How many names were in scope where each of them began, and from which function and call.
    entered: Vec<(usize, FnId, Option<CallId>)>,
    /// How many calls were followed.
    followed_calls: usize,
    called: BTreeSet<FnId>,
    /// Calls that are awaited, and calls that are asked by `?`.
    awaited: Vec<usize>,
    asked: Vec<Asked>,
    failures: Vec<Failure>,
    /// Expressions with which the functions being run give an error.
    failing: Vec<usize>,
    /// Variables that are other names for places.
    aliases: BTreeMap<PathId, PathId>,
    /// Variables of functions by their syntax node, whichever call binds them.
    firsts: BTreeMap<usize, PathId>,
    first_of: BTreeMap<PathId, PathId>,
    at: BlockId,
    /// Nothing leads here.
    dead: bool,
    reached: Vec<bool>,
    /// Variables in scope, innermost last.
    scope: Vec<(String, PathId)>,
    /// Where each name stands in the scope, innermost last.
    names: BTreeMap<String, Vec<(usize, PathId)>>,
    /// Stretches of the scope that the closure being run cannot see.
    hidden: Vec<(usize, usize)>,
    values: BTreeMap<PathId, Value<'a>>,
    /// Variables, graphs, loops and sites by their syntax node, so that all copies of a loop share them.
    roots: BTreeMap<(usize, u32), PathId>,
    graphs: BTreeMap<PathId, GraphId>,
    /// Those of `graphs` that are fields.
    field_graphs: Vec<(PathId, GraphId)>,
    loops: BTreeMap<(usize, u32), LoopId>,
    sites: BTreeMap<(usize, u32), SiteId>,
    calls: BTreeMap<(usize, u32), u32>,
    /// Which chain of closure calls is being run.
    chain: u32,
    running: Vec<usize>,
    objects: BTreeMap<PathId, OptimizerId>,
    /// Where the loss, the difference or the `backward` of a site stands in the list of its kind.
    noted: BTreeMap<SiteId, usize>,
    /// What each variable was computed from at its `let`.
    made_of: BTreeMap<PathId, &'a Expr>,
    /// The forwards behind what was added to a variable.
    added: BTreeMap<PathId, Vec<SiteId>>,
    /// Variables that give the items of a `while let`.
    sources_of_items: BTreeSet<PathId>,
    /// The branches and loops open where each variable begins.
    declared: BTreeMap<PathId, (usize, usize)>,
    /// The function's own parameters.
    parameters: BTreeSet<PathId>,
    /// Variables whose value is used.
    read: BTreeSet<PathId>,
    /// Where models are built: variable, site, whether under a condition.
    built: BTreeMap<PathId, (SiteId, bool)>,
    frames: Vec<Frame<'a>>,
    rounds: Vec<Round>,
    branches: usize,
    depth: usize,
    events: usize,
    /// Guards against recording that are in scope.
    unrecorded: usize,
    /// Guards that may be in scope.
    maybe_unrecorded: usize,
    /// Guards that keep a mode, by their syntax node.
    guards: Vec<usize>,
    /// How many branches were open where a variable got its guard.
    scope_branches: BTreeMap<PathId, usize>,
    /// The next pattern is the head of a `while let`, which gives an item in each round.
    while_let: bool,
    /// The expression that is a statement, by its syntax node.
    statement: usize,
    /// The conditions around what is being lowered, and what counts rounds.
    guarding: guard::Guarding,
}

impl<'a> Lower<'a> {
    fn new(seen: &'a Seen, function: FnId) -> Self {
        let SeenFn { survey, options, .. } = &seen.functions[function];
        let mut cfg = Cfg { too_many_conditions: survey.too_many, ..Cfg::default() };
        cfg.blocks.push(Block { label: "entry".to_owned(), ..Block::default() });
        Self {
            cfg,
            seen,
            options,
            dialect: &TORCH,
            root: function,
            function,
            survey,
            conditions: BTreeMap::new(),
            answers: Vec::new(),
            call: None,
            call_ids: BTreeMap::new(),
            active: Vec::new(),
            entered: Vec::new(),
            followed_calls: 0,
            called: BTreeSet::new(),
            awaited: Vec::new(),
            asked: Vec::new(),
            failures: Vec::new(),
            failing: Vec::new(),
            aliases: BTreeMap::new(),
            firsts: BTreeMap::new(),
            first_of: BTreeMap::new(),
            mentions: Vec::new(),
            at: 0,
            dead: false,
            reached: vec![true],
            scope: Vec::new(),
            names: BTreeMap::new(),
            hidden: Vec::new(),
            values: BTreeMap::new(),
            roots: BTreeMap::new(),
            graphs: BTreeMap::new(),
            field_graphs: Vec::new(),
            loops: BTreeMap::new(),
            sites: BTreeMap::new(),
            calls: BTreeMap::new(),
            chain: 0,
            running: Vec::new(),
            objects: BTreeMap::new(),
            noted: BTreeMap::new(),
            made_of: BTreeMap::new(),
            added: BTreeMap::new(),
            sources_of_items: BTreeSet::new(),
            declared: BTreeMap::new(),
            parameters: BTreeSet::new(),
            read: BTreeSet::new(),
            built: BTreeMap::new(),
            frames: Vec::new(),
            rounds: Vec::new(),
            branches: 0,
            depth: 0,
            events: 0,
            unrecorded: 0,
            maybe_unrecorded: 0,
            guards: Vec::new(),
            scope_branches: BTreeMap::new(),
            while_let: false,
            statement: 0,
            guarding: guard::Guarding::default(),
        }
    }

    // Blocks.

    fn block(&mut self, label: &str) -> BlockId {
        self.cfg.blocks.push(Block { label: label.to_owned(), ..Block::default() });
        self.reached.push(false);
        self.cfg.blocks.len() - 1
    }

    fn edge(&mut self, to: BlockId, skips: bool) {
        if self.dead {
            return;
        }
        self.reached[to] = true;
        let edge = Edge { to, skips };
        let edges = &mut self.cfg.blocks[self.at].edges;
        if !edges.contains(&edge) {
            edges.push(edge);
        }
    }

    fn goto(&mut self, to: BlockId) {
        self.edge(to, false);
    }

    fn start(&mut self, block: BlockId) {
        self.at = block;
        self.dead = !self.reached[block];
    }

    /// What follows is not reached.
    fn stop(&mut self) {
        self.dead = true;
    }

    // Events.

    fn emit(&mut self, action: Action, site: SiteId) {
        if self.dead {
            return;
        }
        self.events += 1;
        if self.events > MOST_EVENTS {
            self.cfg.gave_up = true;
            return;
        }
        let maybe_not_first = self
            .rounds
            .iter()
            .any(|round| round.first && (self.branches > round.branches || round.continued));
        let first = self.rounds.last().is_none_or(|round| round.first);
        self.cfg.blocks[self.at].events.push(Event { action, site, maybe_not_first, first });
    }

    /// The site of a syntax node, the same in all copies of a loop.
    fn site(&mut self, node: usize, stage: Option<Stage>, place: impl FnOnce() -> (Place, String)) -> SiteId {
        let conditional = self
            .rounds
            .last()
            .map_or(self.branches > 0, |round| self.branches > round.branches || round.continued);
        if let Some(&known) = self.sites.get(&(node, self.chain)) {
            return known;
        }
        let (place, text) = place();
        let loops = self.rounds.iter().map(|round| round.of).collect();
        let guards = self.guards_here();
        let call = self.call;
        self.cfg.sites.push(Site {
            place,
            text,
            loops,
            conditional,
            guards,
            stage,
            fused: false,
            own: false,
            call,
        });
        self.sites.insert((node, self.chain), self.cfg.sites.len() - 1);
        self.cfg.sites.len() - 1
    }

    fn site_of(&mut self, expr: &Expr, stage: Option<Stage>) -> SiteId {
        self.site(address(expr), stage, || (Place::of(expr), text::call(expr)))
    }

    fn loop_of(&mut self, node: usize, line: usize, head: impl FnOnce() -> String) -> LoopId {
        *self.loops.entry((node, self.chain)).or_insert_with(|| {
            self.cfg.loops.push(Loop { line, text: head(), over: String::new() });
            self.cfg.loops.len() - 1
        })
    }

    fn begin_round(&mut self, of: LoopId, first: bool) {
        self.rounds.push(Round {
            of,
            first,
            branches: self.branches,
            continued: false,
            guards: self.open_guards(),
            bumped: BTreeSet::new(),
        });
    }

    // Names.

    fn lookup(&self, name: &str) -> Option<PathId> {
        let visible = |index: usize| !self.hidden.iter().any(|&(from, to)| (from..to).contains(&index));
        let known = self.names.get(name)?.iter().rev();
        known.copied().find(|(index, _)| visible(*index)).map(|(_, path)| path)
    }

    fn enter(&mut self, name: &str, path: PathId) {
        self.names.entry(name.to_owned()).or_default().push((self.scope.len(), path));
        self.scope.push((name.to_owned(), path));
    }

    /// Ends the scopes opened since it held `mark` names.
    fn leave(&mut self, mark: usize) {
        self.leave_with(mark, &Value::nothing());
    }

    /// Ends the scopes opened since it held `mark` names; a value goes on.
    fn leave_with(&mut self, mark: usize, value: &Value<'a>) {
        let mut kept = Vec::new();
        value.all_graphs(&mut kept);
        for (name, path) in self.scope.split_off(mark) {
            if path == BORDER {
                continue;
            }
            if let Some(known) = self.names.get_mut(&name) {
                known.pop();
            }
            self.changed_in(path);
            if let Some(&graph) = self.graphs.get(&path)
                && !kept.contains(&graph)
            {
                self.emit(Action::Compute(graph, Vec::new()), 0);
            }
            self.close_guard(path);
        }
    }

    // Objects.

    fn optimizer(&mut self, path: PathId, owned: Option<Deps>, from_caller: bool) -> OptimizerId {
        if let Some(&known) = self.objects.get(&path) {
            if let Some(owned) = owned {
                let now = &mut self.cfg.optimizers[known].owned;
                *now = Some(now.as_ref().map_or(owned.clone(), |before| before.union(&owned)));
            }
            return known;
        }
        if self.cfg.optimizers.len() == MOST_OPTIMIZERS {
            self.cfg.gave_up = true;
            return 0;
        }
        self.cfg.optimizers.push(Optimizer {
            name: self.cfg.paths.name(path).to_owned(),
            path,
            owned,
            from_caller,
            given: false,
            escapes: false,
            lost: false,
            several: false,
            built: Vec::new(),
            models: Vec::new(),
        });
        self.objects.insert(path, self.cfg.optimizers.len() - 1);
        self.cfg.optimizers.len() - 1
    }

    fn graph(&mut self, path: PathId) -> GraphId {
        if let Some(&known) = self.graphs.get(&path) {
            return known;
        }
        let name = self.cfg.paths.name(path).to_owned();
        self.cfg.graphs.push(Graph { name, ..Graph::default() });
        let graph = self.cfg.graphs.len() - 1;
        self.graphs.insert(path, graph);
        if self.cfg.paths.root_of(path) != path {
            self.field_graphs.push((path, graph));
        }
        graph
    }

    fn uses(&mut self, graph: GraphId, user: User) {
        let user = (user, self.rounds.last().map(|round| round.of));
        let users = &mut self.cfg.graphs[graph].users;
        if users.len() < 2 && !users.contains(&user) {
            users.push(user);
        }
    }

    fn lose(&mut self, optimizers: Vec<OptimizerId>) {
        for id in optimizers {
            self.cfg.optimizers[id].lost = true;
        }
    }
}

/// The address of a syntax node, which names it while the function is being lowered.
fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}
