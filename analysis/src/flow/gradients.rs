//! The automaton of an optimizer's gradients.

use std::ops::BitOr;

use crate::stage::Effect;

/// The possible states of an optimizer's gradients, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GradientStates(u8);

impl GradientStates {
    /// No state: the point is unreachable.
    pub const NONE: Self = Self(0);
    /// The gradients are empty or zeroed.
    pub const EMPTY: Self = Self(1);
    /// A backward has filled the gradients since they were empty.
    pub const FILLED: Self = Self(2);
    /// A step has used the gradients.
    pub const USED: Self = Self(4);
    /// A backward has added to gradients that a step had used.
    pub const STALE: Self = Self(8);
    /// A `zero_grad` has emptied the gradients of a backward before a step used them.
    pub const DISCARDED: Self = Self(16);
    /// The gradients are those that the caller left.
    pub const ENTRY: Self = Self(32);
    /// Opaque code has changed the gradients.
    pub const UNKNOWN: Self = Self(64);
    /// The gradients were empty, and a backward may have filled them: whether its loss reaches them is unknown.
    pub const POSSIBLE: Self = Self(128);

    /// All single states with their names, in the order of the automaton.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::EMPTY, "empty"),
        (Self::FILLED, "filled"),
        (Self::USED, "used"),
        (Self::STALE, "stale"),
        (Self::DISCARDED, "discarded"),
        (Self::ENTRY, "entry"),
        (Self::UNKNOWN, "unknown"),
        (Self::POSSIBLE, "possible"),
    ];

    /// Whether two sets have a state in common.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether this set is a subset of the other set.
    pub fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The intersection of two sets.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The union of two sets, usable in a constant.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The states of the set as bits.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// The single states in the set.
    pub fn states(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().map(|(state, _)| state).filter(move |state| self.meets(*state))
    }

    /// The set after an effect: each state of this set is replaced by the state that follows it.
    pub fn after(self, effect: Effect) -> Self {
        self.states().fold(Self::NONE, |all, state| all | state.step(effect))
    }

    /// The index of a single state in [`Self::ALL`].
    pub(super) fn index(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// The states that may follow a single state after a `backward` whose loss may or may not reach
    /// the gradients.
    ///
    /// Gradients that a step has used are then either used or stale. Both states are wrong for the
    /// next step.
    pub(super) fn step_perhaps(self) -> Self {
        match self {
            Self::EMPTY | Self::DISCARDED | Self::POSSIBLE => Self::POSSIBLE,
            Self::USED => Self::USED | Self::STALE,
            Self::FILLED | Self::STALE => self,
            _ => Self::UNKNOWN,
        }
    }

    /// The states that follow a single state after an effect.
    fn step(self, effect: Effect) -> Self {
        match effect {
            Effect::Nothing | Effect::Clip | Effect::Unscale => self,
            Effect::Zero => match self {
                Self::FILLED | Self::DISCARDED => Self::DISCARDED,
                _ => Self::EMPTY,
            },
            Effect::Fill => match self {
                Self::USED | Self::STALE => Self::STALE,
                Self::UNKNOWN => Self::UNKNOWN,
                _ => Self::FILLED,
            },
            Effect::Take => Self::USED,
        }
    }
}

impl BitOr for GradientStates {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::fmt::Display for GradientStates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = Self::ALL.iter().filter(|(word, _)| self.meets(*word)).map(|(_, name)| *name);
        write!(f, "{{{}}}", words.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the automaton with the table of the design, row by row.
    #[test]
    fn automaton_is_the_table() {
        use GradientStates as G;
        let rows = [
            (G::EMPTY, G::EMPTY, G::FILLED),
            (G::FILLED, G::DISCARDED, G::FILLED),
            (G::USED, G::EMPTY, G::STALE),
            (G::STALE, G::EMPTY, G::STALE),
            (G::DISCARDED, G::DISCARDED, G::FILLED),
            (G::ENTRY, G::EMPTY, G::FILLED),
            (G::UNKNOWN, G::EMPTY, G::UNKNOWN),
        ];
        for (word, zeroed, filled) in rows {
            assert_eq!(word.after(Effect::Zero), zeroed, "{word}");
            assert_eq!(word.after(Effect::Fill), filled, "{word}");
            assert_eq!(word.after(Effect::Clip), word, "{word}");
            assert_eq!(word.after(Effect::Take), G::USED, "{word}");
        }
    }
}
