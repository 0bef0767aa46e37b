//! From the body of a function to its control-flow graph: the only walker of statements.
//!
//! It follows values through `let`, references, fields, tuples and closures, asks the vocabulary what each
//! call does, and leaves an event where something happens to gradients or graphs.
//! What it does not understand becomes an event that makes the analysis silent about what is touched.
//! It decides nothing: `flow` gives the events a meaning, `lints` judge it.

use std::collections::{BTreeMap, BTreeSet};

use syn::Expr;

use crate::cfg::{Block, BlockId, CallId, Cfg, ConditionId, GraphId, LoopId, OptimizerId, PathId, SiteId};
use crate::options::CheckOptions;
use crate::vocabulary::{TRAINING_LOOP, Vocabulary};

mod ask;
mod bind;
mod blocks;
mod call;
mod condition;
mod control;
mod count;
mod effects;
mod expr;
mod factors;
mod failure;
mod follow;
mod function;
mod guard;
mod head;
mod jump;
mod keep;
mod known;
mod macros;
mod method;
mod mode;
mod names;
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
mod unseen;
mod value;

use crate::limits;
use failure::{Asked, Failure};
use seen::{FnId, Seen, SeenFn};
use survey::Survey;
use value::Value;

/// Stands in the scope where a function or a closure begins to run.
const BORDER: PathId = PathId::MAX;

/// A function with all that it calls and that is seen.
pub(crate) struct Lowered {
    pub cfg: Cfg,
    /// The functions that it calls, itself or through others.
    pub called: BTreeSet<FnId>,
}

/// The control-flow graph of one of the functions that are seen.
pub(crate) fn lower_seen(seen: &Seen, function: FnId) -> Lowered {
    let mut lower = Lower::new(seen, function);
    lower.cfg.gave_up = seen.functions[function].survey.deepest > limits::NESTED_EXPRESSIONS;
    lower.function();
    lower.settle_guards();
    lower.settle_outcomes();
    let bodies = lower.called.iter().chain([&function]);
    for id in bodies {
        let factors = &seen.functions[*id].survey.factors;
        lower.cfg.factors.names.extend(factors.names.iter().cloned());
        lower.cfg.factors.sums |= factors.sums;
    }
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
    vocabulary: &'static Vocabulary,
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
            vocabulary: &TRAINING_LOOP,
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
}

/// The address of a syntax node, which names it while the function is being lowered.
fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}
