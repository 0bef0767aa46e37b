//! Every bound of the analysis, each with its reason.
//!
//! Beyond a bound the analysis assumes less and reports less. Exceeding a bound never creates a finding.

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

/// Tracked optimizers of one function: the state of each block has room for this number.
pub(crate) const OPTIMIZERS: usize = 16;

/// Depth of inlined calls.
///
/// Deeper calls are opaque.
pub(crate) const NESTED_CALLS: usize = 10;

/// Inlined calls of one function.
///
/// Each copies the callee.
pub(crate) const CALLS: usize = 400;

/// Imports that are followed one after the other to resolve one name.
pub(crate) const IMPORTS: usize = 8;

/// Depth of inlined closures.
pub(crate) const NESTED_CLOSURES: usize = 6;

/// Events of a function beyond which its calls are opaque.
pub(crate) const EVENTS_TO_FOLLOW_IN: usize = 40_000;

/// Optimizers of a function beyond which its calls are opaque: a callee may add more optimizers.
pub(crate) const OPTIMIZERS_TO_FOLLOW_IN: usize = 12;

/// Optimizers that the head of a loop names one by one: `for optimizer in [&mut a, &mut b]`.
///
/// The body is copied for each.
pub(crate) const NAMED_OPTIMIZERS: usize = 8;

/// Models with a tracked mode.
pub(crate) const MODELS: usize = 12;

/// Mode guards tracked at once.
pub(crate) const MODE_GUARDS: usize = 6;

/// Followed conditions: a state has 32 bits for their values.
pub(crate) const CONDITIONS: usize = 32;

/// Joint outcomes of the followed conditions.
///
/// Each block is visited once for each outcome.
pub(crate) const OUTCOMES: usize = 64;

/// Joint outcomes up to which conditions that occur only once are followed as well.
///
/// Such conditions help less, so their bound is lower.
pub(crate) const OUTCOMES_WITH_SINGLE: usize = 16;

/// Jumps out of an iteration, such as `continue`, that are recorded at once.
pub(crate) const EXITS: usize = 24;

/// Depth of an expression whose structure is compared.
///
/// A deeper expression equals only itself, and a condition with such an expression may change at any time.
pub(crate) const NESTED_CONDITIONS: usize = 24;

/// Depth of nested arithmetic in a counter.
pub(crate) const NESTED_ARITHMETIC: usize = 12;

/// Wrappers around a factor, such as casts and calls, that are looked through.
pub(crate) const WRAPPERS: usize = 8;

/// Assignments that are followed from a measure back to its inputs.
pub(crate) const MEASURE_SOURCES: usize = 4;

/// Characters of a call that a message shows in full.
pub(crate) const TEXT: usize = 44;

/// Method calls of a chain that a message shows.
pub(crate) const CHAIN: usize = 8;

/// Graphs from which one tensor was computed.
///
/// Beyond this number, further graphs are ignored.
pub(crate) const ANCESTORS: usize = 64;

/// Path conditions of a block that are kept apart.
///
/// Beyond this number, the states under the conditions are joined.
pub(crate) const VARIANTS: usize = 256;

/// Visits of a block after which the state of the block counts as unknown.
///
/// A fixpoint needs far fewer.
pub(crate) const VISITS: usize = 400;

/// Places in one set.
///
/// A larger set stands for all places.
pub(crate) const PLACES: usize = 24;

/// Forward passes behind one value that are distinguished.
pub(crate) const FORWARDS: usize = 8;

/// Uses of one variable that are kept.
///
/// Variables with more uses are not checked.
pub(crate) const USES: usize = 64;
