//! Conditions that decide within a round whether a site is reached, and what they are.
//!
//! ```text
//! for (i, batch) in train.iter().enumerate() {
//!     loss.backward();                      // no guard
//!     if (i + 1) % 4 != 0 { continue; }
//!     optimizer.step();                     // guard 0 came out false: a counter, `i + 1` by `4`
//! }
//! ```

use std::collections::BTreeSet;

use super::{Cfg, LoopId, PathId, Site, SiteId};
use crate::diagnostic::Place;

/// Index into [`Cfg::guards`].
pub type GuardId = usize;

/// A condition inside a loop, or inside a function without one.
#[derive(Clone, Debug)]
pub struct Guard {
    /// As the source writes it.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    /// The same as a site.
    pub site: SiteId,
    /// What it asks.
    pub kind: GuardKind,
}

/// What a condition asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardKind {
    /// Whether so many rounds have gone by: `(i + 1) % k == 0`, `count == k`, `i.is_multiple_of(k)`.
    Counter(Counter),
    /// Whether something is there: `if let Some(optimizer)`, `optimizer.is_some()`.
    Absent,
    /// Something about what this round computed: `loss.is_finite()`, a gradient's norm.
    Measured,
    /// A variable or a field alone.
    Flag,
    /// Only a call without arguments, which does not depend on what was computed: `engine.should_step()`.
    Asks,
    /// Anything else.
    Other,
}

/// A condition that comes out one way once in so many rounds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four questions about one condition, none of which rules out another"
)]
pub struct Counter {
    /// The variable that counts.
    pub counts: PathId,
    /// What is compared, as the source writes it: `i + 1`.
    pub count: String,
    /// The number of iterations that it counts.
    pub every: Period,
    /// It compares a remainder, so that it fires repeatedly.
    pub divides: bool,
    /// The loop whose rounds are counted.
    pub rounds_of: LoopId,
    /// How the condition comes out when the rounds are full.
    pub fires: bool,
    /// How many rounds have gone by when it first comes out so, less `every`: 0 is right, 1 is after a single
    /// round, -1 one round short. `None` where it cannot be told.
    pub shift: Option<i64>,
    /// The count starts over each time the loop is run.
    pub starts_over: bool,
    /// Something else may make it come out so too, as in `(i + 1) % k == 0 || is_last`.
    pub or_else: bool,
    /// The loop takes its items, counted, from something; else it runs over numbers or as long as a condition holds.
    pub over_items: bool,
}

/// The number of iterations that a counter counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// As the source writes it: `4`, `k`.
    pub text: String,
    /// The number, where it is a literal.
    pub number: Option<i64>,
    /// The names in it.
    pub names: BTreeSet<String>,
    /// It is the length of the loop, so that the counter fires once, in the last iteration.
    pub whole_loop: bool,
}

impl Guard {
    /// The counter, if it is one.
    pub fn counter(&self) -> Option<&Counter> {
        match &self.kind {
            GuardKind::Counter(counter) => Some(counter),
            _ => None,
        }
    }
}

impl Counter {
    /// Whether both come out the same way in the same rounds.
    fn agrees(&self, other: &Self) -> bool {
        self.counts == other.counts && self.every == other.every && self.shift == other.shift
    }
}

impl Cfg {
    /// The counter that a guard of this site is, when it came out as it does when the rounds are full.
    pub fn full(&self, (guard, holds): (GuardId, bool)) -> Option<&Counter> {
        self.guards[guard].counter().filter(|counter| counter.fires == holds)
    }

    /// Whether two guards are as good as the same: one place, one text, or one count.
    pub fn same_guard(&self, a: (GuardId, bool), b: (GuardId, bool)) -> bool {
        if a.0 == b.0 {
            return a.1 == b.1;
        }
        let (one, other) = (&self.guards[a.0], &self.guards[b.0]);
        match (one.counter(), other.counter()) {
            (Some(x), Some(y)) => x.agrees(y) && (x.fires == a.1) == (y.fires == b.1),
            (None, None) => one.text == other.text && a.1 == b.1,
            _ => false,
        }
    }

    /// Whether every guard of one site guards the other too, so that wherever the other runs it runs as well.
    pub fn runs_with(&self, site: &Site, other: &Site) -> bool {
        let guarded =
            |guard: &(GuardId, bool)| other.guards.iter().any(|known| self.same_guard(*guard, *known));
        site.guards.iter().all(guarded)
    }
}
