//! How findings are printed: one file for each format.

use std::io::{self, Write};

use crate::check::{Checked, Summary};
use crate::options::Format;

mod human;
mod json;

/// Prints in one of the formats.
#[derive(Debug)]
pub(crate) enum Printer {
    /// As rustc prints errors.
    Human(human::Human),
    /// One JSON object a line.
    Json,
}

impl Printer {
    /// A printer of this format.
    pub(crate) fn new(format: Format, colour: bool) -> Self {
        match format {
            Format::Human => Self::Human(human::Human::new(colour)),
            Format::Json => Self::Json,
        }
    }

    /// Prints what was found in one file, then what was proved of it.
    pub(crate) fn file(&mut self, out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
        checked.findings.iter().try_for_each(|finding| match self {
            Self::Human(human) => human.finding(out, &checked.source, finding),
            Self::Json => json::finding(out, checked, finding),
        })?;
        let path = checked.source.path.to_string_lossy();
        checked.proofs.iter().try_for_each(|proof| writeln!(out, "{}", proof.text(&path)))
    }

    /// Prints what was seen altogether.
    pub(crate) fn summary(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        match self {
            Self::Human(_) => human::Human::summary(out, summary),
            Self::Json => json::summary(out, summary),
        }
    }
}
