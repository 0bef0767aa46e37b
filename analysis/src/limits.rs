//! Every bound of the analysis, each with its reason.
//!
//! Beyond a bound the analysis assumes less and reports less: exceeding one never creates a finding.

/// Depth of nested expressions.
///
/// Deeper functions are not checked: the walk is recursive, and a macro runs on the compiler's stack.
pub(crate) const NESTED_EXPRESSIONS: usize = 120;

/// Depth of nested loops that are lowered twice, for the first iteration and for later ones.
///
/// Each level doubles the size of its body.
pub(crate) const NESTED_LOOPS: usize = 3;

/// Events of one function.
///
/// Larger functions are not checked, so that the check of a generated function takes seconds at most.
pub(crate) const EVENTS: usize = 400_000;

/// Tracked optimizers of one function: the state of each block has room for all of them.
pub(crate) const OPTIMIZERS: usize = 16;

/// Depth of inlined calls.
///
/// Deeper calls are opaque.
pub(crate) const NESTED_CALLS: usize = 10;

/// Inlined calls of one function.
///
/// Each copies the callee.
pub(crate) const CALLS: usize = 400;

/// Chained imports resolved for one name.
pub(crate) const IMPORTS: usize = 8;

/// Depth of inlined closures.
pub(crate) const NESTED_CLOSURES: usize = 6;

/// Events of a function beyond which its calls are opaque.
pub(crate) const EVENTS_TO_FOLLOW_IN: usize = 40_000;

/// Optimizers of a function beyond which its calls are opaque; a callee may add more.
pub(crate) const OPTIMIZERS_TO_FOLLOW_IN: usize = 12;

/// Optimizers that the head of a loop names one by one.
///
/// The body is copied for each.
pub(crate) const NAMED_OPTIMIZERS: usize = 8;

/// Models with a tracked mode.
pub(crate) const MODELS: usize = 12;

/// Mode guards tracked at once.
pub(crate) const MODE_GUARDS: usize = 6;

/// Followed conditions: the states have 32 bits for them.
pub(crate) const CONDITIONS: usize = 32;

/// Joint outcomes of the followed conditions.
///
/// Each block is visited once for each outcome.
pub(crate) const OUTCOMES: usize = 64;

/// Joint outcomes while conditions that occur only once are followed as well.
///
/// Such conditions help less, so their bound is lower.
pub(crate) const OUTCOMES_WITH_SINGLE: usize = 16;

/// Jumps out of an iteration recorded at once.
pub(crate) const EXITS: usize = 24;

/// Depth of an expression whose structure is compared.
///
/// Deeper ones are equal only to themselves, and conditions with them may change at any time.
pub(crate) const NESTED_CONDITIONS: usize = 24;

/// Depth of nested arithmetic in a counter.
pub(crate) const NESTED_ARITHMETIC: usize = 12;

/// Wrappers around a factor, such as casts and calls.
pub(crate) const WRAPPERS: usize = 8;

/// Assignments between a measure and its inputs.
pub(crate) const MEASURE_SOURCES: usize = 4;

/// Characters of a call that a message shows in full.
pub(crate) const TEXT: usize = 44;

/// Method calls of a chain that a message shows.
pub(crate) const CHAIN: usize = 8;

/// Graphs that one tensor was computed from.
///
/// Beyond it the others are not looked at.
pub(crate) const ANCESTORS: usize = 64;

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
/// A larger set stands for all places.
pub(crate) const PLACES: usize = 24;

/// Forward passes of a value that are distinguished.
pub(crate) const FORWARDS: usize = 8;

/// Uses of one variable that are kept.
///
/// Variables with more uses are not checked.
pub(crate) const USES: usize = 64;
