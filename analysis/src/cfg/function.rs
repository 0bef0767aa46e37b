//! Facts about the function as a whole.

use std::collections::BTreeSet;

use super::{Deps, Past, PathId, Sites};

/// Facts about the function as a whole.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// It returns something beside an error.
    pub(crate) returns: bool,
    /// It is a test.
    pub(crate) is_test: bool,
    /// It prints or logs.
    pub(crate) prints: bool,
    /// Its string literals.
    pub(crate) says: Vec<String>,
    /// The factors in it.
    pub(crate) factors: Factors,
    /// It reads gradients, or writes parameters, by hand.
    pub(crate) reads_gradients: bool,
    /// Everything whose forward or parameters it asks for.
    pub(crate) models: Deps,
    /// What is passed to opaque code that may run `backward` on it.
    pub(crate) handed: Past,
    /// Forwards and losses whose result is detached.
    pub(crate) detached: Sites,
}

/// The factors by which a function scales anything.
#[derive(Clone, Debug, Default)]
pub struct Factors {
    /// Names and numbers that something is multiplied or divided by.
    pub names: BTreeSet<String>,
    /// Some loss has the reduction `Sum`.
    pub sums: bool,
}

/// The modes that are part of the state: one for each model, and one for each model and guard.
#[derive(Debug, Default)]
pub(crate) struct Modes {
    /// Models, each with whether it comes from the caller.
    pub(crate) models: Vec<(PathId, bool)>,
    /// How many guards save modes, at most one for each in the source.
    pub(crate) guards: usize,
}
