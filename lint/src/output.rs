//! The output formats. Each format has a file in this folder and an entry in [`FORMATS`].

use std::io::{self, Write};

use crate::report::{Checked, Summary};

mod human;
mod json;

/// An output format.
#[derive(Debug)]
pub(crate) struct Format {
    /// The name of the format on the command line.
    pub(crate) name: &'static str,
    /// Whether the format can show proofs.
    pub(crate) proves: bool,
    /// Creates the printer of the format, with colours or without.
    pub(crate) printer: fn(bool) -> Box<dyn Printer>,
}

/// All formats; the first is the default.
pub(crate) static FORMATS: [Format; 2] = [
    Format { name: "human", proves: true, printer: |colour| Box::new(human::Human::new(colour)) },
    Format { name: "json", proves: false, printer: |_| Box::new(json::Json) },
];

/// A type that prints the results of a run in one format.
pub(crate) trait Printer: Sync {
    /// Prints the findings of a file, then its proofs.
    fn file(&self, out: &mut dyn Write, checked: &Checked) -> io::Result<()>;

    /// Prints the totals.
    fn summary(&self, out: &mut dyn Write, summary: &Summary) -> io::Result<()>;
}
