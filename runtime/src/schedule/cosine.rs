//! Cosine decay.

use super::{Position, Schedule};
use crate::Scalar;

/// Decays the learning rate along half a cosine in `t_max` updates, then keeps it constant.
///
/// # Formula
/// `rate(t) = min + (base - min) · (1 + cos(π · t / t_max)) / 2` up to `t_max`, then `min`.
///
/// # Source
/// Loshchilov and Hutter 2017; PyTorch's `CosineAnnealingLR`, whose rate rises again after `t_max`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = CosineLr::new(20).min(0.01);
/// assert_eq!(schedule.rate(0.1, 0), 0.1);
/// assert!((schedule.rate(0.1, 10) - 0.055).abs() < 1e-12);
/// assert_eq!(schedule.rate(0.1, 30), 0.01);
/// ```
#[derive(Clone, Debug)]
pub struct CosineLr {
    t_max: usize,
    min: f64,
    per_epoch: bool,
    position: Position,
}

impl CosineLr {
    /// A schedule that decays the learning rate to 0 in `t_max` (at least 1) updates.
    ///
    /// # Panics
    /// If `t_max` is 0.
    #[track_caller]
    pub fn new(t_max: usize) -> Self {
        assert!(t_max > 0, "`t_max` of `CosineLr` is 0, but must be at least 1");
        Self { t_max, min: 0.0, per_epoch: false, position: Position::default() }
    }

    /// Sets the learning rate (at least 0) that the schedule decays to; by default 0.
    ///
    /// # Panics
    /// If `min` is negative or not finite.
    #[track_caller]
    pub fn min(self, min: Scalar) -> Self {
        assert!(
            min >= 0.0 && min.is_finite(),
            "`min` of `CosineLr` is {min}, but must be at least 0 and finite"
        );
        Self { min: super::decimal(min), ..self }
    }

    /// Makes the schedule count epochs instead of updates.
    pub fn per_epoch(self) -> Self {
        Self { per_epoch: true, ..self }
    }
}

impl Schedule for CosineLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        if t >= self.t_max {
            return self.min;
        }
        between(base, self.min, t as f64 / self.t_max as f64)
    }

    fn position(&mut self) -> &mut Position {
        &mut self.position
    }

    fn is_per_epoch(&self) -> bool {
        self.per_epoch
    }
}

/// Interpolates from `from` to `to` along half a cosine; `part` in [0, 1] is the progress.
pub(super) fn between(from: f64, to: f64, part: f64) -> f64 {
    to + (from - to) * f64::midpoint(1.0, (std::f64::consts::PI * part).cos())
}
