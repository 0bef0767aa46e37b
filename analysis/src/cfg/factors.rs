//! The factors by which a function scales anything.

use std::collections::BTreeSet;

/// The factors by which a function scales anything.
#[derive(Clone, Debug, Default)]
pub struct Factors {
    /// Names and numbers that something is multiplied with or divided by.
    pub names: BTreeSet<String>,
    /// Some loss has the reduction `Sum`.
    pub sums: bool,
}
