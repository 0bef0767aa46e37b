//! How many threads a training step uses.

use crate::kernel::pool;

/// The number of threads that operations share their work among, the caller's among them.
///
/// At first it is the environment variable `TRAINING_LOOP_THREADS`, or else as many as the process may run at once. It is
/// never more than four for each of these, or 16 if that is more: further threads would only take memory and time.
pub fn num_threads() -> usize {
    pool::threads()
}

/// Sets [`num_threads`] for the whole process, from the next operation on; a number above its limit means the limit.
///
/// Results do not depend on it, to the last bit: work is cut by shapes alone, each part is computed as it would be
/// alone, and sums of parts are added in order.
///
/// # Panics
/// If `count` is 0.
///
/// # Source
/// `PyTorch`'s `set_num_threads`.
///
/// # Example
/// ```
/// training_loop::set_num_threads(1);
/// assert_eq!(training_loop::num_threads(), 1);
/// training_loop::set_num_threads(100_000);
/// assert!(training_loop::num_threads() < 100_000);
/// ```
#[track_caller]
pub fn set_num_threads(count: usize) {
    assert!(count > 0, "set_num_threads: at least one thread must work, and the number is 0");
    pool::set_threads(count);
}
