//! Decay with the inverse square root of the number of updates.

use super::{Position, Schedule, check_length, counted};

/// Keeps the learning rate for `timescale` updates, then decays it with the inverse square root of the number
/// of updates.
///
/// With the clause `warmup = 4000 steps`, `InverseSqrtLr::new(4000)` is the usual schedule of transformers.
///
/// # Formula
/// `rate(t) = base · √(timescale / max(t, timescale))`
///
/// # Source
/// Vaswani and others 2017; `get_inverse_sqrt_schedule` of `transformers`, which includes the warmup.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = InverseSqrtLr::new(100);
/// assert_eq!([0, 100, 400].map(|t| schedule.rate(0.8, t)), [0.8, 0.8, 0.4]);
/// ```
#[derive(Clone, Debug)]
pub struct InverseSqrtLr {
    timescale: usize,
    per_epoch: bool,
    position: Position,
}

impl InverseSqrtLr {
    /// A schedule that keeps the learning rate for `timescale` (at least 1) updates. From then on, four times
    /// as many updates halve it.
    ///
    /// # Panics
    /// If `timescale` is 0.
    #[track_caller]
    pub fn new(timescale: usize) -> Self {
        check_length("timescale", "InverseSqrtLr", timescale);
        Self { timescale, per_epoch: false, position: Position::default() }
    }

    counted!(setter);
}

impl Schedule for InverseSqrtLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        base * (self.timescale as f64 / t.max(self.timescale) as f64).sqrt()
    }

    counted!();
}
