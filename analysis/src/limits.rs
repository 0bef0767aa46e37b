//! Every bound of the analysis, each with its reason.
//!
//! Beyond a bound the analysis assumes less and reports less. Exceeding a bound never creates a finding.

/// The maximum depth of nested expressions.
///
/// Functions with deeper expressions are not checked, because the walk is recursive and a macro
/// runs on the compiler's stack.
pub(crate) const NESTED_EXPRESSIONS: usize = 120;

/// The maximum depth of loops that are lowered twice, for the first iteration and for later ones.
///
/// Each level doubles the size of the loop's body.
pub(crate) const NESTED_LOOPS: usize = 3;

/// The maximum number of events in one function.
///
/// Larger functions are not checked, so that the check of a generated function takes seconds at most.
pub(crate) const EVENTS: usize = 400_000;

/// The maximum number of tracked optimizers of one function. The state of each block has room for
/// this number.
pub(crate) const OPTIMIZERS: usize = 16;

/// The maximum depth of inlined calls.
///
/// Deeper calls are opaque.
pub(crate) const NESTED_CALLS: usize = 10;

/// The maximum number of inlined calls of one function.
///
/// Each inlined call copies the callee.
pub(crate) const CALLS: usize = 400;

/// The maximum number of imports that are followed one after the other to resolve one name.
pub(crate) const IMPORTS: usize = 8;

/// The maximum depth of inlined closures.
pub(crate) const NESTED_CLOSURES: usize = 6;

/// Calls are inlined as long as the function has fewer events than this number. Later calls are
/// opaque.
pub(crate) const EVENTS_TO_FOLLOW_IN: usize = 40_000;

/// Calls are inlined as long as the function has fewer optimizers than this number. An inlined call
/// may still add optimizers.
pub(crate) const OPTIMIZERS_TO_FOLLOW_IN: usize = 12;

/// The maximum number of optimizers that the head of a loop lists, such as the two in `[&mut a,
/// &mut b]`.
///
/// The body is copied for each optimizer.
pub(crate) const NAMED_OPTIMIZERS: usize = 8;

/// The maximum number of models with a tracked mode.
pub(crate) const MODELS: usize = 12;

/// The maximum number of mode guards that are tracked at once.
pub(crate) const MODE_GUARDS: usize = 6;

/// The maximum number of followed conditions. A state has 32 bits for the values of conditions.
pub(crate) const CONDITIONS: usize = 32;

/// The maximum number of joint outcomes of the followed conditions.
///
/// Each block is visited once for each joint outcome.
pub(crate) const OUTCOMES: usize = 64;

/// Conditions that occur only once are followed too, as long as there are at most this many joint
/// outcomes.
///
/// Such conditions help less, so their bound is lower.
pub(crate) const OUTCOMES_WITH_SINGLE: usize = 16;

/// The maximum number of recorded jumps out of an iteration, such as `continue`.
pub(crate) const EXITS: usize = 24;

/// The maximum depth of an expression whose structure is compared.
///
/// A deeper expression equals only itself, and a condition with such an expression may change at any time.
pub(crate) const NESTED_CONDITIONS: usize = 24;

/// The maximum depth of nested arithmetic in a counter.
pub(crate) const NESTED_ARITHMETIC: usize = 12;

/// The maximum number of wrappers that are removed around a factor. Casts and calls are wrappers.
pub(crate) const WRAPPERS: usize = 8;

/// The maximum number of assignments that are followed from a measure back to its inputs.
pub(crate) const MEASURE_SOURCES: usize = 4;

/// The maximum number of characters of a call that a message shows in full.
pub(crate) const TEXT: usize = 44;

/// The maximum length of a chain of method calls in a message. The rest of the chain is left out.
pub(crate) const CHAIN: usize = 8;

/// The maximum number of graphs from which one tensor was computed.
///
/// Beyond this number, further graphs are ignored.
pub(crate) const ANCESTORS: usize = 64;

/// The maximum number of path conditions that are distinguished in one block.
///
/// Beyond this number, the states under the conditions are joined.
pub(crate) const VARIANTS: usize = 256;

/// The maximum number of visits of one block. If a block needs more visits, the analysis gives up.
///
/// A fixpoint needs far fewer visits.
pub(crate) const VISITS: usize = 400;

/// The maximum number of places in one set.
///
/// A larger set is replaced by the set of all places.
pub(crate) const PLACES: usize = 24;

/// The maximum number of pairs of positions at which the collective operations on two branches are compared.
///
/// Beyond this number, nothing is reported about the branches.
pub(crate) const MEETINGS: usize = 200;

/// The maximum number of blocks that are visited between two collective operations.
///
/// Beyond this number, nothing is reported about the branch where the visit started. Without a bound, the time
/// would grow with the square of a function's length.
pub(crate) const WALK: usize = 500;

/// The maximum number of forwards that are distinguished in the origin of one value.
pub(crate) const FORWARDS: usize = 8;

/// The maximum number of recorded uses of one variable.
///
/// Variables with more uses are not checked.
pub(crate) const USES: usize = 64;

/// The maximum depth of nested structs in the check whether a type can hold parameters.
///
/// A struct that is nested more deeply counts as a type that can hold parameters.
pub(crate) const TYPE_DEPTH: usize = 3;
