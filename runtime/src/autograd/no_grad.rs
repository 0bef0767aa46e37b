//! Computation without recording.

use std::cell::Cell;
use std::marker::PhantomData;

thread_local! {
    static PAUSED: Cell<u32> = const { Cell::new(0) };
}

/// Whether this thread records operations.
pub(crate) fn is_recording() -> bool {
    PAUSED.with(Cell::get) == 0
}

/// Runs `work` without recording. The results have no graph, and no memory is used for a graph.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[1.0, 2.0]));
/// let doubled = no_grad(|| weight.tensor() * 2.0);
/// assert!(!doubled.requires_grad());
/// ```
pub fn no_grad<R>(work: impl FnOnce() -> R) -> R {
    let _guard = no_grad_guard();
    work()
}

/// Stops recording on this thread until the guard is dropped.
#[must_use = "recording starts again when the guard is dropped"]
pub fn no_grad_guard() -> NoGradGuard {
    PAUSED.with(|paused| paused.set(paused.get() + 1));
    NoGradGuard { thread: PhantomData }
}

/// Stops this thread from recording; see [`no_grad_guard`].
#[derive(Debug)]
pub struct NoGradGuard {
    thread: PhantomData<*const ()>,
}

impl Drop for NoGradGuard {
    fn drop(&mut self) {
        PAUSED.with(|paused| paused.set(paused.get() - 1));
    }
}
