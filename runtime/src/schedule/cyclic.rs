//! Triangular cycles.

use super::{Position, Schedule, check_gamma, check_length, counted, decimal};
use crate::Scalar;

/// The change of the amplitude over the cycles.
#[derive(Clone, Copy, Debug)]
enum Heights {
    Equal,
    Halved,
    Decaying(f64),
}

/// Varies the learning rate between two values in triangular cycles.
///
/// The optimizer's own learning rate is not used: the first update uses `base_rate`.
///
/// # Formula
/// `rate(t) = base_rate + (max_rate - base_rate) · x · h`. `x` in [0, 1] rises linearly over `step_size`
/// updates and falls linearly over `step_size_down` updates. The amplitude `h` is 1, `1 / 2ⁿ` in cycle `n`
/// (counted from 0) with [`triangular2`](Self::triangular2), and `gammaᵗ` with
/// [`exp_range`](Self::exp_range).
///
/// # Source
/// Smith 2017; PyTorch's `CyclicLR`, which by default also changes the momentum (`cycle_momentum`).
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = CyclicLr::new(0.25, 0.75, 2);
/// assert_eq!([0, 1, 2, 3, 4].map(|t| schedule.rate(0.1, t)), [0.25, 0.5, 0.75, 0.5, 0.25]);
/// ```
#[derive(Clone, Debug)]
pub struct CyclicLr {
    base_rate: f64,
    max_rate: f64,
    up: usize,
    down: usize,
    heights: Heights,
    per_epoch: bool,
    position: Position,
}

impl CyclicLr {
    /// Cycles between `base_rate` (at least 0) and `max_rate` (at least `base_rate`). The rise and the fall
    /// take `step_size` (at least 1) updates each; PyTorch's default is 2000.
    ///
    /// # Panics
    /// If an argument is out of range.
    #[track_caller]
    pub fn new(base_rate: Scalar, max_rate: Scalar, step_size: usize) -> Self {
        assert!(
            base_rate >= 0.0 && base_rate <= max_rate && max_rate.is_finite(),
            "`base_rate` and `max_rate` of `CyclicLr` are {base_rate} and {max_rate}, but must be finite, at least \
             0, and in this order"
        );
        check_length("step_size", "CyclicLr", step_size);
        Self {
            base_rate: decimal(base_rate),
            max_rate: decimal(max_rate),
            up: step_size,
            down: step_size,
            heights: Heights::Equal,
            per_epoch: false,
            position: Position::default(),
        }
    }

    /// Sets the number of updates (at least 1) in which the learning rate falls; by default `step_size`.
    ///
    /// # Panics
    /// If `step_size_down` is 0.
    #[track_caller]
    pub fn step_size_down(self, step_size_down: usize) -> Self {
        check_length("step_size_down", "CyclicLr", step_size_down);
        Self { down: step_size_down, ..self }
    }

    /// Halves the amplitude with each cycle.
    pub fn triangular2(self) -> Self {
        Self { heights: Heights::Halved, ..self }
    }

    /// Multiplies the amplitude by `gamma` (above 0) with each update.
    ///
    /// # Panics
    /// If `gamma` is out of range.
    #[track_caller]
    pub fn exp_range(self, gamma: f64) -> Self {
        check_gamma("CyclicLr", gamma);
        Self { heights: Heights::Decaying(gamma), ..self }
    }

    counted!(setter);
}

impl Schedule for CyclicLr {
    fn rate(&self, _: f64, t: usize) -> f64 {
        let length = self.up.saturating_add(self.down);
        let (cycle, place) = (t / length, t % length);
        let part = if place <= self.up {
            place as f64 / self.up as f64
        } else {
            (length - place) as f64 / self.down as f64
        };
        let power = |t: usize| i32::try_from(t).unwrap_or(i32::MAX);
        let height = match self.heights {
            Heights::Equal => 1.0,
            Heights::Halved => 0.5_f64.powi(power(cycle)),
            Heights::Decaying(gamma) => gamma.powi(power(t)),
        };
        self.base_rate + (self.max_rate - self.base_rate) * part * height
    }

    fn warms_up(&self) -> bool {
        true
    }

    counted!();
}
