//! The output formats: a file of this folder and a row of [`FORMATS`] for each.

use std::io::{self, Write};

use crate::report::{Checked, Summary};

mod human;
mod json;

/// An output format.
#[derive(Debug)]
pub(crate) struct Format {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// Whether it has a form for proofs.
    pub(crate) proves: bool,
    /// A printer, with colours or without.
    pub(crate) printer: fn(bool) -> Box<dyn Printer>,
}

/// All formats; the first is the default.
pub(crate) static FORMATS: [Format; 2] = [
    Format { name: "human", proves: true, printer: |colour| Box::new(human::Human::new(colour)) },
    Format { name: "json", proves: false, printer: |_| Box::new(json::Json) },
];

/// Prints a run in one format.
pub(crate) trait Printer: Sync {
    /// Prints the findings of a file, then its proofs.
    fn file(&self, out: &mut dyn Write, checked: &Checked) -> io::Result<()>;

    /// Prints the totals.
    fn summary(&self, out: &mut dyn Write, summary: &Summary) -> io::Result<()>;
}
