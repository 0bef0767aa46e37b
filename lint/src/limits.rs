//! The bounds of the command, each with its reason.

/// The stack of a thread that checks, in bytes.
///
/// Syntax trees are walked by recursion, and generated files nest deeper than the usual stack allows.
/// Memory is allocated only for the used part.
pub(crate) const STACK: usize = 512 << 20;

/// The stack that parsing a file may take by a careful estimate, in bytes: well below [`STACK`].
pub(crate) const PARSING: usize = STACK / 5 * 2;

/// Nesting depth of brackets from which the error names the depth; below it, the error names a place.
pub(crate) const BRACKETS: usize = 4_000;

/// Threads that check files: each takes address space for a stack of [`STACK`] bytes.
pub(crate) const THREADS: usize = 8;

/// The size of a file, in bytes: positions of tokens are 32 bits wide.
pub(crate) const FILE: u64 = 64 << 20;
