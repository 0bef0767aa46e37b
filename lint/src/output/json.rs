//! Prints one JSON object per line. The last line has the totals.
//!
//! Lines and columns count from 1, and a column is a number of characters. The end of a range is
//! the first character after the range, as in rustc's JSON.

use std::io::{self, Write};

use serde::Serialize;
use training_loop_analysis::diagnostic::{Diagnostic, Level};
use training_loop_analysis::fix::{self, Applicability};

use super::Printer;
use crate::fix::replacements;
use crate::report::{Checked, Summary};
use crate::source::Source;

/// The printer of the JSON format.
pub(super) struct Json;

impl Printer for Json {
    fn file(&self, out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
        checked.findings.iter().try_for_each(|finding| line(out, &Finding::new(checked, finding)))
    }

    fn summary(&self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        line(out, summary)
    }
}

fn line(out: &mut dyn Write, object: &impl Serialize) -> io::Result<()> {
    writeln!(out, "{}", serde_json::to_string(object)?)
}

#[derive(Serialize)]
struct Finding<'a> {
    lint: Option<&'a str>,
    level: &'static str,
    certain: bool,
    file: String,
    function: Option<&'a str>,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    message: &'a str,
    notes: Vec<Note<'a>>,
    help: Option<&'a str>,
    fix: Option<Fix<'a>>,
}

#[derive(Serialize)]
struct Note<'a> {
    line: Option<usize>,
    message: &'a str,
}

/// A fix: its description, whether it is safe, and its edits.
#[derive(Serialize)]
struct Fix<'a> {
    message: &'a str,
    applicability: &'static str,
    edits: Vec<Edit>,
}

/// A range of the text, and the text that replaces it.
#[derive(Serialize)]
struct Edit {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: String,
}

impl<'a> Finding<'a> {
    fn new(checked: &'a Checked, finding: &'a Diagnostic) -> Self {
        let (line, column, end) = (finding.place.line(), finding.place.column(), finding.place.end.end());
        let note = |note: &'a training_loop_analysis::diagnostic::Note| Note {
            line: note.place.map(|place| place.line()),
            message: &note.message,
        };
        Self {
            lint: finding.lint,
            level: if finding.level == Level::Error { "error" } else { "warning" },
            certain: finding.certain,
            file: checked.source.path.to_string_lossy().into_owned(),
            function: checked.outline.around(line, column - 1),
            line,
            column,
            end_line: end.line,
            end_column: end.column + 1,
            message: &finding.message,
            notes: finding.notes.iter().map(note).collect(),
            help: finding.help.as_deref(),
            fix: finding.fix.as_deref().map(|fix| Fix::new(&checked.source, fix)),
        }
    }
}

impl<'a> Fix<'a> {
    fn new(source: &Source, fix: &'a fix::Fix) -> Self {
        let edit = |edit: crate::fix::Replacement| {
            let (start, end) = (source.position(edit.range.start), source.position(edit.range.end));
            Edit { line: start.0, column: start.1, end_line: end.0, end_column: end.1, text: edit.text }
        };
        Self {
            message: &fix.message,
            applicability: if fix.applicability == Applicability::Safe { "safe" } else { "maybe" },
            edits: replacements(source, fix).into_iter().map(edit).collect(),
        }
    }
}
