//! What may hold at each point of a control-flow graph.
//!
//! A [`State`] is a few bit sets for each optimizer and each used-up graph.
//! Effects are small, `join` says whether it changed, a work list runs to the fixpoint, and only then one
//! pass collects the [`Visit`]s that lints look at.
//!
//! ```text
//! for batch in train {                          // gradients:
//!     let loss = mse_loss(&output, &target);    // {empty}   later rounds {used}
//!     loss.backward();                          // {filled}  later rounds {stale}
//!     optimizer.step();                         // {used}
//! }
//! ```

use crate::cfg::{Certain, Cfg, OptimizerId, SiteId};
use crate::stage::Effect;

mod ahead;
mod books;
mod effect;
mod gradients;
mod live;
mod solve;
mod tracks;
mod words;

pub use crate::cfg::Word;
use crate::limits;
pub use ahead::first_effects;
pub use books::Books;
use books::Ledger;
pub use gradients::Gradients;
pub use live::unused;
pub use solve::{Case, Solution, Visit, What, solve};
use tracks::Tracks;
pub use words::Words;

/// Where the last events behind a state happened; of several sites the first in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// The backward that filled the gradients, or that went on top of used ones.
    pub filled: Option<SiteId>,
    /// The step that used them.
    pub used: Option<SiteId>,
    /// The `zero_grad` that emptied them.
    pub zeroed: Option<SiteId>,
    /// A clip since the last backward.
    pub clipped: Option<SiteId>,
}

impl Trail {
    fn join(self, other: Self) -> Self {
        let first = |a: Option<SiteId>, b: Option<SiteId>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self {
            filled: first(self.filled, other.filled),
            used: first(self.used, other.used),
            zeroed: first(self.zeroed, other.zeroed),
            clipped: first(self.clipped, other.clipped),
        }
    }
}

/// The gradients of one optimizer at one point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Over all paths.
    pub all: Gradients,
    /// Over the paths that pass over no loop.
    pub direct: Gradients,
    /// The events behind `filled`, `used`, `stale` and `discarded`, each with its own trail.
    trails: [Trail; 7],
}

impl Cell {
    fn new(word: Gradients) -> Self {
        Self { all: word, direct: word, trails: [Trail::default(); 7] }
    }

    /// The events behind one word of the set.
    pub fn trail(&self, word: Gradients) -> Trail {
        self.trails[word.index()]
    }

    /// Puts one word in place of all, as far as any path comes here.
    fn set(&mut self, word: Gradients) {
        let direct = if self.direct == Gradients::NONE { Gradients::NONE } else { word };
        *self = Self { direct, ..Self::new(word) };
    }

    fn apply(&mut self, effect: Effect, site: SiteId) {
        let mut next = Self {
            all: self.all.after(effect),
            direct: self.direct.after(effect),
            trails: [Trail::default(); 7],
        };
        for word in self.all.words() {
            let after = word.after(effect);
            let mut trail = self.trail(word);
            match effect {
                Effect::Nothing | Effect::Unscale => {}
                Effect::Zero => trail.zeroed = Some(site),
                Effect::Fill if word == Gradients::STALE || word == Gradients::FILLED => trail.clipped = None,
                Effect::Fill => (trail.filled, trail.clipped) = (Some(site), None),
                Effect::Clip => trail.clipped = trail.clipped.or(Some(site)),
                Effect::Take => (trail.used, trail.clipped) = (Some(site), None),
            }
            let slot = &mut next.trails[after.index()];
            *slot = if *slot == Trail::default() { trail } else { slot.join(trail) };
        }
        *self = next;
    }

    /// Takes in what comes along another way; says whether anything changed.
    fn join(&mut self, other: &Self) -> bool {
        let before = *self;
        for (index, trail) in self.trails.iter_mut().enumerate() {
            let (word, _) = Gradients::WORDS[index];
            *trail = match (before.all.meets(word), other.all.meets(word)) {
                (true, true) => trail.join(other.trails[index]),
                (false, true) => other.trails[index],
                _ => *trail,
            };
        }
        self.all = self.all | other.all;
        self.direct = self.direct | other.direct;
        *self != before
    }

    /// Whether the words are bad here: on every path, on some, or not as far as can be said.
    pub fn certainty(&self, bad: Gradients) -> Option<Certain> {
        let silent = Gradients::UNKNOWN | Gradients::ENTRY;
        if self.all.meets(silent) || self.all == Gradients::NONE {
            return None;
        }
        if self.all.within(bad) {
            return Some(Certain::Every);
        }
        self.direct.meets(bad).then_some(Certain::Some)
    }
}

/// Whether a graph was used up by a backward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Over all paths: fresh, consumed and unknown, as bits.
    all: u8,
    /// Over the paths that pass over no loop.
    direct: u8,
    /// The backward that used it up.
    pub by: Option<SiteId>,
}

const FRESH: u8 = 1;
const CONSUMED: u8 = 2;
const LOST: u8 = 4;

impl Used {
    /// Used up, as bits.
    pub const BAD: u8 = CONSUMED;

    /// Whether it is fresh on every path.
    pub fn is_fresh(&self) -> bool {
        self.all == FRESH
    }

    /// Whether it is used up: on every path, on some, or not as far as can be said.
    pub fn certainty(&self) -> Option<Certain> {
        if self.all & LOST != 0 {
            None
        } else if self.all == CONSUMED {
            Some(Certain::Every)
        } else {
            (self.direct & CONSUMED != 0).then_some(Certain::Some)
        }
    }
}

/// What may hold at one point, under some assumptions on conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Which conditions are decided.
    known: u32,
    /// How they are decided.
    holds: u32,
    /// Whether a path that passes over no loop comes here.
    direct: bool,
    /// The optimizers whose parameters a backward may have reached, as bits.
    reached: u32,
    cells: Vec<Cell>,
    /// Graphs that are not simply fresh, sorted.
    graphs: Vec<(usize, Used)>,
    tracks: Tracks,
    ledger: Ledger,
}

impl Facts {
    fn used(&self, graph: usize) -> Used {
        match self.graphs.binary_search_by_key(&graph, |(id, _)| *id) {
            Ok(index) => self.graphs[index].1,
            Err(_) => Used { all: FRESH, direct: if self.direct { FRESH } else { 0 }, by: None },
        }
    }

    fn set_used(&mut self, graph: usize, used: Used) {
        let found = self.graphs.binary_search_by_key(&graph, |(id, _)| *id);
        match (found, used.all == FRESH) {
            (Ok(index), true) => drop(self.graphs.remove(index)),
            (Ok(index), false) => self.graphs[index].1 = used,
            (Err(_), true) => {}
            (Err(index), false) => self.graphs.insert(index, (graph, used)),
        }
    }

    fn join(&mut self, other: &Self) -> bool {
        let mut changed = other.direct && !self.direct;
        for (cell, more) in self.cells.iter_mut().zip(&other.cells) {
            changed |= cell.join(more);
        }
        let ids: Vec<usize> = self.graphs.iter().chain(&other.graphs).map(|(id, _)| *id).collect();
        for id in ids {
            let (mine, theirs) = (self.used(id), other.used(id));
            let by = match (mine.by, theirs.by) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            let both = Used { all: mine.all | theirs.all, direct: mine.direct | theirs.direct, by };
            if both != mine {
                changed = true;
                self.set_used(id, both);
            }
        }
        changed |= self.reached | other.reached != self.reached;
        self.reached |= other.reached;
        self.direct |= other.direct;
        changed | self.tracks.join(&other.tracks) | self.ledger.join(&other.ledger)
    }

    fn skip(&mut self) {
        self.direct = false;
        for cell in &mut self.cells {
            cell.direct = Gradients::NONE;
        }
        for (_, used) in &mut self.graphs {
            used.direct = 0;
        }
        self.tracks.skip();
        self.ledger.skip();
    }
}

/// What may hold at one point: one set of facts for each combination of assumptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    variants: Vec<Facts>,
    /// There were too many combinations: assumptions are kept no more.
    coarse: bool,
}

impl State {
    /// At the function's entry.
    fn entry(cfg: &Cfg, annotated: bool) -> Self {
        let start = |optimizer: &crate::cfg::Optimizer| {
            Cell::new(match (optimizer.lost, optimizer.from_caller, annotated) {
                (true, _, _) | (false, false, _) => Gradients::UNKNOWN,
                (false, true, true) => Gradients::EMPTY,
                (false, true, false) => Gradients::ENTRY,
            })
        };
        let cells = cfg.optimizers.iter().map(start).collect();
        let tracks = Tracks::entry(cfg, annotated);
        let ledger = Ledger::entry(cfg);
        Self {
            variants: vec![Facts {
                known: 0,
                holds: 0,
                direct: true,
                reached: 0,
                cells,
                graphs: Vec::new(),
                tracks,
                ledger,
            }],
            coarse: false,
        }
    }

    /// Whether no path comes here.
    pub fn is_unreachable(&self) -> bool {
        self.variants.is_empty()
    }

    /// Takes in what comes along another way; says whether anything changed.
    fn join(&mut self, other: &Self) -> bool {
        let mut changed = other.coarse && !self.coarse;
        if changed {
            self.coarsen();
        }
        for facts in &other.variants {
            changed |= self.add(facts);
        }
        changed
    }

    fn add(&mut self, facts: &Facts) -> bool {
        let mut facts = std::borrow::Cow::Borrowed(facts);
        if self.coarse {
            let facts = facts.to_mut();
            (facts.known, facts.holds) = (0, 0);
        }
        let key = (facts.known, facts.holds);
        match self.variants.binary_search_by_key(&key, |facts| (facts.known, facts.holds)) {
            Ok(index) => self.variants[index].join(&facts),
            Err(index) => {
                self.variants.insert(index, facts.into_owned());
                if self.variants.len() > limits::VARIANTS {
                    self.coarsen();
                }
                true
            }
        }
    }

    /// Keeps one set of facts, whatever is assumed.
    fn coarsen(&mut self) {
        self.coarse = true;
        for facts in std::mem::take(&mut self.variants) {
            self.add(&facts);
        }
    }

    /// The gradients of one optimizer, whatever is assumed.
    pub fn gradients(&self, optimizer: OptimizerId) -> Option<Cell> {
        let cells = self.variants.iter().map(|facts| facts.cells[optimizer]);
        cells.reduce(|mut joined, cell| {
            joined.join(&cell);
            joined
        })
    }

    /// The use of one graph, whatever is assumed.
    pub fn graph(&self, graph: usize) -> Option<Used> {
        let join =
            |a: Used, b: Used| Used { all: a.all | b.all, direct: a.direct | b.direct, by: a.by.or(b.by) };
        self.variants.iter().map(|facts| facts.used(graph)).reduce(join)
    }

    /// The books of one optimizer, whatever is assumed.
    fn books(&self, id: OptimizerId) -> Option<Books> {
        self.variants.iter().map(|facts| facts.ledger.of(id)).reduce(|mut joined, books| {
            joined.join(&books);
            joined
        })
    }

    /// What may hold of one tracked thing, whatever is assumed.
    fn words(&self, of: impl Fn(&Tracks) -> Option<Words>) -> Option<Words> {
        let words = self.variants.iter().filter_map(|facts| of(&facts.tracks));
        words.reduce(|mut joined, words| {
            joined.join(&words);
            joined
        })
    }

    fn skipped(&self) -> Self {
        let mut state = self.clone();
        state.variants.iter_mut().for_each(Facts::skip);
        state
    }
}

#[cfg(test)]
mod tests;
