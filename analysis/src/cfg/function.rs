//! Facts about the function as a whole.

use std::collections::BTreeSet;

use super::{Deps, IdleFault, NamedFault, Past, PathId, Sites};

/// Facts about the function as a whole.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, whatever the others say")]
pub(crate) struct Function {
    /// The name of the function.
    pub(crate) name: String,
    /// Whether the function returns a value other than an error.
    pub(crate) returns: bool,
    /// Whether the function is a test.
    pub(crate) is_test: bool,
    /// Whether the function prints or logs.
    pub(crate) prints: bool,
    /// The string literals in the function.
    pub(crate) says: Vec<String>,
    /// The factors of the function's multiplications and divisions.
    pub(crate) factors: Factors,
    /// Whether the function reads gradients, or writes parameters, without an optimizer.
    pub(crate) reads_gradients: bool,
    /// Whether the function calls code that may unscale the gradients itself, by dividing them by the scaler's factor.
    pub(crate) unscales_by_hand: bool,
    /// Whether the function saves or restores the state of an optimizer.
    pub(crate) keeps_optimizer_state: bool,
    /// The method that returns the state of an optimizer; `None` if the library cannot save it.
    pub(crate) optimizer_state: Option<&'static str>,
    /// Whether the function returns or stores a value with a graph. Other code may then run
    /// `backward`.
    pub(crate) gives_graph: bool,
    /// Whether the function stores a value with a graph in a parameter or a field of it. Other code may then run
    /// `backward`.
    pub(crate) stores_graph: bool,
    /// Whether some function of the checked code may freeze parameters.
    pub(crate) freezes: bool,
    /// Whether a field of `self` has the type of an optimizer.
    pub(crate) has_optimizer: bool,
    /// Whether the libraries of the file return gradients as values.
    pub(crate) returns_gradients: bool,
    /// Whether the function writes parameters without an optimizer, and the library returns
    /// gradients as values.
    pub(crate) sets_parameters: bool,
    /// Whether a step writes the parameters in place, under the graphs that use them.
    pub(crate) writes_in_place: bool,
    /// Whether every forward records a graph, because the library cannot switch recording off.
    pub(crate) always_records: bool,
    /// Whether the library is known, or some function of the checked code switches recording off.
    pub(crate) knows_recording: bool,
    /// The parameters and the fields of `self` whose types tell that they reduce no gradients by themselves.
    pub(crate) alone: BTreeSet<PathId>,
    /// The places of the models whose forward the function runs, or whose parameters it reads.
    pub(crate) models: Deps,
    /// The stores of parameters that the function constructs, if no code in sight freezes parameters.
    pub(crate) stores: Deps,
    /// The forwards and losses whose results reach opaque code, directly or through other
    /// operations. The opaque code may run `backward` on these values.
    pub(crate) handed: Past,
    /// The forwards and losses whose result is detached.
    pub(crate) detached: Sites,
    /// The faults in the order of stages that the names of the function's calls show.
    pub(crate) named_faults: Vec<NamedFault>,
    /// The losses and the optimizers that nothing trains with.
    pub(crate) idle: Vec<IdleFault>,
}

/// The factors by which a function scales values.
#[derive(Clone, Debug, Default)]
pub struct Factors {
    /// The names and numbers used as a multiplier or a divisor.
    pub names: BTreeSet<String>,
    /// Whether some loss in the function has the reduction `Sum`.
    pub sums: bool,
    /// Whether some call scales the accumulated gradients.
    pub scales_gradients: bool,
}

/// The modes in the state: the current mode of each model, and the saved mode for each pair of a
/// model and a guard.
#[derive(Debug, Default)]
pub(crate) struct Modes {
    /// The models. The flag tells whether the model comes from the caller.
    pub(crate) models: Vec<(PathId, bool)>,
    /// The number of guards that save modes. Each guard in the source counts at most once.
    pub(crate) guards: usize,
}
