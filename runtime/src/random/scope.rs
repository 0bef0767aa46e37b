//! Scopes that restore a thread's random position.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

use super::{POSITION, RandomState, seed};

thread_local! {
    /// The open scopes of this thread, innermost last. Each scope has an id and the position to
    /// restore.
    static SCOPES: RefCell<Vec<(u64, RandomState)>> = const { RefCell::new(Vec::new()) };
    static NEXT_SCOPE: Cell<u64> = const { Cell::new(0) };
}

/// Seeds this thread's random draws like [`seed`], until the guard is dropped.
///
/// Dropping the guard restores the generator's earlier position, as if the scope had drawn nothing
/// and no optimizer had stepped in it. The position is also restored on an exit by `?`, `break` or
/// a panic. Scopes may be nested. A call of `seed` inside a scope has effect only until the scope
/// ends.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// seed(7);
/// let first = Linear::new(3, 2);
/// {
///     let _seeded = seed_scope(7);
///     let again = Linear::new(3, 2);
///     assert_eq!(first.weight.to_array(), again.weight.to_array());
/// }
/// let second = Linear::new(3, 2); // As if the scope had not been there.
/// assert_ne!(first.weight.to_array(), second.weight.to_array());
/// ```
#[must_use = "the seed holds until the guard is dropped: `let _seeded = seed_scope(7);`"]
pub fn seed_scope(n: u64) -> SeedScope {
    let scope = SeedScope { _restored: Restored::here() };
    seed(n);
    scope
}

/// The index of the first draw for the first sample of an epoch. No program makes this many draws in an
/// update.
const SAMPLES: u64 = 1 << 63;
/// The number of draws for one sample that are independent of those for the next sample.
const PER_SAMPLE: u64 = 1 << 20;

/// A scope whose draws are a function of the seed, the epoch and the place of a sample in the epoch. A loader
/// reads each batch in such a scope, so that augmentation does not depend on threads or on what ran before.
pub(crate) fn sample_scope(seed: u64, epoch: u64, place: usize) -> SeedScope {
    let scope = SeedScope { _restored: Restored::here() };
    let index = SAMPLES.wrapping_add((place as u64).wrapping_mul(PER_SAMPLE));
    POSITION.set(RandomState { seed, update: epoch, index });
    scope
}

/// Moves to the draws for the sample `offset` places after the first one of the batch, whose draws begin at
/// `start`. Outside of a loader nothing changes.
pub(crate) fn draw_for_sample(start: RandomState, offset: usize) {
    if start.index >= SAMPLES {
        let index = start.index.wrapping_add((offset as u64).wrapping_mul(PER_SAMPLE));
        POSITION.set(RandomState { index, ..start });
    }
}

/// A scope with its own seed on this thread; made by [`seed_scope`].
#[derive(Debug)]
pub struct SeedScope {
    _restored: Restored,
}

/// The guard of a scope. On drop, it restores the random position that the thread had before the scope.
///
/// If an outer scope ends before an inner scope, the thread's position does not change yet. The
/// inner scope takes over the position that the outer scope would have restored. Therefore,
/// whatever the order in which the scopes end, the last one restores the position from before the
/// first scope.
#[derive(Debug)]
pub(crate) struct Restored {
    id: u64,
    /// A field that makes the guard not `Send`, because the position belongs to this thread.
    thread: PhantomData<*const ()>,
}

impl Restored {
    pub(crate) fn here() -> Self {
        let id = NEXT_SCOPE.get();
        NEXT_SCOPE.set(id + 1);
        // While the thread is ending, there is nothing to restore.
        let _ = SCOPES.try_with(|scopes| scopes.borrow_mut().push((id, POSITION.get())));
        Self { id, thread: PhantomData }
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        let _ = SCOPES.try_with(|scopes| {
            let mut scopes = scopes.borrow_mut();
            let Some(at) = scopes.iter().rposition(|(id, _)| *id == self.id) else { return };
            let (_, position) = scopes.remove(at);
            match scopes.get_mut(at) {
                Some((_, inner)) => *inner = position,
                None => POSITION.set(position),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Purpose, draw, next_update};
    use super::*;

    /// The thread's position and the bits of its next draw, after a call of `between`. `between`
    /// must change neither the position nor the bits.
    fn drawn_after(between: impl FnOnce()) -> (RandomState, u32) {
        seed(5);
        next_update();
        draw(Purpose::Dropout);
        between();
        (POSITION.get(), draw(Purpose::Initial).word())
    }

    #[test]
    fn a_seed_scope_ends_on_every_way_out() {
        fn failing() -> Result<(), std::num::ParseIntError> {
            let _seeded = seed_scope(9);
            draw(Purpose::Dropout);
            "x".parse::<u8>()?;
            Ok(())
        }
        let expected = drawn_after(|| ());
        assert_eq!(expected.0, RandomState { seed: 5, update: 1, index: 1 });
        let ends = || {
            let _seeded = seed_scope(9);
            assert_eq!(POSITION.get(), RandomState { seed: 9, update: 0, index: 0 });
            draw(Purpose::Dropout);
            next_update();
        };
        assert_eq!(drawn_after(ends), expected);
        assert_eq!(drawn_after(|| assert!(failing().is_err())), expected);
        let panics = || {
            let _seeded = seed_scope(9);
            draw(Purpose::Dropout);
            std::panic::resume_unwind(Box::new("on purpose"));
        };
        assert_eq!(drawn_after(|| assert!(std::panic::catch_unwind(panics).is_err())), expected);
        let breaks = || {
            for n in 0..3 {
                let _seeded = seed_scope(n);
                if draw(Purpose::Dropout).word() > 0 {
                    break;
                }
            }
        };
        assert_eq!(drawn_after(breaks), expected);
    }

    #[test]
    fn scopes_end_in_any_order() {
        let expected = drawn_after(|| ());
        let nested = || {
            let outer = seed_scope(1);
            draw(Purpose::Dropout);
            let inner = seed_scope(2);
            seed(3);
            drop(inner);
            assert_eq!(POSITION.get(), RandomState { seed: 1, update: 0, index: 1 });
            drop(outer);
        };
        assert_eq!(drawn_after(nested), expected);
        let crossed = || {
            let model = crate::nn::Dropout::new(0.5);
            let (first, second, third) = (seed_scope(1), crate::evaluation(&model), seed_scope(2));
            drop(first);
            assert_eq!(POSITION.get().seed, 2, "the innermost scope holds on");
            drop(third);
            assert_eq!(POSITION.get().seed, 1, "the evaluation began on this seed");
            drop(second);
        };
        assert_eq!(drawn_after(crossed), expected);
    }

    #[test]
    fn models_made_after_a_scope_are_as_without_it() {
        let weights = |scoped: bool| {
            seed(42);
            let mut weights = Vec::new();
            for _ in 0..3 {
                weights.push(crate::nn::Linear::new(3, 3).weight.to_array());
                if scoped {
                    let _seeded = seed_scope(0);
                    draw(Purpose::Dropout);
                    next_update();
                }
            }
            weights
        };
        assert_eq!(weights(true), weights(false));
    }

    #[test]
    fn a_scope_stays_on_its_thread() {
        struct Probe<T>(PhantomData<T>);
        #[allow(dead_code)] // The other one is selected if `T` is `Send`.
        impl<T: Send> Probe<T> {
            const SEND: bool = true;
        }
        trait Otherwise {
            const SEND: bool = false;
        }
        impl<T> Otherwise for Probe<T> {}
        const { assert!(Probe::<u64>::SEND && !Probe::<SeedScope>::SEND) }
        const { assert!(!Probe::<crate::Evaluation>::SEND) }
    }
}
