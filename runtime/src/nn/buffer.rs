//! Values of a model that are saved but not trained.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::{Array, Tensor};

/// A value that is saved with its model but not trained. Examples are running statistics, and the
/// mean and the deviation of the input columns. A clone refers to the same buffer.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// #[derive(Module)]
/// struct Net {
///     mean: Buffer,
///     output: Linear,
/// }
///
/// impl Net {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         self.output.forward(&(x - self.mean.tensor()))
///     }
/// }
///
/// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
/// let net = Net { mean: Buffer::new(x.mean_axis_keepdim(0)), output: Linear::new(2, 1) };
/// assert_eq!(net.forward(&x).shape(), [2, 1]);
/// assert!(net.state_dict().get("mean").is_some());
/// ```
#[derive(Clone)]
pub struct Buffer(Arc<Inner>);

struct Inner {
    /// The value. Its lock is held only briefly, and never while a caller's code runs.
    value: Mutex<Array>,
    /// The thread that has the right to change the value; `None` if no thread has this right.
    turn: Mutex<Option<ThreadId>>,
    ended: Condvar,
}

/// A thread's exclusive right to change the value. The right ends when this guard is dropped.
struct Turn<'a>(&'a Inner);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.turn.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.ended.notify_one();
    }
}

impl Buffer {
    /// A buffer with this value. The value may be a tensor or any other value that `Tensor::from`
    /// accepts.
    #[track_caller]
    pub fn new<T>(value: T) -> Self
    where
        Tensor: From<T>,
    {
        let value = Mutex::new(Tensor::from(value).to_array());
        Self(Arc::new(Inner { value, turn: Mutex::new(None), ended: Condvar::new() }))
    }

    fn lock(&self) -> MutexGuard<'_, Array> {
        self.0.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no other thread has the right to change the value, then acquires this right for
    /// this thread. Returns `None` if an outer call on this thread already has the right.
    fn turn(&self) -> Option<Turn<'_>> {
        let own = thread::current().id();
        let mut turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(other) = *turn {
            if other == own {
                return None;
            }
            turn = self.0.ended.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        *turn = Some(own);
        Some(Turn(&self.0))
    }

    /// A copy of the value.
    pub fn value(&self) -> Array {
        self.lock().clone()
    }

    /// A copy of the value as a tensor without a gradient.
    pub fn tensor(&self) -> Tensor {
        Tensor::from(self.lock().view())
    }

    pub(crate) fn shape(&self) -> Vec<usize> {
        self.lock().shape().to_vec()
    }

    /// Replaces the value by another value of the same shape.
    ///
    /// # Panics
    /// If the shape differs.
    #[track_caller]
    pub fn set<T>(&self, value: T)
    where
        Tensor: From<T>,
    {
        let value = Tensor::from(value).to_array();
        let _turn = self.turn();
        self.replace("set", value);
    }

    /// Passes a copy of the value to `change`, and then replaces the value by the changed copy.
    ///
    /// While `change` runs, [`value`](Self::value) returns the old value. If `change` calls `set`
    /// on this buffer, the value that was set is overwritten when `change` returns. Calls of `set`
    /// and `update` on other threads wait until `change` returns, so no update is lost. Calls of
    /// `value` do not wait. If `change` panics, the value is unchanged.
    ///
    /// # Panics
    /// If `change` changes the shape of the value.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let buffer = Buffer::new([1.0, 2.0]);
    /// buffer.update(|value| *value = buffer.value() * 2.0);
    /// assert_eq!(buffer.value(), ndarray::arr1(&[2.0, 4.0]).into_dyn());
    /// ```
    #[track_caller]
    pub fn update(&self, change: impl FnOnce(&mut Array)) {
        let _turn = self.turn();
        let mut value = self.value();
        change(&mut value);
        self.replace("update", value);
    }

    #[track_caller]
    fn replace(&self, what: &str, value: Array) {
        let mut old = self.lock();
        assert!(
            old.shape() == value.shape(),
            "{what}: the new value has the shape {:?}, and the buffer has {:?}",
            value.shape(),
            old.shape()
        );
        *old = value;
    }
}

impl From<&Buffer> for Tensor {
    #[track_caller]
    fn from(buffer: &Buffer) -> Self {
        buffer.tensor()
    }
}

/// The elements, as formatted by `ndarray`.
impl fmt::Display for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

/// Writes only the shape, because the `Debug` output of a model shows its structure.
impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({:?})", self.value().shape())
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::Buffer;

    fn buffer() -> Buffer {
        Buffer::new(ndarray::arr1(&[1.0, 2.0]).into_dyn())
    }

    #[test]
    fn a_change_may_use_the_buffer_itself() {
        let buffer = buffer();
        buffer.update(|value| {
            assert_eq!(format!("{buffer:?} {buffer}"), "Buffer([2]) [1, 2]");
            buffer.update(|inner| *inner += 10.0);
            assert_eq!(buffer.value()[0], 11.0);
            buffer.set(buffer.value() * 3.0);
            *value *= 2.0;
        });
        assert_eq!(buffer.value(), ndarray::arr1(&[2.0, 4.0]).into_dyn(), "the outer change is the last");
        buffer.set(ndarray::arr1(&[5.0, 6.0]).into_dyn());
    }

    #[test]
    fn is_made_of_what_a_tensor_is_made_of_and_computes_as_one() {
        let tensor = crate::Tensor::from([1.0, 2.0]);
        for buffer in [Buffer::new(&tensor), Buffer::new(vec![1.0, 2.0]), Buffer::new([1.0, 2.0]), buffer()] {
            assert_eq!((&tensor - buffer.tensor()).as_slice(), [0.0, 0.0]);
            assert_eq!(crate::Tensor::from(&buffer).as_slice(), tensor.as_slice());
            buffer.set(&tensor * 3.0);
            assert_eq!(buffer.value(), ndarray::arr1(&[3.0, 6.0]).into_dyn());
        }
    }

    #[test]
    fn a_value_is_read_while_another_thread_changes_it() {
        let buffer = buffer();
        buffer.update(|value| {
            let read = std::thread::scope(|scope| scope.spawn(|| buffer.value()).join().unwrap());
            *value += &read;
        });
        assert_eq!(buffer.value()[1], 4.0);
    }

    #[test]
    fn no_change_is_lost_among_threads() {
        let buffer = buffer();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..500).for_each(|_| buffer.update(|value| *value += 1.0)));
            }
        });
        assert_eq!(buffer.value()[0], 2001.0);
    }

    #[test]
    fn a_change_that_panics_or_changes_the_shape_leaves_the_value() {
        let buffer = buffer();
        let failed = catch_unwind(AssertUnwindSafe(|| {
            buffer.update(|value| {
                *value += 1.0;
                panic!("on purpose");
            });
        }));
        assert!(failed.is_err());
        let failed =
            catch_unwind(AssertUnwindSafe(|| buffer.update(|value| *value = ndarray::arr0(1.0).into_dyn())));
        assert!(failed.is_err());
        buffer.update(|value| *value += 1.0);
        assert_eq!(buffer.value(), ndarray::arr1(&[2.0, 3.0]).into_dyn());
    }
}
