//! One JSON object a line, and a summary as the last.
//!
//! Lines and columns count from 1, columns in characters. The end is the first character behind the place,
//! as in rustc's own JSON.

use std::io::{self, Write};

use serde_json::json;
use training_loop_analysis::diagnostic::{Diagnostic, Level};

use crate::check::{Checked, Summary};

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
        ("fix", "null".to_owned()),
    ]);
    writeln!(out, "{text}")
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
