//! The report of a run: files with their findings, and the totals.

use std::ops::AddAssign;

use serde::Serialize;
use training_loop_analysis::Outline;
use training_loop_analysis::diagnostic::{Diagnostic, Level};
use training_loop_analysis::prove::Proof;

use crate::source::Source;

/// A file that was checked.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The text of the file.
    pub(crate) source: Source,
    /// The findings in source order, without findings that a comment silences.
    pub(crate) findings: Vec<Diagnostic>,
    /// The functions and loops of the file.
    pub(crate) outline: Outline,
    /// The proofs of the functions that train, if `--prove` is set.
    pub(crate) proofs: Vec<Proof>,
}

/// The totals of a run. The last line of JSON output has these fields in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    /// Files that were read and parsed.
    pub(crate) files: usize,
    /// Functions in the files that were read.
    pub(crate) functions: usize,
    /// Loops in the files that were read.
    pub(crate) loops: usize,
    /// Errors found.
    pub(crate) errors: usize,
    /// Warnings found.
    pub(crate) warnings: usize,
}

impl Checked {
    /// The totals of this file.
    pub(crate) fn summary(&self) -> Summary {
        let errors = self.findings.iter().filter(|finding| finding.level == Level::Error).count();
        Summary {
            files: 1,
            functions: self.outline.functions(),
            loops: self.outline.loops(),
            errors,
            warnings: self.findings.len() - errors,
        }
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.functions += other.functions;
        self.loops += other.loops;
        self.errors += other.errors;
        self.warnings += other.warnings;
    }
}
