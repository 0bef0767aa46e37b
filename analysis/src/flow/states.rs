//! State sets and abstract values. They describe modes, recording, and facts about optimizers.
//!
//! An abstract value is a set of up to four states, each with the site that led to the state.
//! Abstract values are joined like the states of gradients.
//! The operations on abstract values do not depend on the meaning of the states.

use std::ops::BitOr;

use crate::cfg::{Certain, SiteId};

/// A set of states. Each single state has a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateSet(u8);

impl StateSet {
    /// No state: the point is unreachable.
    pub const NONE: Self = Self(0);
    /// The layers are in training mode.
    pub const TRAIN: Self = Self(1);
    /// The layers are in evaluation mode.
    pub const EVAL: Self = Self(2);
    /// Computations are recorded.
    pub const ON: Self = Self(1);
    /// Computations are not recorded.
    pub const OFF: Self = Self(2);
    /// The optimizer has not stepped yet.
    pub const BEFORE: Self = Self(1);
    /// The optimizer has stepped.
    pub const AFTER: Self = Self(2);
    /// The gradients are not multiplied by a scaler's factor.
    pub const PLAIN: Self = Self(1);
    /// The gradients are multiplied by a scaler's factor.
    pub const SCALED: Self = Self(2);
    /// The gradients come only from losses that reach no other optimizer.
    pub const CLEAN: Self = Self(1);
    /// The gradients come from a loss that also reaches another optimizer.
    pub const DISTRIBUTED: Self = Self(2);
    /// The gradients come from a loss that also reaches another optimizer, and the other optimizer
    /// has stepped.
    pub const TAKEN: Self = Self(4);
    /// The gradients contain only losses of their own optimizer.
    pub const OWN: Self = Self(1);
    /// The gradients contain a loss of another optimizer and a loss of their own optimizer.
    pub const MIXED: Self = Self(2);
    /// The parameters of the model were replaced by new ones.
    pub const REPLACED: Self = Self(2);
    /// The state is the one left by the caller.
    pub const ENTRY: Self = Self(4);
    /// The state was changed by opaque code.
    pub const UNKNOWN: Self = Self(8);

    /// Whether two sets have a state in common.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether this set is a subset of the other set, and not empty.
    pub fn within(self, other: Self) -> bool {
        self.0 != 0 && self.0 & !other.0 == 0
    }

    /// The states of the set as bits.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// The states of this set that are not in the other set.
    fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn index(self) -> usize {
        self.0.trailing_zeros() as usize
    }
}

impl BitOr for StateSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The possible states of one tracked property at one point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbstractValue {
    /// The states over all paths.
    pub all: StateSet,
    /// The states over the paths on which every loop runs at least once.
    pub direct: StateSet,
    /// The site that led to each state. If there are several sites, the first in the source is
    /// recorded.
    by: [Option<u32>; 4],
}

impl AbstractValue {
    pub(super) fn new(state: StateSet) -> Self {
        Self { all: state, direct: state, by: [None; 4] }
    }

    /// Replaces all states by this state. If `direct` is empty, it stays empty.
    pub(super) fn set(&mut self, state: StateSet, by: Option<SiteId>) {
        let direct = if self.direct == StateSet::NONE { StateSet::NONE } else { state };
        *self = Self { direct, ..Self::new(state) };
        self.by[state.index()] = by.and_then(|site| u32::try_from(site).ok());
    }

    /// Replaces all states except this one by the unknown state.
    pub(super) fn keep_only(&mut self, state: StateSet) {
        let rest = |set: StateSet| {
            let others = set.minus(state);
            if others == StateSet::NONE { set } else { set.minus(others) | StateSet::UNKNOWN }
        };
        (self.all, self.direct) = (rest(self.all), rest(self.direct));
    }

    /// Joins the value of another path; returns whether anything changed.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let before = *self;
        for (mine, theirs) in self.by.iter_mut().zip(other.by) {
            *mine = match (*mine, theirs) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        self.all = self.all | other.all;
        self.direct = self.direct | other.direct;
        *self != before
    }

    /// Updates the value along an edge that bypasses a loop: `direct` becomes empty.
    pub(super) fn skip(&mut self) {
        self.direct = StateSet::NONE;
    }

    /// The site that led to a state.
    pub fn by(&self, state: StateSet) -> Option<SiteId> {
        self.by[state.index()].map(|site| site as SiteId)
    }

    /// Whether the bad state holds on every path or on some path; `None` if this is unknown.
    ///
    /// The state that the caller left counts as not bad, rather than as unknown.
    pub fn certainty(&self, bad: StateSet) -> Option<Certain> {
        if self.all.meets(StateSet::UNKNOWN) {
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
    fn a_state_is_certain_where_no_other_comes() {
        let mut value = AbstractValue::new(StateSet::TRAIN);
        value.set(StateSet::EVAL, Some(7));
        let (certain, by) = (value.certainty(StateSet::EVAL), value.by(StateSet::EVAL));
        assert_eq!((certain, by), (Some(Certain::Every), Some(7)));
        let entry = AbstractValue::new(StateSet::ENTRY);
        assert!(value.join(&entry) && !value.join(&entry));
        assert_eq!(value.certainty(StateSet::EVAL), Some(Certain::Some));
        assert!(value.join(&AbstractValue::new(StateSet::UNKNOWN)));
        assert_eq!(value.certainty(StateSet::EVAL), None);
    }

    #[test]
    fn a_skipped_loop_only_takes_certainty_away() {
        let mut skipped = AbstractValue::new(StateSet::BEFORE);
        skipped.skip();
        let mut value = AbstractValue::new(StateSet::AFTER);
        value.join(&skipped);
        assert_eq!(value.certainty(StateSet::BEFORE), None);
        assert_eq!(value.certainty(StateSet::AFTER), Some(Certain::Some));
    }

    #[test]
    fn a_part_in_another_mode_makes_the_whole_unknown() {
        let mut value = AbstractValue::new(StateSet::TRAIN);
        value.keep_only(StateSet::TRAIN);
        assert_eq!(value.all, StateSet::TRAIN);
        value.join(&AbstractValue::new(StateSet::EVAL));
        value.keep_only(StateSet::TRAIN);
        assert_eq!(value.all, StateSet::TRAIN | StateSet::UNKNOWN);
    }
}
