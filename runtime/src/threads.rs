//! The number of threads.

use std::env;

use crate::kernel::pool;

/// The number of threads that operations use, including the caller's.
///
/// The initial number is the value of the environment variable `TRAINING_LOOP_THREADS`, or else the
/// parallelism available to the process. The maximum is four times the available parallelism, but
/// at least 16. More threads would only cost memory and time.
pub fn num_threads() -> usize {
    pool::threads()
}

/// Sets [`num_threads`] for the whole process, from the next operation on. A number above the
/// maximum sets the maximum.
///
/// Results are bit-identical for every number of threads: the split of the work depends only on
/// shapes, the parts are computed independently, and partial sums are added in order.
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

/// A scope with another number of threads. Dropping it restores the earlier number.
#[derive(Debug)]
pub(crate) struct ThreadsScope {
    /// The earlier number of threads.
    before: usize,
}

impl ThreadsScope {
    /// Sets the number of threads (at least 1). `None` if the environment variable sets it.
    pub(crate) fn new(count: usize) -> Option<Self> {
        let is_set = env::var_os("TRAINING_LOOP_THREADS").is_some_and(|text| !text.is_empty());
        (!is_set).then(|| Self { before: pool::set_threads(count) })
    }
}

impl Drop for ThreadsScope {
    fn drop(&mut self) {
        pool::set_threads(self.before);
    }
}
