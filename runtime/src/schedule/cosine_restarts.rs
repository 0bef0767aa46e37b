//! Cosine decay with restarts.

use super::{Position, Schedule, check_length, cosine, counted, decimal};
use crate::Scalar;

/// Cosine decay with warm restarts. Each decay starts at the optimizer's learning rate. The first decay takes
/// `t_0` updates, and each further decay `t_mult` times as many as the previous one.
///
/// # Formula
/// `rate(t) = min + (base - min) · (1 + cos(π · s / length)) / 2`, where `s` counts the updates since the
/// last restart, and `length = t_0 · t_multⁿ` after `n` restarts.
///
/// # Source
/// Loshchilov and Hutter 2017; PyTorch's `CosineAnnealingWarmRestarts`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = CosineRestartsLr::new(10).t_mult(2).min(0.01);
/// assert_eq!([0, 10, 30].map(|t| schedule.rate(0.1, t)), [0.1; 3]);
/// assert!((schedule.rate(0.1, 20) - 0.055).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct CosineRestartsLr {
    t_0: usize,
    t_mult: usize,
    min: f64,
    per_epoch: bool,
    position: Position,
}

impl CosineRestartsLr {
    /// A schedule with decays to 0 that take `t_0` (at least 1) updates each.
    ///
    /// # Panics
    /// If `t_0` is 0.
    #[track_caller]
    pub fn new(t_0: usize) -> Self {
        check_length("t_0", "CosineRestartsLr", t_0);
        Self { t_0, t_mult: 1, min: 0.0, per_epoch: false, position: Position::default() }
    }

    /// Sets the ratio (at least 1) of each decay's length to that of the previous decay; by default 1.
    ///
    /// # Panics
    /// If `t_mult` is 0.
    #[track_caller]
    pub fn t_mult(self, t_mult: usize) -> Self {
        check_length("t_mult", "CosineRestartsLr", t_mult);
        Self { t_mult, ..self }
    }

    /// Sets the final learning rate (at least 0) of each decay; by default 0.
    ///
    /// # Panics
    /// If `min` is negative or not finite.
    #[track_caller]
    pub fn min(self, min: Scalar) -> Self {
        assert!(
            min >= 0.0 && min.is_finite(),
            "`min` of `CosineRestartsLr` is {min}, but must be at least 0 and finite"
        );
        Self { min: decimal(min), ..self }
    }

    counted!(setter);
}

impl Schedule for CosineRestartsLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        let (mut since, mut length) = (t, self.t_0);
        if self.t_mult == 1 {
            since %= length;
        }
        while since >= length {
            since -= length;
            length = length.saturating_mul(self.t_mult);
        }
        cosine::between(base, self.min, since as f64 / length as f64)
    }

    counted!();
}
