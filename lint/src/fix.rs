//! Fixes as edits of text: statements are inserted, removed or moved, with their lines and indentation.

use std::ops::Range;

use training_loop_analysis::diagnostic::Place;
use training_loop_analysis::fix::{Edit, Fix};

use crate::source::Source;

/// A range of the text, and the text that replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// The range of the replaced text, in bytes.
    pub(crate) range: Range<usize>,
    /// The text that replaces the range.
    pub(crate) text: String,
}

/// The edits of a fix as replacements of text, in source order and without overlaps.
pub(crate) fn replacements(source: &Source, fix: &Fix) -> Vec<Replacement> {
    let mut all: Vec<Replacement> = Vec::new();
    for edit in &fix.edits {
        match edit {
            Edit::Before(place, code) => all.push(before(source, place, code)),
            Edit::After(place, code) => all.push(after(source, place, code)),
            Edit::Remove(place) => all.push(without(source, place)),
            Edit::MoveBefore(from, to) => {
                all.push(without(source, from));
                all.push(before(source, to, &source.text[source.range(from)]));
            }
            Edit::MoveAfter(from, to) => {
                all.push(without(source, from));
                all.push(after(source, to, &source.text[source.range(from)]));
            }
        }
    }
    // Two findings at one place may have the same edit.
    all.sort_by_key(|edit| (edit.range.start, edit.range.end));
    all.dedup();
    all
}

/// The blanks before the byte `at` on its line. Returns `None` if other characters precede the
/// byte.
fn indentation(source: &Source, at: usize) -> Option<&str> {
    let start = source.text[..at].rfind('\n').map_or(0, |end| end + 1);
    let before = &source.text[start..at];
    before.chars().all(char::is_whitespace).then_some(before)
}

/// The separator of two statements: a line break with indentation in the file's style, or a space if several
/// statements share a line.
fn separator(source: &Source, at: usize) -> String {
    let newline = if source.text.contains("\r\n") { "\r\n" } else { "\n" };
    indentation(source, at).map_or(" ".to_owned(), |indent| format!("{newline}{indent}"))
}

fn before(source: &Source, place: &Place, code: &str) -> Replacement {
    let at = source.range(place).start;
    Replacement { range: at..at, text: format!("{code}{}", separator(source, at)) }
}

fn after(source: &Source, place: &Place, code: &str) -> Replacement {
    let range = source.range(place);
    Replacement { range: range.end..range.end, text: format!("{}{code}", separator(source, range.start)) }
}

/// The replacement that removes a statement. The whole line is removed if nothing else is on the
/// line.
fn without(source: &Source, place: &Place) -> Replacement {
    let range = source.range(place);
    let behind = &source.text[range.end..];
    let line = behind.find('\n').map_or(behind.len(), |end| end + 1);
    let alone = behind[..line].trim().is_empty();
    let range = match indentation(source, range.start) {
        Some(indent) if alone => range.start - indent.len()..range.end + line,
        _ => range.start..range.end + behind.len() - behind.trim_start_matches([' ', '\t']).len(),
    };
    Replacement { range, text: String::new() }
}
