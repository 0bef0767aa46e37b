//! What may hold of a tracked thing beside gradients: a model's mode, recording, an optimizer's first step.
//!
//! One set of up to four words for each, joined like the gradients, with the site that brought each word.
//! It does not know what the words stand for.

use crate::cfg::{Certain, SiteId, Word};

/// What may hold of one tracked thing at one point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// Over all paths.
    pub all: Word,
    /// Over the paths that pass over no loop.
    pub direct: Word,
    /// The site that brought each word; of several the first in the source.
    by: [Option<u32>; 4],
}

impl Words {
    pub(super) fn new(word: Word) -> Self {
        Self { all: word, direct: word, by: [None; 4] }
    }

    /// Puts one word in place of all, as far as any path comes here.
    pub(super) fn set(&mut self, word: Word, by: Option<SiteId>) {
        let direct = if self.direct == Word::NONE { Word::NONE } else { word };
        *self = Self { direct, ..Self::new(word) };
        self.by[word.index()] = by.and_then(|site| u32::try_from(site).ok());
    }

    /// Only the given word stays what it is, every other one is not known any more.
    pub(super) fn keep_only(&mut self, word: Word) {
        let rest = |set: Word| {
            if set.but(word) == Word::NONE { set } else { set.but(set.but(word)) | Word::UNKNOWN }
        };
        (self.all, self.direct) = (rest(self.all), rest(self.direct));
    }

    /// Takes in what comes along another way; says whether anything changed.
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

    /// Along a way that passes over a loop.
    pub(super) fn skip(&mut self) {
        self.direct = Word::NONE;
    }

    /// The site that brought a word.
    pub fn by(&self, word: Word) -> Option<SiteId> {
        self.by[word.index()].map(|site| site as SiteId)
    }

    /// Whether the word holds: on every path, on some, or not as far as can be said.
    ///
    /// What the caller left is another word than this one, but nothing that could not be known.
    pub fn certainty(&self, bad: Word) -> Option<Certain> {
        if self.all.meets(Word::UNKNOWN) {
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
    fn a_word_is_certain_where_no_other_comes() {
        let mut words = Words::new(Word::TRAIN);
        words.set(Word::EVAL, Some(7));
        assert_eq!((words.certainty(Word::EVAL), words.by(Word::EVAL)), (Some(Certain::Every), Some(7)));
        assert!(words.join(&Words::new(Word::ENTRY)) && !words.join(&Words::new(Word::ENTRY)));
        assert_eq!(words.certainty(Word::EVAL), Some(Certain::Some));
        assert!(words.join(&Words::new(Word::UNKNOWN)));
        assert_eq!(words.certainty(Word::EVAL), None);
    }

    #[test]
    fn a_skipped_loop_only_takes_certainty_away() {
        let mut skipped = Words::new(Word::BEFORE);
        skipped.skip();
        let mut words = Words::new(Word::AFTER);
        words.join(&skipped);
        assert_eq!(words.certainty(Word::BEFORE), None);
        assert_eq!(words.certainty(Word::AFTER), Some(Certain::Some));
    }

    #[test]
    fn a_part_in_another_mode_makes_the_whole_unknown() {
        let mut words = Words::new(Word::TRAIN);
        words.keep_only(Word::TRAIN);
        assert_eq!(words.all, Word::TRAIN);
        words.join(&Words::new(Word::EVAL));
        words.keep_only(Word::TRAIN);
        assert_eq!(words.all, Word::TRAIN | Word::UNKNOWN);
    }
}
