//! The history of an optimizer's gradients, in more detail than their states.
//!
//! A history contains the backwards that ran since each `zero_grad`, and tells whether their
//! gradients were clipped.
//! A history ignores path conditions. It may contain a backward that did not run, but it contains
//! every backward that ran.

use std::collections::{BTreeMap, BTreeSet};

use crate::cfg::{BlockId, Cfg, OptimizerId, SiteId};
use crate::flow::{Observed, Solution};
use crate::stage::Effect;

/// The cause of empty gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Emptied {
    /// The caller may have emptied the gradients.
    Caller,
    /// A constructor made an optimizer with empty gradients.
    Built(SiteId),
    /// A `zero_grad` emptied the gradients.
    Zeroed(SiteId),
    /// The backward returned the gradients as a new value.
    New,
}

/// The possible history of the gradients at one point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// The possible last causes of empty gradients.
    pub(super) emptied: BTreeSet<Emptied>,
    /// The backwards that may have run since the gradients were last empty.
    pub(super) fills: BTreeMap<SiteId, Fill>,
    /// The clips that may have run since the last backward.
    pub(super) clips: BTreeSet<SiteId>,
    /// Whether a clip has run since the last backward on every path.
    pub(super) clipped: bool,
}

/// A backward that may have contributed to the gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fill {
    /// Whether the backward may have run in an earlier iteration of a loop.
    pub(super) old: bool,
    /// Whether, on every path, a step has used the gradients since the backward.
    pub(super) stepped: bool,
}

impl Entry {
    /// Whether, on some path, no step has used the gradients of this backward so far.
    pub(super) fn waits(&self, fill: SiteId) -> bool {
        self.fills.get(&fill).is_some_and(|fill| !fill.stepped)
    }

    fn join(&mut self, other: &Self) -> bool {
        let before = self.clone();
        self.emptied.extend(&other.emptied);
        for (site, fill) in &other.fills {
            let mine = self.fills.entry(*site).or_insert(*fill);
            mine.old |= fill.old;
            mine.stepped &= fill.stepped;
        }
        self.clips.extend(&other.clips);
        self.clipped &= other.clipped;
        *self != before
    }

    fn apply(&mut self, cfg: &Cfg, what: &Observed, id: OptimizerId, site: SiteId) {
        match what {
            Observed::Build(of) if *of == id => *self = Self::emptied(Emptied::Built(site)),
            Observed::Effect(of, effect, _) if *of == id => match effect {
                Effect::Zero => *self = Self::emptied(Emptied::Zeroed(site)),
                Effect::Fill => {
                    if cfg.renews(site) {
                        *self = Self::emptied(Emptied::New);
                    }
                    let old = self.fills.get(&site).is_some_and(|fill| fill.old);
                    self.fills.insert(site, Fill { old, stepped: false });
                    self.clips.clear();
                    self.clipped = false;
                }
                Effect::Clip => {
                    self.clips.insert(site);
                    self.clipped = true;
                }
                Effect::Take => self.fills.values_mut().for_each(|fill| fill.stepped = true),
                Effect::Nothing | Effect::Unscale => {}
            },
            _ => {}
        }
    }

    fn emptied(by: Emptied) -> Self {
        Self { emptied: BTreeSet::from([by]), ..Self::default() }
    }
}

/// The history of one optimizer's gradients.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The history before each event on the gradients, by the index of the event's visit.
    pub(super) before: BTreeMap<usize, Entry>,
    /// The history at the end of each block.
    pub(super) ends: BTreeMap<BlockId, Entry>,
}

/// Follows the gradients of one optimizer through the function, and records their history.
pub(super) fn follow(cfg: &Cfg, solution: &Solution, id: OptimizerId) -> Ledger {
    let mut by_rank: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, visit) in solution.visits.iter().enumerate() {
        by_rank.entry(visit.rank).or_default().push(index);
    }
    let lengths = cfg.blocks.iter().scan(0, |rank, block| {
        let first = *rank;
        *rank += block.events.len();
        Some(first)
    });
    let first_rank: Vec<usize> = lengths.collect();
    let mut starts: BTreeMap<BlockId, Entry> = BTreeMap::from([(0, Entry::emptied(Emptied::Caller))]);
    let mut open = BTreeSet::from([0]);
    let mut ledger = Ledger::default();
    while let Some(block) = open.pop_first() {
        let mut entry = starts[&block].clone();
        if let Some(round) = cfg.blocks[block].iterates {
            for (site, fill) in &mut entry.fills {
                fill.old |= cfg.sites[*site].loops.contains(&round);
            }
        }
        for offset in 0..cfg.blocks[block].events.len() {
            for &index in by_rank.get(&(first_rank[block] + offset + 1)).map_or(&[][..], Vec::as_slice) {
                let visit = &solution.visits[index];
                if matches!(visit.what, Observed::Effect(of, ..) | Observed::Build(of) if of == id) {
                    ledger.before.insert(index, entry.clone());
                }
                entry.apply(cfg, &visit.what, id, visit.site);
            }
        }
        for edge in &cfg.blocks[block].edges {
            let changed = match starts.get_mut(&edge.to) {
                Some(start) => start.join(&entry),
                None => starts.insert(edge.to, entry.clone()).is_none(),
            };
            if changed {
                open.insert(edge.to);
            }
        }
        ledger.ends.insert(block, entry);
    }
    ledger
}
