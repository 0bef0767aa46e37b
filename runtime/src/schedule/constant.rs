//! A constant factor for the first updates.

use super::{Position, Schedule, check_factor, check_length, counted};

/// Multiplies the learning rate by `factor` in the first `total` updates. Afterwards the rate is the optimizer's own.
///
/// # Formula
/// `rate(t) = base · factor` up to `t = total - 1`, then `base`.
///
/// # Source
/// PyTorch's `ConstantLR`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = ConstantLr::new(0.5, 4);
/// assert_eq!([3, 4].map(|t| schedule.rate(0.1, t)), [0.05, 0.1]);
/// ```
#[derive(Clone, Debug)]
pub struct ConstantLr {
    factor: f64,
    total: usize,
    per_epoch: bool,
    position: Position,
}

impl ConstantLr {
    /// A schedule with a factor (at least 0) for the first `total` (at least 1) updates; PyTorch's defaults are 1/3
    /// and 5.
    ///
    /// # Panics
    /// If `factor` or `total` is out of range.
    #[track_caller]
    pub fn new(factor: f64, total: usize) -> Self {
        check_factor("factor", "ConstantLr", factor);
        check_length("total", "ConstantLr", total);
        Self { factor, total, per_epoch: false, position: Position::default() }
    }

    counted!(setter);
}

impl Schedule for ConstantLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        if t < self.total { base * self.factor } else { base }
    }

    counted!();
}
