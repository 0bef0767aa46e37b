//! Lowering of the body of a function to its control-flow graph.
//!
//! This is the only walk over statements.
//! The walk tracks values through `let`, references, fields, tuples and closures.
//! The walk asks the vocabulary for the effect of each call.
//! The walk emits an event where gradients, graphs or modes change.
//! Code that the walk does not understand becomes an event. After this event, nothing is reported
//! about the places that the code mentions.
//! Lowering reports no faults: `flow` interprets the events, and `lints` check the result.
//!
//! The comment of [`Lower`] shows the submodules and the order of their imports.
//! Each submodule owns its state, which is a field of [`Lower`].
//! The `impl Lower` blocks of a submodule are its part of the walk.
//! The walk is recursive: a branch lowers expressions again.

use std::collections::BTreeSet;

use crate::cfg::{Block, Cfg, IdleFault, NamedCall, NamedFault, Questions};
use crate::limits;
use crate::vocabulary::Vocabularies;

mod call;
mod control;
mod emit;
mod env;
mod expr;
mod function;
mod notes;
pub(crate) mod resolve;
mod text;

use call::inline::Inlining;
use call::mode::Recording;
use control::{Control, ask, differing, guard};
use emit::{Cursor, Nodes};
use env::{Env, Objects, Scope};
use notes::averages::Averaging;
use resolve::survey::Survey;
use resolve::{FnId, Function, Idle, Resolver};

/// The control-flow graph of a function, with the functions inlined into it.
pub(crate) struct Lowered {
    pub cfg: Cfg,
    /// The functions that this function calls, directly or through other functions.
    pub called: BTreeSet<FnId>,
    /// The first step of a function that trains, by the names of its calls.
    pub named_step: Option<NamedCall>,
}

/// Lowers one of the resolved functions to its control-flow graph.
pub(crate) fn lower_resolved(resolver: &Resolver, function: FnId) -> Lowered {
    let mut lower = Lower::new(resolver, function);
    lower.function();
    lower.cfg.facts.processes.aborts = resolver.functions.iter().any(|known| known.survey.distributed.aborts);
    lower.settle_guards();
    lower.settle_outcomes();
    lower.settle_stores();
    lower.settle_kept();
    lower.note_named_faults(function);
    lower.note_idle(function);
    let bodies = lower.inlining.called.iter().chain([&function]);
    for id in bodies {
        let factors = &resolver.functions[*id].survey.factors;
        lower.cfg.function.factors.names.extend(factors.names.iter().cloned());
        lower.cfg.function.factors.sums |= factors.sums;
        lower.cfg.function.factors.scales_gradients |= factors.scales_gradients;
    }
    lower.cfg.watch();
    lower.inlining.called.remove(&function);
    let named_step = resolver.functions[function].survey.named_step().cloned();
    Lowered { cfg: lower.cfg, called: lower.inlining.called, named_step }
}

/// The walk over one function: its graph so far, and the state of each submodule.
///
/// ```text
///       text           source text for messages
///         ▲
///      resolve         functions and types by name; surveys of functions; macros
///         ▲
///        env           scopes, places, abstract values
///         ▲
///   emit, notes        blocks, events and sites; notes for lints on bookkeeping
///         ▲
///      control         frames, loops, branches, jumps, conditions
///         ▲
///        call          resolves a call, performs its effect, inlines functions
///         ▲
///   expr, function     statements and expressions
/// ```
///
/// A submodule imports only from submodules above it.
/// There are exceptions for code that only inspects syntax: `resolve` imports `control::condition`,
/// `control::each` and `control::factors`, and `env` imports `control::known`.
struct Lower<'a> {
    cfg: Cfg,
    resolver: &'a Resolver<'a>,
    vocabulary: Vocabularies,
    scope: Scope,
    env: Env<'a>,
    objects: Objects,
    at: Cursor,
    nodes: Nodes,
    control: Control<'a>,
    asking: ask::Asking,
    guarding: guard::Guarding,
    inlining: Inlining,
    recording: Recording,
    processes: differing::Processes,
    averaging: Averaging<'a>,
    syntax: Syntax,
}

/// The position of the walk in the syntax tree.
#[derive(Default)]
struct Syntax {
    /// Nesting depth of the expression that is being lowered.
    depth: usize,
    /// The syntax node of the expression that is a whole statement.
    statement: usize,
    /// The syntax node of the statement without a `?` or an `unwrap` around it: `f(x)` for
    /// `f(x)?;`.
    statement_call: usize,
    /// The syntax node of the call whose result is bound to a variable that is named as a loss.
    loss: Option<usize>,
    /// Whether the next pattern is the head of a `while let`, which binds an item in each iteration.
    while_let: bool,
}

impl<'a> Lower<'a> {
    fn new(resolver: &'a Resolver<'a>, function: FnId) -> Self {
        let survey = &resolver.functions[function].survey;
        let questions = Questions { too_many: survey.too_many, ..Questions::default() };
        let cfg = Cfg {
            blocks: vec![Block { label: "entry".to_owned(), ..Block::default() }],
            questions,
            gave_up: survey.deepest > limits::NESTED_EXPRESSIONS,
            ..Cfg::default()
        };
        Self {
            cfg,
            resolver,
            vocabulary: resolver.functions[function].options.vocabularies.unwrap_or(resolver.vocabularies),
            scope: Scope::default(),
            env: Env::default(),
            objects: Objects::default(),
            at: Cursor::at_entry(),
            nodes: Nodes::default(),
            control: Control::default(),
            asking: ask::Asking::default(),
            guarding: guard::Guarding::default(),
            inlining: Inlining::of(function),
            recording: Recording::default(),
            processes: differing::Processes::default(),
            averaging: Averaging::default(),
            syntax: Syntax::default(),
        }
    }

    /// Records the faults that the names of the function's calls show.
    fn note_named_faults(&mut self, function: FnId) {
        for fault in self.resolver.order_faults(function) {
            let site = self.site_of(fault.at, None);
            let other = fault.other.map(|other| self.site_of(other, None));
            let named = NamedFault { kind: fault.kind, site, other, about: fault.about };
            self.cfg.function.named_faults.push(named);
        }
    }

    /// Records the losses and the optimizers that nothing trains with.
    fn note_idle(&mut self, function: FnId) {
        for found in self.resolver.idle(function) {
            let site = found.at.map_or(0, |at| self.site_of(at, None));
            let Idle { kind, about, optimizer, .. } = found;
            self.cfg.function.idle.push(IdleFault { kind, site, about, optimizer });
        }
    }

    /// The function whose body is being lowered.
    fn here(&self) -> &'a Function<'a> {
        &self.resolver.functions[self.inlining.function]
    }

    /// The survey of the function whose body is being lowered.
    fn survey(&self) -> &'a Survey {
        &self.here().survey
    }
}

/// The address of a syntax node, which identifies the node while the function is being lowered.
fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}
