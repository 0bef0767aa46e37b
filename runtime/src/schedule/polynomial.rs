//! Polynomial decay.

use super::{Position, Schedule, check_length, counted};

/// Decays the learning rate to 0 over `total` updates, with a power of the remaining fraction, then keeps it
/// at 0.
///
/// # Formula
/// `rate(t) = base · (1 - min(t, total) / total)^power`
///
/// # Source
/// PyTorch's `PolynomialLR`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = PolynomialLr::new(4, 2.0);
/// assert_eq!([0, 2, 4].map(|t| schedule.rate(0.8, t)), [0.8, 0.2, 0.0]);
/// ```
#[derive(Clone, Debug)]
pub struct PolynomialLr {
    total: usize,
    power: f64,
    per_epoch: bool,
    position: Position,
}

impl PolynomialLr {
    /// A decay over `total` (at least 1) updates with a power above 0. The power 1, PyTorch's default, is a
    /// linear decay.
    ///
    /// # Panics
    /// If `total` or `power` is out of range.
    #[track_caller]
    pub fn new(total: usize, power: f64) -> Self {
        check_length("total", "PolynomialLr", total);
        assert!(
            power > 0.0 && power.is_finite(),
            "`power` of `PolynomialLr` is {power}, but must be above 0 and finite"
        );
        Self { total, power, per_epoch: false, position: Position::default() }
    }

    counted!(setter);
}

impl Schedule for PolynomialLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        base * (1.0 - t.min(self.total) as f64 / self.total as f64).powf(self.power)
    }

    counted!();
}
