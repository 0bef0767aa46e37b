//! Generation of the Markdown catalogue from the pages of the lints.

use std::fmt::Write as _;

use super::Lint;
use crate::diagnostic::Level;

pub(super) fn document(lints: &[&Lint]) -> String {
    let mut out = String::from(
        "# Lints\n\nThe faults that the checker finds, generated from the lints' own pages; do not edit by hand.\n\
         A certain finding is an error, a finding on some path is a warning, and code that the checker does \
         not understand is not reported.\n\
         Levels are set with `allow(..)`, `warn(..)` and `deny(..)` in `#[training_loop(..)]`.\n\n\
         | lint | level | fault |\n|---|---|---|\n",
    );
    for lint in lints {
        let level = match lint.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let _ = writeln!(out, "| [`{0}`](#{0}) | {level} | {1} |", lint.name, lint.summary);
    }
    for lint in lints {
        let _ = write!(out, "\n## {}\n", lint.name);
        for line in lint.page.lines() {
            let line = line.strip_prefix(' ').unwrap_or(line);
            let line = if line.starts_with("## ") { format!("#{line}") } else { line.to_owned() };
            let _ = write!(out, "\n{line}");
        }
        out.push('\n');
    }
    out
}
