//! One JSON object a line, and a summary as the last.
//!
//! Lines and columns count from 1, columns in characters. The end is the first character behind the place,
//! as in rustc's own JSON.

use std::io::{self, Write};

use serde_json::json;
use training_loop_analysis::diagnostic::{Diagnostic, Level};
use training_loop_analysis::fix::{Applicability, Fix};

use crate::check::{Checked, Summary};
use crate::fix::replacements;
use crate::source::Source;

/// Prints a finding.
pub(super) fn finding(out: &mut dyn Write, checked: &Checked, finding: &Diagnostic) -> io::Result<()> {
    let (line, column) = (finding.place.line(), finding.place.column());
    let end = finding.place.end.end();
    let notes = finding.notes.iter().map(|note| {
        let line = note.place.map(|place| place.line());
        object(&[("line", json!(line).to_string()), ("message", json!(note.message).to_string())])
    });
    let level = if finding.level == Level::Error { "error" } else { "warning" };
    let text = object(&[
        ("lint", json!(finding.lint).to_string()),
        ("level", json!(level).to_string()),
        ("certain", json!(finding.certain).to_string()),
        ("file", json!(checked.source.path.to_string_lossy()).to_string()),
        ("function", json!(checked.outline.around(line, column - 1)).to_string()),
        ("line", line.to_string()),
        ("column", column.to_string()),
        ("end_line", end.line.to_string()),
        ("end_column", (end.column + 1).to_string()),
        ("message", json!(finding.message).to_string()),
        ("notes", format!("[{}]", notes.collect::<Vec<_>>().join(","))),
        ("help", json!(finding.help).to_string()),
        ("fix", finding.fix.as_deref().map_or("null".to_owned(), |known| fix(&checked.source, known))),
    ]);
    writeln!(out, "{text}")
}

/// A fix: what it does, whether it is safe, and stretches of text with what takes their place.
fn fix(source: &Source, fix: &Fix) -> String {
    let edits = replacements(source, fix).into_iter().map(|edit| {
        let (start, end) = (source.position(edit.range.start), source.position(edit.range.end));
        object(&[
            ("line", start.0.to_string()),
            ("column", start.1.to_string()),
            ("end_line", end.0.to_string()),
            ("end_column", end.1.to_string()),
            ("text", json!(edit.text).to_string()),
        ])
    });
    let applicability = if fix.applicability == Applicability::Safe { "safe" } else { "maybe" };
    object(&[
        ("message", json!(fix.message).to_string()),
        ("applicability", json!(applicability).to_string()),
        ("edits", format!("[{}]", edits.collect::<Vec<_>>().join(","))),
    ])
}

/// Prints the summary.
pub(super) fn summary(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let text = object(&[
        ("files", summary.files.to_string()),
        ("functions", summary.functions.to_string()),
        ("loops", summary.loops.to_string()),
        ("errors", summary.errors.to_string()),
        ("warnings", summary.warnings.to_string()),
    ]);
    writeln!(out, "{text}")
}

/// An object of written values, in the order in which the fields are documented.
fn object(fields: &[(&str, String)]) -> String {
    let fields = fields.iter().map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}
