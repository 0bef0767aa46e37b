//! Step decay at given updates.

use super::{Position, Schedule, check_gamma, counted};

/// Multiplies the learning rate by `gamma` at each milestone.
///
/// # Formula
/// `rate(t) = base · gammaⁿ`, where `n` is the number of milestones that are at most `t`. Duplicate
/// milestones count separately.
///
/// # Source
/// PyTorch's `MultiStepLR`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = MultiStepLr::new([30, 80], 0.5);
/// assert_eq!([29, 30, 80].map(|t| schedule.rate(0.8, t)), [0.8, 0.4, 0.2]);
/// ```
#[derive(Clone, Debug)]
pub struct MultiStepLr {
    milestones: Vec<usize>,
    gamma: f64,
    per_epoch: bool,
    position: Position,
}

impl MultiStepLr {
    /// A schedule that multiplies the learning rate by `gamma` (above 0) at each milestone, a number of
    /// updates. The milestones may be in any order; PyTorch's default for `gamma` is 0.1.
    ///
    /// # Panics
    /// If there is no milestone, or if `gamma` is out of range.
    #[track_caller]
    pub fn new(milestones: impl Into<Vec<usize>>, gamma: f64) -> Self {
        let mut milestones = milestones.into();
        assert!(
            !milestones.is_empty(),
            "`milestones` of `MultiStepLr` is empty; write the numbers of updates, as `[1000, 2000]`"
        );
        check_gamma("MultiStepLr", gamma);
        milestones.sort_unstable();
        Self { milestones, gamma, per_epoch: false, position: Position::default() }
    }

    counted!(setter);
}

impl Schedule for MultiStepLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        let passed = self.milestones.partition_point(|milestone| *milestone <= t);
        base * self.gamma.powi(i32::try_from(passed).unwrap_or(i32::MAX))
    }

    counted!();
}
