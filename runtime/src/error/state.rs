//! Differences between a state and a model.

use std::fmt;

use super::Short;
use super::short::{Names, shown, write_more};

/// An entry whose shapes differ between the model and the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misshapen {
    /// The name of the entry, such as `hidden.weight`.
    pub name: String,
    /// The shape in the model.
    pub expected: Vec<usize>,
    /// The shape in the state.
    pub found: Vec<usize>,
}

pub(super) fn write_state(
    f: &mut fmt::Formatter<'_>,
    missing: &[String],
    unexpected: &[String],
    misshapen: &[Misshapen],
) -> fmt::Result {
    write!(f, "this state belongs to another architecture, the model is unchanged")?;
    if !missing.is_empty() {
        write!(f, "; missing: {}", Names(missing))?;
    }
    if !unexpected.is_empty() {
        write!(f, "; unexpected: {}", Names(unexpected))?;
    }
    for Misshapen { name, expected, found } in shown(misshapen) {
        write!(f, "; `{}` is {expected:?} in the model and {found:?} in the state", Short(name))?;
    }
    write_more(f, misshapen.len())
}
