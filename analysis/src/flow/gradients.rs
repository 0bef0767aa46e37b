//! The automaton of an optimizer's gradients.

use std::ops::BitOr;

use crate::stage::Effect;

/// What the gradients of an optimizer may be: a set of up to seven words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gradients(u8);

impl Gradients {
    /// No word: no path comes here.
    pub const NONE: Self = Self(0);
    /// Nothing in them, or zeroed.
    pub const EMPTY: Self = Self(1);
    /// A backward since they were empty.
    pub const FILLED: Self = Self(2);
    /// A step took them.
    pub const USED: Self = Self(4);
    /// A backward added to what a step had taken.
    pub const STALE: Self = Self(8);
    /// Zeroed after a backward that no step used.
    pub const DISCARDED: Self = Self(16);
    /// As the caller left them.
    pub const ENTRY: Self = Self(32);
    /// Touched by what the analysis does not see.
    pub const UNKNOWN: Self = Self(64);

    /// All words that have names, in the order of the automaton.
    pub const WORDS: [(Self, &'static str); 7] = [
        (Self::EMPTY, "empty"),
        (Self::FILLED, "filled"),
        (Self::USED, "used"),
        (Self::STALE, "stale"),
        (Self::DISCARDED, "discarded"),
        (Self::ENTRY, "entry"),
        (Self::UNKNOWN, "unknown"),
    ];

    /// Whether some word of the other set is in this one.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every word of this set is in the other.
    pub fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The words of both sets.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The words of both sets, in a constant.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Its words as bits.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// The single words in it.
    pub fn words(self) -> impl Iterator<Item = Self> {
        Self::WORDS.into_iter().map(|(word, _)| word).filter(move |word| self.meets(*word))
    }

    /// The set after an effect, word by word.
    pub fn after(self, effect: Effect) -> Self {
        self.words().fold(Self::NONE, |all, word| all | word.step(effect))
    }

    /// The place of a single word in [`Self::WORDS`].
    pub(super) fn index(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// The automaton: one word, one effect.
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

impl BitOr for Gradients {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::fmt::Display for Gradients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = Self::WORDS.iter().filter(|(word, _)| self.meets(*word)).map(|(_, name)| *name);
        write!(f, "{{{}}}", words.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the design, row by row.
    #[test]
    fn automaton_is_the_table() {
        use Gradients as G;
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
