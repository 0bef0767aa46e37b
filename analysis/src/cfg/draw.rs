//! Drawings of a control-flow graph: as text with the states in the margin, and as Mermaid.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Action, BlockId, BlockKind, Cfg, Edge, Event};

impl Cfg {
    /// The graph as text. The text lists the blocks, the stages in each block with their lines, and
    /// the edges.
    ///
    /// `margin` returns the text next to each event of a block.
    pub fn text(&self, margin: &dyn Fn(BlockId) -> Vec<String>) -> String {
        let shown = self.shown();
        let mut out = String::new();
        for (number, &block) in shown.iter().enumerate() {
            let _ = writeln!(out, "{number} {}", self.title(block));
            let beside = margin(block);
            for (index, event) in self.blocks[block].events.iter().enumerate() {
                if let Some(line) = self.line(event) {
                    let state = beside.get(index).map_or("", String::as_str);
                    let _ = writeln!(out, "  {}", format!("{line:<56}{state}").trim_end());
                }
            }
            let next = self.next_shown(block, &shown).into_iter().map(|(number, skips)| {
                if skips { format!("{number} (no round)") } else { number.to_string() }
            });
            let next: Vec<String> = next.collect();
            let _ =
                writeln!(out, "  -> {}", if next.is_empty() { "end".to_owned() } else { next.join(", ") });
        }
        out
    }

    /// The graph as a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        let shown = self.shown();
        let mut out = String::from("flowchart TD\n");
        for (number, &block) in shown.iter().enumerate() {
            let lines = self.blocks[block].events.iter().filter_map(|event| self.line(event));
            let lines: Vec<String> =
                std::iter::once(self.title(block)).chain(lines).map(|line| escape(line.trim())).collect();
            let _ = writeln!(out, "    n{number}[\"{}\"]", lines.join("<br/>"));
        }
        for (number, &block) in shown.iter().enumerate() {
            for (next, skips) in self.next_shown(block, &shown) {
                let arrow = if skips { "-. no round .->" } else { "-->" };
                let _ = writeln!(out, "    n{number} {arrow} n{next}");
            }
        }
        out
    }

    /// The reachable blocks to draw: the entry, exits, loop heads, and blocks with a drawn event.
    fn shown(&self) -> Vec<BlockId> {
        let mut reached = BTreeSet::from([0]);
        let mut open = vec![0];
        while let Some(block) = open.pop() {
            open.extend(self.blocks[block].edges.iter().map(|edge| edge.to).filter(|to| reached.insert(*to)));
        }
        let worth = |block: &BlockId| {
            let known = &self.blocks[*block];
            *block == 0
                || known.kind != BlockKind::Inner
                || known.events.iter().any(|event| self.line(event).is_some())
        };
        reached.into_iter().filter(worth).collect()
    }

    fn title(&self, block: BlockId) -> String {
        match self.blocks[block].label.as_str() {
            "" => "and then".to_owned(),
            label => label.to_owned(),
        }
    }

    /// The text of an event in the drawing: its line number and its source text. `None` if the
    /// event is not drawn.
    fn line(&self, event: &Event) -> Option<String> {
        let drawn = matches!(
            event.action,
            Action::Build(_)
                | Action::Effect(..)
                | Action::Through(..)
                | Action::Backward { .. }
                | Action::Mark(_)
                | Action::Collective(_)
        );
        let site = &self.sites[event.site];
        drawn.then(|| format!("{:>4}  {}", site.place.line(), site.text))
    }

    /// The next drawn blocks after a block, as indices in `shown`.
    ///
    /// The flag tells whether the path to the drawn block bypasses a loop.
    fn next_shown(&self, block: BlockId, shown: &[BlockId]) -> BTreeSet<(usize, bool)> {
        let mut next = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<Edge> = self.blocks[block].edges.clone();
        while let Some(edge) = open.pop() {
            if !seen.insert((edge.to, edge.skips)) {
                continue;
            }
            if let Ok(number) = shown.binary_search(&edge.to) {
                next.insert((number, edge.skips));
                continue;
            }
            let onward = self.blocks[edge.to].edges.iter();
            open.extend(onward.map(|next| Edge { to: next.to, skips: next.skips || edge.skips }));
        }
        next
    }
}

fn escape(line: &str) -> String {
    line.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
