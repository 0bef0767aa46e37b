//! The limits of the command, with the reasons.

/// The stack of a thread that checks files, in bytes.
///
/// Syntax trees are walked recursively, and generated files are nested too deeply for the default stack.
/// Memory is allocated only for the used part of the stack.
pub(crate) const STACK: usize = 512 << 20;

/// The largest stack that parsing a file may take, in bytes, as estimated from its tokens. The
/// value is well below [`STACK`].
pub(crate) const PARSING: usize = STACK / 5 * 2;

/// A limit for the depth of nested brackets. It selects the error for a file that is nested too
/// deeply to be parsed. Above the limit, the error states the depth. Otherwise, it points to a
/// place in the file.
pub(crate) const BRACKETS: usize = 4_000;

/// The largest number of threads that check files. Each thread takes address space for a stack of
/// [`STACK`] bytes.
pub(crate) const THREADS: usize = 8;

/// The largest size of a file, in bytes. Positions of tokens are 32 bits wide, so some limit is
/// needed.
pub(crate) const FILE: u64 = 64 << 20;
