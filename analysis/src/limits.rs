//! Every bound of the analysis, each with its reason.
//!
//! Where one is exceeded the analysis knows less and says less; no bound makes a finding.

/// Depth of nested expressions.
///
/// Beyond it nothing is concluded of the function: the walk is recursive, and a macro has the stack of its compiler.
pub(crate) const NESTED_EXPRESSIONS: usize = 120;

/// Depth of nested loops that are lowered twice, for the first round and for later ones.
///
/// Each level doubles what is inside.
pub(crate) const NESTED_LOOPS: usize = 3;

/// Events of one function.
///
/// Beyond it nothing is concluded, so that a generated function of any size is checked in seconds.
pub(crate) const EVENTS: usize = 400_000;

/// Optimizers of one function that are followed: the state of each block has room for all of them.
pub(crate) const OPTIMIZERS: usize = 16;

/// Depth of followed calls.
///
/// Deeper ones are opaque.
pub(crate) const NESTED_CALLS: usize = 10;

/// Calls that are followed in one function.
///
/// Each copies the callee.
pub(crate) const CALLS: usize = 400;

/// Events of a function in which calls are still followed.
pub(crate) const EVENTS_TO_FOLLOW_IN: usize = 40_000;

/// Optimizers of a function in which calls are still followed: the callee may have some of its own.
pub(crate) const OPTIMIZERS_TO_FOLLOW_IN: usize = 12;

/// Optimizers that the head of a loop names one by one.
///
/// The body is copied for each.
pub(crate) const NAMED_OPTIMIZERS: usize = 8;

/// Models whose mode is followed.
pub(crate) const MODELS: usize = 12;

/// Guards of a mode that are followed at once.
pub(crate) const MODE_GUARDS: usize = 6;

/// Conditions that are followed: the states have 32 bits for them.
pub(crate) const CONDITIONS: usize = 32;

/// Joint outcomes of the followed conditions.
///
/// Each block is visited once for each outcome.
pub(crate) const OUTCOMES: usize = 64;

/// Joint outcomes while conditions that occur only once are followed as well.
///
/// They tell less, so they may cost less.
pub(crate) const OUTCOMES_WITH_SINGLE: usize = 16;

/// Jumps out of a round that are remembered at once.
pub(crate) const EXITS: usize = 24;

/// Depth of nested `&&`, `||` and `!`.
///
/// Beyond it they are one condition.
pub(crate) const NESTED_CONDITIONS: usize = 24;

/// Depth of nested arithmetic in a counter.
pub(crate) const NESTED_ARITHMETIC: usize = 12;

/// Wrappers around a factor, such as casts and calls.
pub(crate) const WRAPPERS: usize = 8;

/// Assignments between a measure and what it was computed from.
pub(crate) const MEASURE_SOURCES: usize = 4;

/// Characters of a call that a message shows in full.
pub(crate) const TEXT: usize = 44;

/// Method calls of a chain that a message shows.
pub(crate) const CHAIN: usize = 8;

/// Path conditions of a block that are kept apart.
///
/// Beyond it their states are joined.
pub(crate) const VARIANTS: usize = 256;

/// Visits of a block before its state is taken as unknown.
///
/// A fixpoint needs far fewer.
pub(crate) const VISITS: usize = 400;

/// Places in one set.
///
/// A larger set is any place.
pub(crate) const PLACES: usize = 24;

/// Forward passes behind a value that are told apart.
pub(crate) const FORWARDS: usize = 8;

/// Uses of one variable that are kept.
///
/// Of a variable with more nothing is said.
pub(crate) const USES: usize = 64;
