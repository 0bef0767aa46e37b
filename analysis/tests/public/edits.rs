//! Edits of a file's text at places of its syntax tree.

use proc_macro2::LineColumn;

/// A text with the offsets of its lines.
pub(crate) struct Text<'t> {
    text: &'t str,
    lines: Vec<usize>,
}

/// Replaces the bytes from one offset to another.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub from: usize,
    pub to: usize,
    pub instead: String,
}

impl<'t> Text<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, lines: std::iter::once(0).chain(ends).collect() }
    }

    /// The offset of a place; its column counts characters.
    pub(crate) fn at(&self, place: LineColumn) -> usize {
        let start = self.lines.get(place.line - 1).copied().unwrap_or(self.text.len());
        let rest = &self.text[start..];
        start + rest.char_indices().nth(place.column).map_or(rest.len(), |(at, _)| at)
    }

    pub(crate) fn between(&self, from: LineColumn, to: LineColumn) -> &'t str {
        &self.text[self.at(from)..self.at(to)]
    }

    pub(crate) fn replace(&self, from: LineColumn, to: LineColumn, instead: impl Into<String>) -> Edit {
        Edit { from: self.at(from), to: self.at(to), instead: instead.into() }
    }

    pub(crate) fn insert(&self, at: LineColumn, text: impl Into<String>) -> Edit {
        self.replace(at, at, text)
    }

    /// The text after some edits, none of which overlap.
    pub(crate) fn edited(&self, edits: &[Edit]) -> String {
        let mut edits = edits.to_vec();
        edits.sort_by_key(|edit| (edit.from, edit.to));
        let mut out = String::with_capacity(self.text.len() + 80);
        let mut done = 0;
        for edit in &edits {
            out.push_str(&self.text[done..edit.from]);
            out.push_str(&edit.instead);
            done = edit.to;
        }
        out.push_str(&self.text[done..]);
        out
    }
}
