//! The rows of all tables by name, so that a lookup need not read the tables.

use std::collections::BTreeMap;

use super::Vocabulary;
use super::selection::LIBRARIES;

/// For each name, the rows with the name in the order of lookup, each with the bit of its vocabulary.
pub(super) struct Rows<T>(BTreeMap<&'static str, Vec<(u16, T)>>);

impl<T: Copy> Rows<T> {
    /// The rows that `of` returns for each vocabulary.
    pub(super) fn of<I: Iterator<Item = (&'static str, T)>>(of: fn(&'static Vocabulary) -> I) -> Self {
        let mut rows: BTreeMap<&'static str, Vec<(u16, T)>> = BTreeMap::new();
        for (index, library) in LIBRARIES.into_iter().enumerate() {
            for (name, row) in of(library) {
                rows.entry(name).or_default().push((1 << index, row));
            }
        }
        Self(rows)
    }

    /// The rows with a name in the selected vocabularies, each with the bit of its vocabulary.
    pub(super) fn named(&self, name: &str, selected: u16) -> impl Iterator<Item = (u16, T)> {
        let rows = self.0.get(name).map_or(&[][..], Vec::as_slice);
        rows.iter().copied().filter(move |(bit, _)| bit & selected != 0)
    }

    /// For each selected vocabulary, the first row with a name that fits.
    pub(super) fn firsts(
        &self,
        name: &str,
        selected: u16,
        fits: impl Fn(&T) -> bool,
    ) -> impl Iterator<Item = T> {
        let mut last = 0;
        self.named(name, selected)
            .filter(move |(_, row)| fits(row))
            .filter(move |(bit, _)| std::mem::replace(&mut last, *bit) != *bit)
            .map(|(_, row)| row)
    }
}
