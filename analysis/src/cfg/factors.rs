//! What scales anything in a function.

use std::collections::BTreeSet;

/// What scales anything in a function.
#[derive(Clone, Debug, Default)]
pub struct Factors {
    /// Names and numbers that something is multiplied with or divided by.
    pub names: BTreeSet<String>,
    /// A loss is asked to sum up.
    pub sums: bool,
}
