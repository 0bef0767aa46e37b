//! The text of a file, with the positions of its lines and columns.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use training_loop_analysis::diagnostic::Place;

use crate::limits;

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path, as given on the command line or found in a folder.
    pub(crate) path: PathBuf,
    /// The text of the file, without a byte order mark.
    pub(crate) text: String,
    /// The byte at which each line starts.
    starts: Vec<usize>,
}

/// The reason why a file cannot be checked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The position of the failure, if it is known: the line and the column, both counted from 1.
    pub(crate) place: Option<(usize, usize)>,
    /// The reason as a message for people.
    pub(crate) message: String,
}

impl fmt::Display for Failure {
    /// Writes the position of the failure, if known, and the message. In the output, the path precedes this
    /// text.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(to, ":{line}:{column}")?;
        }
        write!(to, ": {}", self.message)
    }
}

impl Failure {
    /// A failure of the file as a whole.
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }
}

impl Source {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let whole = |error: std::io::Error| Failure::whole(error.to_string());
        let length = std::fs::metadata(path).map_err(whole)?.len();
        if length > limits::FILE {
            let most = limits::FILE;
            return Err(Failure::whole(format!("{length} bytes are more than the {most} that are read")));
        }
        let bytes = std::fs::read(path).map_err(whole)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(path, text)),
            Err(error) => {
                let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = before.split(|byte| *byte == b'\n').count();
                let last = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
                let column = String::from_utf8_lossy(last).chars().count() + 1;
                Err(Failure { place: Some((line, column)), message: "the text is not UTF-8".to_owned() })
            }
        }
    }

    /// Creates a source from a path and a text.
    pub(crate) fn new(path: &Path, mut text: String) -> Self {
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(ends).collect();
        Self { path: path.to_owned(), text, starts }
    }

    /// The byte at which a line starts. Lines after the last one start at the end of the text.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len())
    }

    /// The line and the column of a byte, both counted from 1.
    pub(crate) fn position(&self, byte: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = self.line_start(line);
        (line, self.text[start..byte].chars().count() + 1)
    }

    /// The byte at a line and a column. Lines count from 1, and columns count characters from 0.
    fn offset(&self, line: usize, column: usize) -> usize {
        let (start, end) = (self.line_start(line), self.line_start(line + 1));
        let text = &self.text[start..end];
        start + text.char_indices().nth(column).map_or(text.len(), |(at, _)| at)
    }

    /// The range of bytes in the text that a place covers.
    pub(crate) fn range(&self, place: &Place) -> Range<usize> {
        let (start, end) = (place.start.start(), place.end.end());
        let start = self.offset(start.line, start.column);
        start..self.offset(end.line, end.column).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_and_offsets_are_bytes() {
        let source = Source::new(Path::new("a.rs"), "\u{feff}// ä\r\n\té: ß\n".to_owned());
        assert_eq!(source.line_start(2), "// ä\r\n".len());
        let at = source.offset(2, 4);
        assert_eq!(&source.text[at..at + 2], "ß");
        assert_eq!(source.position(at), (2, 5));
        assert_eq!(source.offset(2, 99), source.text.len());
        assert_eq!(source.offset(99, 0), source.text.len());
    }
}
