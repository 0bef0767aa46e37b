//! A schedule defined by a function.

use std::fmt;

use super::{Position, Schedule, counted};

/// Multiplies the optimizer's learning rate by a function of the number of updates done.
///
/// # Formula
/// `rate(t) = base · factor(t)`
///
/// # Source
/// PyTorch's `LambdaLR`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = LambdaLr::new(|t| 1.0 / (1.0 + t as f64));
/// assert_eq!([0, 1, 3].map(|t| schedule.rate(0.8, t)), [0.8, 0.4, 0.2]);
/// ```
#[derive(Clone)]
pub struct LambdaLr<F> {
    factor: F,
    per_epoch: bool,
    position: Position,
}

impl<F: Fn(usize) -> f64> LambdaLr<F> {
    /// A schedule that multiplies the initial learning rate by `factor(t)` after `t` updates. The factor must
    /// be at least 0 and finite; otherwise the optimizer's next `step` rejects the learning rate.
    pub fn new(factor: F) -> Self {
        Self { factor, per_epoch: false, position: Position::default() }
    }

    counted!(setter);
}

impl<F: Fn(usize) -> f64> Schedule for LambdaLr<F> {
    fn rate(&self, base: f64, t: usize) -> f64 {
        base * (self.factor)(t)
    }

    counted!();
}

/// Omits the function.
impl<F> fmt::Debug for LambdaLr<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaLr")
            .field("per_epoch", &self.per_epoch)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
