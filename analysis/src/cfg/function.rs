//! Facts about the function as a whole.

use std::collections::BTreeSet;

use super::{Deps, Past, PathId, Sites};

/// Facts about the function as a whole.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// It returns a value other than an error.
    pub(crate) returns: bool,
    /// It is a test.
    pub(crate) is_test: bool,
    /// The function prints or logs.
    pub(crate) prints: bool,
    /// Its string literals.
    pub(crate) says: Vec<String>,
    /// The factors of its multiplications and divisions.
    pub(crate) factors: Factors,
    /// It reads gradients, or writes parameters, by hand.
    pub(crate) reads_gradients: bool,
    /// Everything whose forward it runs or whose parameters it reads.
    pub(crate) models: Deps,
    /// The past of values passed to opaque code that may run `backward` on them.
    pub(crate) handed: Past,
    /// Forwards and losses whose result is detached.
    pub(crate) detached: Sites,
}

/// The factors by which a function scales values.
#[derive(Clone, Debug, Default)]
pub struct Factors {
    /// Names and numbers used as multiplier or divisor.
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
