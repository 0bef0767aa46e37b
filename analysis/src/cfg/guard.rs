//! Conditions that decide whether an iteration reaches a site.
//!
//! ```text
//! for (i, batch) in train.iter().enumerate() {
//!     loss.backward();                      // no guard
//!     if (i + 1) % 4 != 0 { continue; }
//!     optimizer.step();                     // guard 0, which counts `i + 1` by `4`, is false
//! }
//! ```

use std::collections::BTreeSet;

use super::{Cfg, Condition, ConditionKind, Excerpt, Formula, LoopId, PathId, Site, SiteId, Versioned};
use crate::diagnostic::Place;

/// The index of a guard in `Cfg::guards`.
pub type GuardId = usize;

/// A condition inside a loop, or anywhere in a function without a loop.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The source text of the condition.
    pub text: Excerpt,
    /// The place of the condition in the source.
    pub place: Place,
    /// The place of the condition as a site.
    pub site: SiteId,
    /// The formula of the condition.
    pub formula: Formula<Condition>,
    /// The kind of the whole formula.
    pub kind: ConditionKind,
}

/// A condition on a count of iterations. It has the value `fires` in one iteration of each period,
/// and the opposite value in all others.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "five questions about one condition, none of which rules out another"
)]
pub struct Counter {
    /// The counting variable.
    pub counts: PathId,
    /// The version of the counting variable.
    pub version: u32,
    /// The source text of the compared value: `i + 1`.
    pub count: Excerpt,
    /// The number of iterations in one period.
    pub every: Period,
    /// Whether the condition compares a remainder, as in `(i + 1) % k == 0`, so that it fires repeatedly.
    pub divides: bool,
    /// The loop whose iterations are counted.
    pub rounds_of: LoopId,
    /// The value that the condition has when a period is complete.
    pub fires: bool,
    /// The number of iterations until the condition first fires, modulo the period `every`; `None`
    /// if unknown.
    ///
    /// With shift 0, the condition first fires after a full period. With shift 1, the condition
    /// fires after a single iteration. With shift -1, it fires one iteration before the end of a
    /// period.
    pub shift: Option<i64>,
    /// Whether the count restarts each time the counted loop starts.
    pub starts_over: bool,
    /// Whether another operand of `||` may make the condition true: `(i + 1) % k == 0 || is_last`.
    pub or_else: bool,
    /// Whether the count increases by the size of each batch. The period `every` is then a number
    /// of samples.
    pub of_samples: bool,
    /// Whether the counted loop iterates over items. Other loops iterate over numbers or test a
    /// condition.
    pub over_items: bool,
}

/// The number of iterations in one period of a counter.
#[derive(Clone, Debug)]
pub struct Period {
    /// The source text of the number: `4`, `k`.
    pub text: Excerpt,
    /// The expression of the number.
    pub value: Versioned,
    /// The value of the number, if it is a literal.
    pub number: Option<i64>,
    /// The names in the expression of the number.
    pub names: BTreeSet<String>,
    /// Whether the number is the length of the loop. The counter then fires only in the last
    /// iteration.
    pub whole_loop: bool,
}

impl Guard {
    /// Creates a guard whose formula is not known yet.
    pub(crate) fn new(text: String, place: Place, site: SiteId) -> Self {
        let (formula, kind) = (Formula::All(Vec::new()), ConditionKind::Other);
        Self { text: text.into(), place, site, formula, kind }
    }

    /// The counter of the guard, if the condition of the guard is a counter.
    pub fn counter(&self) -> Option<&Counter> {
        match &self.kind {
            ConditionKind::Counter(counter) => Some(counter),
            _ => None,
        }
    }
}

impl Counter {
    /// Whether two counters have the same value in every iteration.
    fn agrees(&self, other: &Self) -> bool {
        self.counts == other.counts
            && self.version == other.version
            && self.every.value == other.every.value
            && self.shift == other.shift
    }
}

impl Cfg {
    /// The counter of a guard, if the value of the guard means that a period is complete.
    pub fn full(&self, (guard, holds): (GuardId, bool)) -> Option<&Counter> {
        self.guards[guard].counter().filter(|counter| counter.fires == holds)
    }

    /// Whether two guards are equivalent: the same guard, the same formula, or the same count.
    pub fn same_guard(&self, a: (GuardId, bool), b: (GuardId, bool)) -> bool {
        if a.0 == b.0 {
            return a.1 == b.1;
        }
        let (one, other) = (&self.guards[a.0], &self.guards[b.0]);
        match (one.counter(), other.counter()) {
            (Some(x), Some(y)) => x.agrees(y) && (x.fires == a.1) == (y.fires == b.1),
            (None, None) => {
                let ((one, a), (other, b)) = (positive(&one.formula, a.1), positive(&other.formula, b.1));
                a == b && one.agrees(other)
            }
            _ => false,
        }
    }

    /// Whether two guards have the same condition, even if they require different values of the
    /// condition.
    pub(crate) fn asks_the_same(&self, a: GuardId, b: GuardId) -> bool {
        self.same_guard((a, true), (b, true)) || self.same_guard((a, true), (b, false))
    }

    /// Whether every guard of `site` is also a guard of `other`. Then `site` runs whenever `other`
    /// runs.
    pub fn runs_with(&self, site: &Site, other: &Site) -> bool {
        let guarded =
            |guard: &(GuardId, bool)| other.guards.iter().any(|known| self.same_guard(*guard, *known));
        site.guards.iter().all(guarded)
    }
}

/// Removes the negations around a formula, and negates the value `holds` once for each removed
/// negation.
fn positive(formula: &Formula<Condition>, holds: bool) -> (&Formula<Condition>, bool) {
    match formula {
        Formula::Not(inner) => positive(inner, !holds),
        other => (other, holds),
    }
}
