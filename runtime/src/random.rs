//! Random numbers as pure functions of integers.
//!
//! A draw is a `ChaCha8` stream whose 256-bit key is (seed, purpose, update, index). The key
//! contains the four integers without hashing, so different draws never collide. A thread stores
//! its seed, the number of optimizer updates so far and the index of the next draw in this update.
//! To repeat a run, it is enough to save these three numbers. Shuffles depend on (seed, epoch)
//! alone and use no state at all. The generator and everything derived from its output are
//! implemented here, so that no release of another crate can change a run. The tests below compare
//! the generator and the draws with known values.

mod math;
mod multinomial;
mod scope;
mod state;
mod tensors;

use std::cell::Cell;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};

use math::{ln, sin_cos_turn};
pub(crate) use scope::{Restored, draw_for_sample, sample_scope};
pub use scope::{SeedScope, seed_scope};
pub use state::{RandomState, random_state, set_random_state};

use crate::Scalar;

/// The purpose of a draw. Different purposes have independent streams. The numeric values are part
/// of the meaning of a seed, so they must never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Initialisation of parameters.
    Initial = 1,
    /// Dropout masks.
    Dropout = 2,
    /// The order of samples in an epoch.
    Shuffle = 3,
    /// The assignment of samples to the parts of a split.
    Split = 4,
    /// Draws of the user's program: `Tensor::rand` and the like.
    Program = 5,
    /// The choice of samples for an epoch by a sampler.
    Sample = 6,
}

thread_local! {
    static POSITION: Cell<RandomState> = const { Cell::new(RandomState { seed: 0, update: 0, index: 0 }) };
}

/// Seeds this thread's random draws: initialisation of layers, dropout masks, and the tensors of
/// [`Tensor::rand`](crate::Tensor::rand) and the like.
///
/// Every draw is a function of (seed, purpose, optimizer updates since the seed, index of the draw
/// in this update). The same program with the same seed therefore draws the same bits on every
/// machine and for every number of threads. [`random_state`] returns these numbers, and
/// [`set_random_state`] restores them, so that an interrupted program continues with the same
/// draws; a generated loop with the clause `checkpoint` does so itself. Setting only the seed
/// restarts from the first draw. A thread that never calls `seed` has seed 0. The seed is in effect until the next call of `seed`.
/// [`seed_scope`] sets the seed of a scope. Shuffles have a separate seed, `DataLoader::shuffle`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// seed(7);
/// let first = Linear::new(3, 2);
/// seed(7);
/// let second = Linear::new(3, 2);
/// assert_eq!(first.weight.to_array(), second.weight.to_array());
/// ```
pub fn seed(n: u64) {
    POSITION.set(RandomState { seed: n, update: 0, index: 0 });
}

/// Counts an optimizer update. Every optimizer's `step` calls this function.
pub(crate) fn next_update() {
    let position = POSITION.get();
    POSITION.set(RandomState { update: position.update + 1, index: 0, ..position });
}

/// Returns the random stream for the next draw of this thread, and counts the draw.
pub(crate) fn draw(purpose: Purpose) -> Stream {
    let position = POSITION.get();
    POSITION.set(RandomState { index: position.index + 1, ..position });
    Stream::new(position.seed, purpose, position.update, position.index)
}

/// The random stream of one draw.
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream for these four integers, independent of the thread's state.
    pub(crate) fn new(seed: u64, purpose: Purpose, update: u64, index: u64) -> Self {
        let mut key = [0; 32];
        for (part, number) in key.chunks_exact_mut(8).zip([seed, purpose as u64, update, index]) {
            part.copy_from_slice(&number.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The next 32 random bits.
    pub(crate) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Sets each value to `f` of the next 32 random bits. Each value uses the same bits as a call
    /// of [`word`](Self::word), but the bits are generated in bulk.
    pub(crate) fn fill_with(&mut self, values: &mut [Scalar], f: impl Fn(u32) -> Scalar) {
        let mut bytes = [0; 1024];
        for values in values.chunks_mut(bytes.len() / 4) {
            let bytes = &mut bytes[..4 * values.len()];
            self.0.fill_bytes(bytes);
            for (value, word) in values.iter_mut().zip(bytes.as_chunks().0) {
                *value = f(u32::from_le_bytes(*word));
            }
        }
    }

    /// A random integer below `n`. `n` must not be 0. The bias of the draw is below `n / 2⁶⁴`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let word = self.0.next_u64();
        ((u128::from(word) * n as u128) >> 64) as usize
    }

    /// A number in [0, 1) that is a multiple of 2⁻⁵³, for draws that need more than 2²⁴ different
    /// values.
    pub(crate) fn fine(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number in [0, 1) that is a multiple of 2⁻²⁴, so that `f32` and `f64` builds draw the same
    /// number.
    pub(crate) fn unit(&mut self) -> f64 {
        unit(self.word())
    }

    /// Fills `values` with uniform values in [low, high).
    pub(crate) fn fill_uniform(&mut self, values: &mut [Scalar], low: f64, high: f64) {
        self.fill_with(values, |word| (low + (high - low) * unit(word)) as Scalar);
    }

    /// Fills `values` with normally distributed values.
    ///
    /// # Formula
    /// Box and Muller: `r = √(-2 ln u)`, `mean + deviation · r · cos 2πv` and the same with `sin`, where `u` in (0, 1]
    /// and `v` in [0, 1) are uniform.
    pub(crate) fn fill_normal(&mut self, values: &mut [Scalar], mean: f64, deviation: f64) {
        for pair in values.chunks_mut(2) {
            let radius = (-2.0 * ln(1.0 - self.unit())).sqrt();
            let (sine, cosine) = sin_cos_turn(self.unit());
            for (value, side) in pair.iter_mut().zip([cosine, sine]) {
                *value = (mean + deviation * radius * side) as Scalar;
            }
        }
    }
}

/// Converts 24 bits of `word` to a number in [0, 1).
fn unit(word: u32) -> f64 {
    f64::from(word >> 8) / f64::from(1 << 24)
}

/// The order of `n` samples in an epoch: a pure function of its arguments.
pub(crate) fn permutation(n: usize, purpose: Purpose, seed: u64, epoch: u64) -> Vec<usize> {
    shuffled((0..n).collect(), &mut Stream::new(seed, purpose, epoch, 0))
}

/// Shuffles `order` with random numbers from `stream`.
///
/// # Source
/// Fisher and Yates, from the last element to the first. The shuffle is implemented here because no
/// crate guarantees that its shuffle never changes.
fn shuffled(mut order: Vec<usize>, stream: &mut Stream) -> Vec<usize> {
    for last in (1..order.len()).rev() {
        order.swap(last, stream.below(last + 1));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changing the meaning of a seed is a breaking change, so the values in this test must not
    /// change. They were computed by another implementation.
    #[test]
    fn known_vectors() {
        let mut stream = Stream::new(7, Purpose::Dropout, 3, 1);
        assert_eq!(
            [stream.word(), stream.word(), stream.word()],
            [1_026_454_353, 3_620_279_077, 103_117_450]
        );
        assert_eq!(permutation(10, Purpose::Shuffle, 1, 0), [2, 4, 8, 1, 3, 7, 6, 9, 0, 5]);
        let mut normal = [0.0; 3];
        Stream::new(7, Purpose::Initial, 0, 0).fill_normal(&mut normal, 1.0, 2.0);
        for (value, expected) in normal.into_iter().zip([1.390_109_083, 0.583_830_506, 1.664_155_024]) {
            assert!((f64::from(value) - expected).abs() < 1e-6, "{value} is not {expected}");
        }
    }

    #[test]
    fn words_are_the_same_one_by_one_and_in_one_go() {
        for length in [0, 1, 255, 256, 257, 1000] {
            let mut values = vec![0.0; length];
            let [mut one, mut all] = [(); 2].map(|()| Stream::new(9, Purpose::Dropout, 0, 0));
            all.fill_with(&mut values, |word| (word >> 8) as Scalar);
            assert!(values.iter().all(|&value| value == (one.word() >> 8) as Scalar));
            assert_eq!(all.word(), one.word());
        }
    }

    #[test]
    fn a_draw_depends_on_its_four_integers_only() {
        let words = |seed, purpose, update, index| {
            let mut stream = Stream::new(seed, purpose, update, index);
            [stream.word(), stream.word()]
        };
        let base = words(1, Purpose::Dropout, 2, 3);
        assert_eq!(base, words(1, Purpose::Dropout, 2, 3));
        assert_ne!(base, words(2, Purpose::Dropout, 2, 3));
        assert_ne!(base, words(1, Purpose::Initial, 2, 3));
        assert_ne!(base, words(1, Purpose::Dropout, 3, 3));
        assert_ne!(base, words(1, Purpose::Dropout, 2, 4));
    }

    #[test]
    fn a_thread_counts_draws_and_updates() {
        seed(5);
        let first = draw(Purpose::Dropout).word();
        assert_ne!(first, draw(Purpose::Dropout).word());
        next_update();
        assert_eq!(POSITION.get(), RandomState { seed: 5, update: 1, index: 0 });
        seed(5);
        assert_eq!(first, draw(Purpose::Dropout).word());
    }

    #[test]
    fn a_permutation_holds_each_sample_once() {
        for n in [0, 1, 2, 3, 100] {
            let mut order = permutation(n, Purpose::Shuffle, 3, 4);
            order.sort_unstable();
            assert_eq!(order, (0..n).collect::<Vec<_>>());
        }
        assert_ne!(permutation(100, Purpose::Shuffle, 3, 4), permutation(100, Purpose::Shuffle, 3, 5));
    }

    #[test]
    fn fills_have_their_mean_and_spread() {
        let mut values = vec![0.0; 20_001];
        let mean =
            |values: &[Scalar]| values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
        let mut stream = Stream::new(0, Purpose::Initial, 0, 0);
        stream.fill_uniform(&mut values, -1.0, 3.0);
        assert!(values.iter().all(|v| (-1.0..3.0).contains(v)));
        assert!((mean(&values) - 1.0).abs() < 0.05);
        stream.fill_normal(&mut values, 1.0, 2.0);
        assert!((mean(&values) - 1.0).abs() < 0.06);
        let squares = values.iter().map(|v| (v - 1.0) * (v - 1.0)).collect::<Vec<_>>();
        assert!((mean(&squares) - 4.0).abs() < 0.2);
    }
}
