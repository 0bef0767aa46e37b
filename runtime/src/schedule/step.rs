//! Step decay.

use super::{Position, Schedule};

/// Multiplies the learning rate by `gamma` after each `step_size` updates.
///
/// # Formula
/// `rate(t) = base · gamma^⌊t / step_size⌋`
///
/// # Source
/// PyTorch's `StepLR`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = StepLr::new(30, 0.5);
/// assert_eq!(schedule.rate(0.1, 29), 0.1);
/// assert_eq!(schedule.rate(0.1, 60), 0.025);
/// ```
#[derive(Clone, Debug)]
pub struct StepLr {
    step_size: usize,
    gamma: f64,
    per_epoch: bool,
    position: Position,
}

impl StepLr {
    /// A schedule that multiplies the learning rate by `gamma` (above 0) after every `step_size` (at least 1)
    /// updates.
    ///
    /// # Panics
    /// If `step_size` or `gamma` is out of range.
    #[track_caller]
    pub fn new(step_size: usize, gamma: f64) -> Self {
        assert!(step_size > 0, "`step_size` of `StepLr` is 0, but must be at least 1");
        assert!(
            gamma > 0.0 && gamma.is_finite(),
            "`gamma` of `StepLr` is {gamma}, but must be above 0 and finite"
        );
        Self { step_size, gamma, per_epoch: false, position: Position::default() }
    }

    /// Makes the schedule count epochs instead of updates.
    pub fn per_epoch(self) -> Self {
        Self { per_epoch: true, ..self }
    }
}

impl Schedule for StepLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        let steps = i32::try_from(t / self.step_size).unwrap_or(i32::MAX);
        base * self.gamma.powi(steps)
    }

    fn position(&mut self) -> &mut Position {
        &mut self.position
    }

    fn is_per_epoch(&self) -> bool {
        self.per_epoch
    }
}
