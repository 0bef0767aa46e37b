//! What a run reports: files with their findings, and the totals.

use serde::Serialize;
use training_loop_analysis::Outline;
use training_loop_analysis::diagnostic::{Diagnostic, Level};
use training_loop_analysis::prove::Proof;

use crate::source::Source;

/// A file that was checked.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Its text.
    pub(crate) source: Source,
    /// The findings in source order, without those that a comment silences.
    pub(crate) findings: Vec<Diagnostic>,
    /// Its functions.
    pub(crate) outline: Outline,
    /// The proofs of the functions that train, with `--prove`.
    pub(crate) proofs: Vec<Proof>,
}

/// The totals of a run; the last line of JSON output has these fields in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    /// Files that were read and parsed.
    pub(crate) files: usize,
    /// Functions in them.
    pub(crate) functions: usize,
    /// Loops in them.
    pub(crate) loops: usize,
    /// Errors found.
    pub(crate) errors: usize,
    /// Warnings found.
    pub(crate) warnings: usize,
}

impl Summary {
    /// Adds a file.
    pub(crate) fn add(&mut self, checked: &Checked) {
        self.files += 1;
        self.functions += checked.outline.functions();
        self.loops += checked.outline.loops();
        let errors = checked.findings.iter().filter(|finding| finding.level == Level::Error).count();
        self.errors += errors;
        self.warnings += checked.findings.len() - errors;
    }
}
