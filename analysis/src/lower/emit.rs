//! The builder of the graph: blocks, edges, events and sites.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use syn::Expr;

use crate::cfg::{Action, Block, BlockId, Edge, Event, Excerpt, Head, Loop, LoopId, PathId, Site, SiteId};
use crate::diagnostic::Place;
use crate::limits;
use crate::lower::{Lower, address, text};
use crate::stage::Stage;
use crate::tokens::names_in;

/// A syntax node, with the chain of calls that leads to the node.
type NodeKey = (usize, u32);

/// The current position in the graph: the block that receives the next event.
pub(in crate::lower) struct Cursor {
    pub block: BlockId,
    /// Whether no path leads to the current place.
    pub dead: bool,
    /// Whether a path leads to each block.
    reached: Vec<bool>,
    /// Number of events emitted so far.
    pub events: usize,
}

impl Cursor {
    pub(in crate::lower) fn at_entry() -> Self {
        Self { block: 0, dead: false, reached: vec![true], events: 0 }
    }
}

/// Ids of sites, loops and variables by syntax node, shared by all copies of a loop body.
///
/// A function that is inlined twice has two ids for each of its nodes, one for each chain of calls.
#[derive(Default)]
pub(in crate::lower) struct Nodes {
    sites: BTreeMap<NodeKey, SiteId>,
    loops: BTreeMap<NodeKey, LoopId>,
    /// The variables that patterns and parameters declare.
    pub roots: BTreeMap<NodeKey, PathId>,
    /// The variables of inlined functions, by syntax node. A variable is recorded when its function
    /// is first inlined.
    pub firsts: BTreeMap<usize, PathId>,
    /// The entry in `firsts` for each variable of an inlined function.
    pub first_of: BTreeMap<PathId, PathId>,
    /// Ids of chains of calls, by the innermost call and the chain around this call.
    chains: BTreeMap<NodeKey, u32>,
    /// The chain of calls that leads to the current code.
    pub chain: u32,
}

impl Nodes {
    /// The id of the current chain with a further call at its end.
    pub(in crate::lower) fn chain_of(&mut self, call: usize) -> u32 {
        let next = u32::try_from(self.chains.len()).unwrap_or(u32::MAX) + 1;
        *self.chains.entry((call, self.chain)).or_insert(next)
    }
}

/// Blocks, edges and events.
impl Lower<'_> {
    pub(in crate::lower) fn block(&mut self, label: &str) -> BlockId {
        self.cfg.blocks.push(Block { label: label.to_owned(), ..Block::default() });
        self.at.reached.push(false);
        self.cfg.blocks.len() - 1
    }

    /// Adds an edge from the current block. If `skips` is set, the edge bypasses a loop whose body
    /// did not run.
    pub(in crate::lower) fn edge(&mut self, to: BlockId, skips: bool) {
        if self.at.dead {
            return;
        }
        self.at.reached[to] = true;
        let edge = Edge { to, skips };
        let edges = &mut self.cfg.blocks[self.at.block].edges;
        if !edges.contains(&edge) {
            edges.push(edge);
        }
    }

    pub(in crate::lower) fn goto(&mut self, to: BlockId) {
        self.edge(to, false);
    }

    /// Makes a block the current one.
    pub(in crate::lower) fn start(&mut self, block: BlockId) {
        self.at.block = block;
        self.at.dead = !self.at.reached[block];
    }

    /// Marks the code that follows as unreachable.
    pub(in crate::lower) fn stop(&mut self) {
        self.at.dead = true;
    }

    pub(in crate::lower) fn emit(&mut self, action: Action, site: SiteId) {
        if self.at.dead {
            return;
        }
        self.at.events += 1;
        if self.at.events > limits::EVENTS {
            self.cfg.gave_up = true;
            return;
        }
        let event = Event {
            action,
            site,
            maybe_not_first: self.control.may_skip_first(),
            first: self.control.in_first(),
        };
        self.cfg.blocks[self.at.block].events.push(event);
    }
}

/// Sites and loops.
impl<'a> Lower<'a> {
    /// The site of a syntax node.
    pub(in crate::lower) fn site(
        &mut self,
        node: usize,
        stage: Option<Stage>,
        place: impl FnOnce() -> (Place, Excerpt),
    ) -> SiteId {
        let key = (node, self.nodes.chain);
        if let Some(&known) = self.nodes.sites.get(&key) {
            return known;
        }
        let (place, text) = place();
        let site = Site {
            place,
            text,
            receiver: None,
            callee: BTreeSet::new(),
            names: Rc::default(),
            loops: self.control.loops(),
            conditional: self.control.is_conditional(),
            guards: self.guards_here(),
            stage,
            fused: false,
            own: false,
            call: self.inlining.call,
        };
        self.cfg.sites.push(site);
        self.nodes.sites.insert(key, self.cfg.sites.len() - 1);
        self.cfg.sites.len() - 1
    }

    /// The site of a syntax node, if it has one under the current chain of calls.
    pub(in crate::lower) fn known_site(&self, node: usize) -> Option<SiteId> {
        self.nodes.sites.get(&(node, self.nodes.chain)).copied()
    }

    pub(in crate::lower) fn site_of(&mut self, expr: &'a Expr, stage: Option<Stage>) -> SiteId {
        let resolver = self.resolver;
        self.site(address(expr), stage, || resolver.source(expr).shown(expr))
    }

    /// The site of an opaque call, with the names in the call if the checked function trains something.
    pub(in crate::lower) fn opaque_site_of(&mut self, expr: &'a Expr) -> SiteId {
        let site = self.site_of(expr, None);
        let trains = self.resolver.functions[self.inlining.root].survey.stages > 0;
        let names = &mut self.cfg.sites[site].names;
        // No lint reads them in a function that trains nothing.
        if trains && names.is_empty() {
            *names = Rc::clone(&self.resolver.source(expr).mentions(expr).names);
        }
        site
    }

    /// Records the receiver of the call at a site, and the names in the callee of this call.
    pub(in crate::lower) fn name_callee(&mut self, site: SiteId, expr: &Expr) {
        let site = &mut self.cfg.sites[site];
        match expr {
            Expr::MethodCall(call) if site.callee.is_empty() => {
                site.receiver = call.args.is_empty().then(|| text::tight(&call.receiver).into());
                site.callee = names_in(&call.receiver);
            }
            Expr::Call(call) if site.callee.is_empty() => {
                site.callee = names_in(&call.func);
            }
            _ => {}
        }
    }

    pub(in crate::lower) fn loop_of(
        &mut self,
        node: usize,
        line: usize,
        head: impl FnOnce() -> (Excerpt, Head),
    ) -> LoopId {
        *self.nodes.loops.entry((node, self.nodes.chain)).or_insert_with(|| {
            let (text, head) = head();
            self.cfg.loops.push(Loop { line, text, head, ..Loop::default() });
            self.cfg.loops.len() - 1
        })
    }
}
