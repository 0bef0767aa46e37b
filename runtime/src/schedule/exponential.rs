//! Exponential decay.

use super::{Position, Schedule, check_gamma, counted};

/// Multiplies the learning rate by `gamma` after each update.
///
/// # Formula
/// `rate(t) = base · gammaᵗ`
///
/// # Source
/// PyTorch's `ExponentialLR`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = ExponentialLr::new(0.5).per_epoch();
/// assert_eq!([0, 1, 2].map(|t| schedule.rate(0.8, t)), [0.8, 0.4, 0.2]);
/// ```
#[derive(Clone, Debug)]
pub struct ExponentialLr {
    gamma: f64,
    per_epoch: bool,
    position: Position,
}

impl ExponentialLr {
    /// A schedule that multiplies the learning rate by `gamma` (above 0) after each update.
    ///
    /// # Panics
    /// If `gamma` is out of range.
    #[track_caller]
    pub fn new(gamma: f64) -> Self {
        check_gamma("ExponentialLr", gamma);
        Self { gamma, per_epoch: false, position: Position::default() }
    }

    counted!(setter);
}

impl Schedule for ExponentialLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        base * self.gamma.powi(i32::try_from(t).unwrap_or(i32::MAX))
    }

    counted!();
}
