//! The position of a thread in its sequence of random draws, as a value that can be saved.

use super::POSITION;

/// The position of a thread in its sequence of random draws: three integers that determine all
/// further draws of the thread. Shuffles are not among these draws: the order of an epoch depends
/// on the loader's seed and the epoch alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RandomState {
    /// The argument of [`seed`](crate::seed()) or [`seed_scope`](crate::seed_scope); 0 before the
    /// first call.
    pub seed: u64,
    /// The number of optimizer updates since the seed was set.
    pub update: u64,
    /// The number of draws since the last update.
    pub index: u64,
}

/// This thread's position in its sequence of random draws.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::{random_state, set_random_state};
///
/// seed(7);
/// let state = random_state();
/// let first = Tensor::rand(&[3]);
/// set_random_state(state);
/// assert_eq!(Tensor::rand(&[3]).as_slice(), first.as_slice());
/// ```
pub fn random_state() -> RandomState {
    POSITION.get()
}

/// Moves this thread to a position that [`random_state`] returned. The next draws are those that
/// followed this position.
///
/// Inside of a [`seed_scope`](crate::seed_scope) or an [`evaluation`](crate::evaluation()) the
/// position holds until the scope ends.
pub fn set_random_state(state: RandomState) {
    POSITION.set(state);
}
