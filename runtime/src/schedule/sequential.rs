//! Several schedules in one.

use std::fmt;

use super::{Position, Schedule, counted};

/// A schedule inside another one.
type Part = Box<dyn Schedule + Send>;

/// Runs one schedule after the other.
///
/// When its turn comes, each schedule starts at its own update 0, with the optimizer's initial learning rate.
///
/// # Formula
/// `rate(t) = scheduleᵢ.rate(base, t - milestoneᵢ)`, where `i` is the last schedule whose milestone is at
/// most `t`.
///
/// # Source
/// PyTorch's `SequentialLR`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = SequentialLr::new(LinearLr::new(0.25, 1.0, 3)).then(3, ExponentialLr::new(0.5));
/// assert_eq!([0, 3, 4, 5].map(|t| schedule.rate(0.8, t)), [0.2, 0.8, 0.4, 0.2]);
/// ```
pub struct SequentialLr {
    parts: Vec<(usize, Part)>,
    per_epoch: bool,
    position: Position,
}

impl SequentialLr {
    /// A sequence that begins with the schedule `first`.
    ///
    /// # Panics
    /// If the schedule depends on a measurement.
    #[track_caller]
    pub fn new(first: impl Schedule + Send + 'static) -> Self {
        let first = part("SequentialLr", first);
        Self { parts: vec![(0, first)], per_epoch: false, position: Position::default() }
    }

    /// Continues with the schedule `next` after `milestone` updates, counted from the start of the run.
    ///
    /// # Panics
    /// If the milestone is not above the previous one, or if the schedule depends on a measurement.
    #[track_caller]
    pub fn then(mut self, milestone: usize, next: impl Schedule + Send + 'static) -> Self {
        let before = self.parts.last().map_or(0, |part| part.0);
        assert!(
            milestone > before,
            "the milestone {milestone} of `SequentialLr` must be above the one before, {before}: it counts from the \
             start of the run"
        );
        self.parts.push((milestone, part("SequentialLr", next)));
        self
    }

    counted!(setter);
}

impl Schedule for SequentialLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        let next = self.parts.partition_point(|part| part.0 <= t);
        let (milestone, schedule) = &self.parts[next - 1];
        schedule.rate(base, t - milestone)
    }

    fn warms_up(&self) -> bool {
        self.parts[0].1.warms_up()
    }

    counted!();
}

/// Writes only the milestones, because the types of the schedules are unknown.
impl fmt::Debug for SequentialLr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milestones: Vec<usize> = self.parts.iter().map(|part| part.0).collect();
        f.debug_struct("SequentialLr")
            .field("milestones", &milestones)
            .field("per_epoch", &self.per_epoch)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// Applies several schedules at once: the learning rate of one is the base of the next.
///
/// Schedules that multiply the learning rate multiply each other's factors.
///
/// # Formula
/// `rate(t) = scheduleₙ.rate(.. schedule₁.rate(base, t) .., t)`
///
/// # Source
/// PyTorch's `ChainedScheduler`, for schedules that multiply the learning rate by a factor.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let schedule = ChainedLr::new(ConstantLr::new(0.5, 1)).and(ExponentialLr::new(0.5));
/// assert_eq!([0, 1, 2].map(|t| schedule.rate(0.8, t)), [0.4, 0.4, 0.2]);
/// ```
pub struct ChainedLr {
    parts: Vec<Part>,
    per_epoch: bool,
    position: Position,
}

impl ChainedLr {
    /// A chain of one schedule.
    ///
    /// # Panics
    /// If the schedule depends on a measurement.
    #[track_caller]
    pub fn new(first: impl Schedule + Send + 'static) -> Self {
        let parts = vec![part("ChainedLr", first)];
        Self { parts, per_epoch: false, position: Position::default() }
    }

    /// Adds a schedule, which gets the learning rate of the schedules before it as its base rate.
    ///
    /// # Panics
    /// If the schedule depends on a measurement.
    #[track_caller]
    pub fn and(mut self, next: impl Schedule + Send + 'static) -> Self {
        self.parts.push(part("ChainedLr", next));
        self
    }

    counted!(setter);
}

impl Schedule for ChainedLr {
    fn rate(&self, base: f64, t: usize) -> f64 {
        self.parts.iter().fold(base, |rate, schedule| schedule.rate(rate, t))
    }

    fn warms_up(&self) -> bool {
        self.parts.iter().any(Schedule::warms_up)
    }

    counted!();
}

/// Writes only the number of schedules, because their types are unknown.
impl fmt::Debug for ChainedLr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainedLr")
            .field("schedules", &self.parts.len())
            .field("per_epoch", &self.per_epoch)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// Boxes a component of the schedule `owner`, after a check that its rate depends on the number of updates
/// alone.
#[track_caller]
fn part(owner: &str, schedule: impl Schedule + Send + 'static) -> Part {
    assert!(
        schedule.monitor().is_none(),
        "a schedule that depends on a measurement, such as `PlateauLr`, cannot be a part of `{owner}`"
    );
    Box::new(schedule)
}
