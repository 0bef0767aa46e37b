//! Blocks, and what happens in them: edges, events, sites, rounds of loops.

use std::collections::BTreeSet;

use syn::Expr;

use crate::cfg::{Action, Block, BlockId, Edge, Event, Excerpt, Head, Loop, LoopId, Site, SiteId};
use crate::diagnostic::Place;
use crate::limits;
use crate::lower::{Frame, FrameKind, Lower, Round, address, text};
use crate::stage::Stage;
use crate::tokens::identifiers;
use quote::ToTokens;

impl Lower<'_> {
    pub(super) fn block(&mut self, label: &str) -> BlockId {
        self.cfg.blocks.push(Block { label: label.to_owned(), ..Block::default() });
        self.reached.push(false);
        self.cfg.blocks.len() - 1
    }

    pub(super) fn edge(&mut self, to: BlockId, skips: bool) {
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

    pub(super) fn goto(&mut self, to: BlockId) {
        self.edge(to, false);
    }

    pub(super) fn start(&mut self, block: BlockId) {
        self.at = block;
        self.dead = !self.reached[block];
    }

    /// From here on jumps of this kind go to a block, until the frame is closed.
    pub(super) fn open_frame(&mut self, label: Option<String>, kind: FrameKind, break_to: BlockId) {
        let scope = self.scope.len();
        self.frames.push(Frame { label, kind, break_to, scope, value: None });
    }

    /// What follows is not reached.
    pub(super) fn stop(&mut self) {
        self.dead = true;
    }

    // Events.

    pub(super) fn emit(&mut self, action: Action, site: SiteId) {
        if self.dead {
            return;
        }
        self.events += 1;
        if self.events > limits::EVENTS {
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
    pub(super) fn site(
        &mut self,
        node: usize,
        stage: Option<Stage>,
        place: impl FnOnce() -> (Place, Excerpt),
    ) -> SiteId {
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
            receiver: None,
            callee: BTreeSet::new(),
            names: BTreeSet::new(),
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

    pub(super) fn site_of(&mut self, expr: &Expr, stage: Option<Stage>) -> SiteId {
        self.site(address(expr), stage, || (Place::of(expr), text::call(expr).into()))
    }

    /// The site of an opaque call, with its names if the function may train something.
    pub(super) fn opaque_site_of(&mut self, expr: &Expr) -> SiteId {
        let site = self.site_of(expr, None);
        let trains = self.seen.functions[self.root].survey.stages > 0;
        let names = &mut self.cfg.sites[site].names;
        // No lint asks for them in a function that trains nothing.
        if trains && names.is_empty() {
            identifiers(expr.to_token_stream(), names);
        }
        site
    }

    /// Records the callee of a site.
    pub(super) fn name_callee(&mut self, site: SiteId, expr: &Expr) {
        let site = &mut self.cfg.sites[site];
        match expr {
            Expr::MethodCall(call) if site.callee.is_empty() => {
                site.receiver = call.args.is_empty().then(|| text::tight(&call.receiver).into());
                identifiers(call.receiver.to_token_stream(), &mut site.callee);
            }
            Expr::Call(call) if site.callee.is_empty() => {
                identifiers(call.func.to_token_stream(), &mut site.callee);
            }
            _ => {}
        }
    }

    pub(super) fn loop_of(
        &mut self,
        node: usize,
        line: usize,
        head: impl FnOnce() -> (Excerpt, Head),
    ) -> LoopId {
        *self.loops.entry((node, self.chain)).or_insert_with(|| {
            let (text, head) = head();
            self.cfg.loops.push(Loop { line, text, head, ..Loop::default() });
            self.cfg.loops.len() - 1
        })
    }

    pub(super) fn begin_round(&mut self, of: LoopId, first: bool) {
        self.rounds.push(Round {
            of,
            first,
            branches: self.branches,
            continued: false,
            guards: self.open_guards(),
            bumped: BTreeSet::new(),
        });
    }
}
