//! Differences between a program and a saved state.

use std::fmt;

use super::Short;
use super::short::{shown, write_more};

/// A value that differs between this program and a saved state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The name of the value, such as `beta1`, or of the clause, such as `seed`.
    pub name: String,
    /// The value in this program.
    pub expected: String,
    /// The value in the saved state.
    pub found: String,
}

impl Difference {
    pub(crate) fn new(name: &str, expected: &str, found: &str) -> Self {
        Self { name: name.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
    }
}

/// Writes each difference, after a semicolon.
pub(super) fn write_differences(f: &mut fmt::Formatter<'_>, differences: &[Difference]) -> fmt::Result {
    for Difference { name, expected, found } in shown(differences) {
        let (name, expected, found) = (Short(name), Short(expected), Short(found));
        write!(f, "; `{name}` is {expected} here and {found} in the saved state")?;
    }
    write_more(f, differences.len())
}
