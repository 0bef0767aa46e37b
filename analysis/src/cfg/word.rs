//! The words of a small state: a model's mode, recording, an optimizer's first step, what is in its gradients.
//!
//! Events name the word that they bring; `flow` joins sets of them.

use std::ops::BitOr;

/// A set of words; single words have names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word(u8);

impl Word {
    /// No word: no path comes here.
    pub const NONE: Self = Self(0);
    /// Layers in training mode.
    pub const TRAIN: Self = Self(1);
    /// Layers in evaluation mode.
    pub const EVAL: Self = Self(2);
    /// What is computed has a graph.
    pub const ON: Self = Self(1);
    /// What is computed has no graph.
    pub const OFF: Self = Self(2);
    /// The optimizer has not stepped yet.
    pub const BEFORE: Self = Self(1);
    /// The optimizer has stepped.
    pub const AFTER: Self = Self(2);
    /// Gradients as they are.
    pub const PLAIN: Self = Self(1);
    /// Gradients times a scaler's factor.
    pub const SCALED: Self = Self(2);
    /// No loss that another optimizer follows is in the gradients.
    pub const CLEAN: Self = Self(1);
    /// Such a loss is.
    pub const DISTRIBUTED: Self = Self(2);
    /// Such a loss is, and the other optimizer has stepped.
    pub const TAKEN: Self = Self(4);
    /// The gradients come from losses of their own.
    pub const OWN: Self = Self(1);
    /// They come from another's loss and from their own.
    pub const MIXED: Self = Self(2);
    /// Something else stands where the parameters stood.
    pub const REPLACED: Self = Self(2);
    /// As the caller left it.
    pub const ENTRY: Self = Self(4);
    /// Touched by what the analysis does not see.
    pub const UNKNOWN: Self = Self(8);

    /// Whether some word of the other set is in this one.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every word of this set is in the other, and there is one.
    pub fn within(self, other: Self) -> bool {
        self.0 != 0 && self.0 & !other.0 == 0
    }

    /// Its words as bits.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Set difference.
    pub(crate) fn but(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The position of a single word.
    pub(crate) fn index(self) -> usize {
        self.0.trailing_zeros() as usize
    }
}

impl BitOr for Word {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
