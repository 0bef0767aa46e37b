//! The abstract value of an optimizer's gradients: the states, and the events that led to each
//! state.

use super::gradients::GradientStates;
use crate::cfg::{Certain, SiteId};
use crate::stage::Effect;

/// The last events that led to a state. If there are events at several sites, the first site in the
/// source is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GradientProvenance {
    /// The backward that filled the gradients, or added to gradients that a step had used.
    pub filled: Option<SiteId>,
    /// The step that used the gradients.
    pub used: Option<SiteId>,
    /// The `zero_grad` that emptied the gradients.
    pub zeroed: Option<SiteId>,
    /// A clip that ran since the last backward.
    pub clipped: Option<SiteId>,
    /// An opaque call that is assumed not to have changed the gradients.
    pub assumed: Option<SiteId>,
}

impl GradientProvenance {
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
            assumed: first(self.assumed, other.assumed),
        }
    }
}

/// The gradients of one optimizer at one point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GradientValue {
    /// The states over all paths.
    pub all: GradientStates,
    /// The states over the paths on which every loop runs at least once.
    pub direct: GradientStates,
    /// The provenance of each state.
    provenance: [GradientProvenance; 8],
}

impl GradientValue {
    pub(super) fn new(states: GradientStates) -> Self {
        Self { all: states, direct: states, provenance: [GradientProvenance::default(); 8] }
    }

    /// The events that led to one state.
    pub fn provenance(&self, state: GradientStates) -> GradientProvenance {
        self.provenance[state.index()]
    }

    /// Replaces all states by this state. If `direct` is empty, it stays empty.
    pub(super) fn set(&mut self, state: GradientStates) {
        let direct = if self.direct == GradientStates::NONE { GradientStates::NONE } else { state };
        *self = Self { direct, ..Self::new(state) };
    }

    /// Updates the value along an edge that bypasses a loop: `direct` becomes empty.
    pub(super) fn skip(&mut self) {
        self.direct = GradientStates::NONE;
    }

    pub(super) fn apply(&mut self, effect: Effect, site: SiteId) {
        let mut next = Self {
            all: self.all.after(effect),
            direct: self.direct.after(effect),
            provenance: [GradientProvenance::default(); 8],
        };
        for state in self.all.states() {
            let provenance = self.provenance_after(state, effect, site);
            let slot = &mut next.provenance[state.after(effect).index()];
            *slot = if *slot == GradientProvenance::default() { provenance } else { slot.join(provenance) };
        }
        *self = next;
    }

    /// Applies a `backward` whose loss may or may not reach the gradients.
    ///
    /// The `backward` is not recorded as provenance: a later `backward` whose loss certainly
    /// reaches the gradients is a better explanation.
    pub(super) fn may_fill(&mut self) {
        let all = |set: GradientStates| {
            set.states().fold(GradientStates::NONE, |all, state| all | state.step_perhaps())
        };
        let mut next =
            Self { all: all(self.all), direct: all(self.direct), ..Self::new(GradientStates::NONE) };
        for state in self.all.states() {
            for reached in state.step_perhaps().states() {
                let slot = &mut next.provenance[reached.index()];
                let known = GradientProvenance { clipped: None, ..self.provenance(state) };
                *slot = if *slot == GradientProvenance::default() { known } else { slot.join(known) };
            }
        }
        *self = next;
    }

    /// Records an opaque call that is assumed not to change the gradients.
    pub(super) fn assume(&mut self, call: SiteId) {
        for state in self.all.states() {
            let known = &mut self.provenance[state.index()];
            known.assumed = known.assumed.or(Some(call));
        }
    }

    /// Whether one of these states holds only if an opaque call did not change the gradients.
    pub fn is_assumed(&self, states: GradientStates) -> bool {
        states.states().any(|state| self.all.meets(state) && self.provenance(state).assumed.is_some())
    }

    /// Replaces the gradients by the new value that the `backward` at `site` returns.
    ///
    /// With `adds`, the value is added to an accumulator, which is empty after a step. Unknown
    /// gradients stay unknown, unless `owns` tells that no opaque code can use the accumulator.
    pub(super) fn renew(&mut self, adds: bool, owns: bool, site: SiteId) {
        let new = GradientProvenance { filled: Some(site), ..GradientProvenance::default() };
        let kept = adds && self.all.meets(GradientStates::FILLED);
        let unknown = adds && !owns && self.all.meets(GradientStates::UNKNOWN);
        let before = self.provenance(GradientStates::FILLED);
        let direct = self.direct;
        *self = Self::new(if unknown { GradientStates::UNKNOWN } else { GradientStates::FILLED });
        if direct == GradientStates::NONE {
            self.direct = GradientStates::NONE;
        }
        if !unknown {
            self.provenance[GradientStates::FILLED.index()] =
                if kept { GradientProvenance { clipped: None, ..before } } else { new };
        }
    }

    /// Keeps only the states whose gradients were filled by a `backward` that passes the test
    /// `is_given`.
    ///
    /// Returns whether a state remains.
    pub(super) fn keep_filled_by(&mut self, is_given: impl Fn(SiteId) -> bool) -> bool {
        let given = |state: &GradientStates| self.provenance(*state).filled.is_some_and(&is_given);
        let kept = self.all.states().filter(given).fold(GradientStates::NONE, GradientStates::or);
        let gone = GradientStates::ALL.iter().filter(|(state, _)| !kept.meets(*state));
        let gone: Vec<GradientStates> = gone.map(|(state, _)| *state).collect();
        for state in gone {
            self.provenance[state.index()] = GradientProvenance::default();
        }
        self.all = kept;
        self.direct = self.direct.and(kept);
        kept != GradientStates::NONE
    }

    /// Forgets the gradients that were filled by a `backward` that passes the test `is_given`.
    pub(super) fn end(&mut self, is_given: impl Fn(SiteId) -> bool) {
        let ended = [GradientStates::FILLED, GradientStates::USED];
        let ended: Vec<GradientStates> = ended
            .into_iter()
            .filter(|state| self.all.meets(*state) && self.provenance(*state).filled.is_some_and(&is_given))
            .collect();
        for state in ended {
            let rest = |set: GradientStates| {
                let rest = set.states().filter(|known| *known != state);
                let rest = rest.fold(GradientStates::NONE, GradientStates::or);
                if set.meets(state) { rest | GradientStates::EMPTY } else { set }
            };
            self.all = rest(self.all);
            self.direct = rest(self.direct);
            self.provenance[state.index()] = GradientProvenance::default();
        }
    }

    fn provenance_after(&self, state: GradientStates, effect: Effect, site: SiteId) -> GradientProvenance {
        let before = self.provenance(state);
        match effect {
            Effect::Nothing | Effect::Unscale => before,
            Effect::Zero => GradientProvenance { zeroed: Some(site), assumed: None, ..before },
            Effect::Fill if state == GradientStates::STALE || state == GradientStates::FILLED => {
                GradientProvenance { filled: before.filled.or(Some(site)), clipped: None, ..before }
            }
            Effect::Fill => GradientProvenance { filled: Some(site), clipped: None, ..before },
            Effect::Clip => GradientProvenance { clipped: before.clipped.or(Some(site)), ..before },
            Effect::Take => GradientProvenance { used: Some(site), clipped: None, assumed: None, ..before },
        }
    }

    /// Joins the value of another path; returns whether anything changed.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let before = *self;
        for (index, provenance) in self.provenance.iter_mut().enumerate() {
            let (state, _) = GradientStates::ALL[index];
            *provenance = match (before.all.meets(state), other.all.meets(state)) {
                (true, true) => provenance.join(other.provenance[index]),
                (false, true) => other.provenance[index],
                _ => *provenance,
            };
        }
        self.all = self.all | other.all;
        self.direct = self.direct | other.direct;
        *self != before
    }

    /// Whether the gradients are in a bad state on every path or on some path; `None` if this is
    /// unknown.
    pub fn certainty(&self, bad: GradientStates) -> Option<Certain> {
        let silent = GradientStates::UNKNOWN | GradientStates::ENTRY | GradientStates::POSSIBLE;
        // Stale gradients are told with the assumption; for the other states the call is what matters.
        let told = GradientStates::EMPTY | GradientStates::USED | GradientStates::DISCARDED;
        if self.all.meets(silent) || self.all == GradientStates::NONE || self.is_assumed(told.and(bad)) {
            return None;
        }
        if self.all.within(bad) {
            return Some(Certain::Every);
        }
        self.direct.meets(bad).then_some(Certain::Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certainty_needs_every_path_and_unknown_says_nothing() {
        let mut value = GradientValue::new(GradientStates::USED);
        assert_eq!(value.certainty(GradientStates::USED), Some(Certain::Every));
        assert!(value.join(&GradientValue::new(GradientStates::EMPTY)));
        assert_eq!(value.certainty(GradientStates::USED), Some(Certain::Some));
        assert!(value.join(&GradientValue::new(GradientStates::UNKNOWN)));
        assert_eq!(value.certainty(GradientStates::USED), None);
    }

    #[test]
    fn a_skipped_loop_only_takes_certainty_away() {
        let mut filled = GradientValue::new(GradientStates::FILLED);
        let mut skipped = GradientValue::new(GradientStates::EMPTY);
        skipped.skip();
        filled.join(&skipped);
        assert_eq!(filled.certainty(GradientStates::EMPTY), None);
        let mut used = GradientValue::new(GradientStates::USED);
        used.join(&skipped);
        assert_eq!(used.certainty(GradientStates::USED), Some(Certain::Some));
    }
}
