//! The one-cycle schedule.

use super::{Position, Schedule, cosine};
use crate::Scalar;

/// Raises the learning rate to `max_rate` along half a cosine. Then lowers it, along another half
/// cosine, far below the initial rate.
///
/// The optimizer's own learning rate is not used: the first update uses `max_rate / div_factor`.
///
/// # Formula
/// With `first = max_rate / div_factor`, `last = first / final_div_factor` and the peak at `p = pct_start · total - 1`:
/// `rate(t) = first + (max_rate - first) · (1 - cos(π · t / p)) / 2` up to `p`, then
/// `rate(t) = last + (max_rate - last) · (1 + cos(π · (t - p) / (total - 1 - p))) / 2` up to `total - 1`, then `last`.
///
/// # Source
/// Smith and Topin 2018; PyTorch's `OneCycleLR` with its defaults (`cos`, two phases). PyTorch's
/// schedule also changes the momentum (`cycle_momentum`), and fails after `total` updates.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = OneCycleLr::new(0.5, 101);
/// assert!((schedule.rate(0.1, 0) - 0.02).abs() < 1e-12);
/// assert!((schedule.rate(0.1, 29) - 0.5).abs() < 0.001);
/// assert!((schedule.rate(0.1, 100) - 2e-6).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct OneCycleLr {
    max_rate: f64,
    total: usize,
    pct_start: f64,
    div_factor: f64,
    final_div_factor: f64,
    per_epoch: bool,
    position: Position,
}

impl OneCycleLr {
    /// A cycle of `total` (at least 1) updates with the peak learning rate `max_rate` (above 0).
    ///
    /// The rise takes a fraction 0.3 of the updates and starts at `max_rate / 25`. The final
    /// learning rate is the initial rate divided by 10,000.
    ///
    /// # Panics
    /// If `max_rate` is not above 0 and finite, or if `total` is 0.
    #[track_caller]
    pub fn new(max_rate: Scalar, total: usize) -> Self {
        check_positive("max_rate", max_rate);
        assert!(
            total > 0,
            "`total` of `OneCycleLr` is 0, but must be at least 1; write the number of updates"
        );
        Self {
            max_rate: super::decimal(max_rate),
            total,
            pct_start: 0.3,
            div_factor: 25.0,
            final_div_factor: 1e4,
            per_epoch: false,
            position: Position::default(),
        }
    }

    /// Sets the fraction (in [0, 1]) of the updates in which the learning rate rises; by default
    /// 0.3.
    ///
    /// # Panics
    /// If `pct_start` is not in [0, 1].
    #[track_caller]
    pub fn pct_start(self, pct_start: Scalar) -> Self {
        assert!(
            (0.0..=1.0).contains(&pct_start),
            "`pct_start` of `OneCycleLr` is {pct_start}, but must be in [0, 1]; write 0.3 for 30 %"
        );
        Self { pct_start: super::decimal(pct_start), ..self }
    }

    /// Sets the ratio (above 0) of the peak learning rate to the initial one; by default 25.
    ///
    /// # Panics
    /// If the ratio is not above 0 and finite.
    #[track_caller]
    pub fn div_factor(self, div_factor: Scalar) -> Self {
        check_positive("div_factor", div_factor);
        Self { div_factor: super::decimal(div_factor), ..self }
    }

    /// Sets the ratio (above 0) of the initial learning rate to the final one; by default 10,000.
    ///
    /// # Panics
    /// If the ratio is not above 0 and finite.
    #[track_caller]
    pub fn final_div_factor(self, final_div_factor: Scalar) -> Self {
        check_positive("final_div_factor", final_div_factor);
        Self { final_div_factor: super::decimal(final_div_factor), ..self }
    }

    /// Makes the schedule count epochs instead of updates.
    pub fn per_epoch(self) -> Self {
        Self { per_epoch: true, ..self }
    }
}

#[track_caller]
fn check_positive(what: &str, value: Scalar) {
    assert!(
        value > 0.0 && value.is_finite(),
        "`{what}` of `OneCycleLr` is {value}, but must be above 0 and finite"
    );
}

impl Schedule for OneCycleLr {
    fn rate(&self, _: f64, t: usize) -> f64 {
        let first = self.max_rate / self.div_factor;
        let last = first / self.final_div_factor;
        let (end, t) = ((self.total - 1) as f64, t as f64);
        let peak = self.pct_start * self.total as f64 - 1.0;
        if t <= peak {
            cosine::between(first, self.max_rate, if peak > 0.0 { t / peak } else { 1.0 })
        } else if t < end {
            cosine::between(self.max_rate, last, (t - peak) / (end - peak))
        } else {
            last
        }
    }

    fn position(&mut self) -> &mut Position {
        &mut self.position
    }

    fn is_per_epoch(&self) -> bool {
        self.per_epoch
    }

    fn warms_up(&self) -> bool {
        true
    }
}
