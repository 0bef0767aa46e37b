//! Checks: comparisons of the monitor with its earlier values, and early stopping.

use super::history::Row;
use super::{Run, StopReason};
use crate::metric::Goal;
use crate::{Error, Result};

impl Run {
    /// Sets the measurement that ranks checks and epochs, such as `valid_accuracy` or `loss`. The names of
    /// validation measurements start with `valid_`. They are checked after each validation, and all others
    /// once per epoch. If the measurement belongs to a phase, an epoch in which this phase does not run is
    /// never the best.
    #[must_use]
    pub fn monitor(mut self, name: &str, goal: Goal) -> Self {
        self.history.monitor(Monitor { name: name.to_owned(), goal });
        self
    }

    /// Sets the measurement as [`monitor`](Run::monitor) does, if it is in `measured`, which lists the name
    /// and the goal of each metric. If `goal` is `None`, the metric's own goal applies.
    ///
    /// # Errors
    /// [`Error::Unmeasured`] if `measured` does not contain the name, and [`Error::Rule`] if neither `goal`
    /// nor the metric states whether lower or higher values are better.
    pub fn monitor_one_of(
        &mut self,
        name: &str,
        goal: Option<Goal>,
        measured: &[(String, Option<Goal>)],
    ) -> Result<()> {
        let Some((_, own)) = measured.iter().find(|(own, _)| own == name) else {
            let losses = ["loss", "valid_loss"].into_iter().take(1 + usize::from(self.validates));
            let names = losses.map(str::to_owned).chain(measured.iter().map(|(name, _)| name.clone()));
            return Err(Error::Unmeasured { name: name.to_owned(), measured: names.collect() });
        };
        let goal = goal.or(*own).ok_or(Error::Rule {
            clause: "mode",
            value: "missing".to_owned(),
            rule: "the metric does not say whether lower or higher values are better",
            help: "write `mode = min` or `mode = max`, or implement `Metric::goal`",
        })?;
        self.history.monitor(Monitor { name: name.to_owned(), goal });
        Ok(())
    }

    /// The error if this epoch should have measured the monitor, and did not.
    pub(super) fn unmeasured(&self, row: &Row) -> Option<Error> {
        let monitor = self.history.monitored(row);
        let is_due =
            if monitor.is_validation() { self.epoch.is_best.is_some() } else { !row.before_training };
        // A phase measures nothing in an epoch without a batch for it.
        let is_absent =
            row.get("loss").is_none() && !monitor.is_validation() && !row.has_phase(&monitor.name);
        (is_due && !is_absent && monitor.value(row).is_none()).then(|| {
            let measured = row.measurements.iter().map(|(name, _)| name.clone()).collect();
            Error::Unmeasured { name: monitor.name, measured }
        })
    }

    /// Checks the monitor. Ends the run if this is the last of `patience` (at least 1) consecutive checks
    /// without an improvement, and more updates would follow.
    ///
    /// The first check always counts as an improvement. Later, an improvement must be better by more than
    /// `min_delta` (at least 0). NaN is never better.
    ///
    /// # Errors
    /// [`Error::Unmeasured`] if the loop does not measure the monitor.
    ///
    /// # Source
    /// The rule of `EarlyStopping` in Keras and in Lightning. Both also count epochs if there is no first
    /// improvement.
    pub fn check_early_stop(&mut self, patience: usize, min_delta: f64) -> Result<()> {
        let row = self.epoch.row();
        let monitor = self.history.monitored(&row);
        if let Some(error) = self.unmeasured(&row) {
            return Err(error);
        }
        let value = monitor.value(&row).unwrap_or(f64::NAN);
        let waited = self.checks.patience.add(value, &monitor, min_delta);
        if waited >= patience && !self.is_last() {
            self.stop = Some(StopReason::EarlyStop);
        }
        Ok(())
    }
}

/// The state of the checks of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Checks {
    /// The best value so far; `None` before the first value that is not NaN.
    pub(super) best: Option<f64>,
    /// The number of validations since the best one, or of all validations if none was the best; `None`
    /// before the first.
    pub(super) since_best: Option<usize>,
    pub(super) patience: Patience,
}

impl Checks {
    /// Adds the value of a validation. Returns whether it is the best so far.
    pub(super) fn add(&mut self, new: Option<f64>, monitor: &Monitor) -> bool {
        let is_best = new.is_some_and(|new| monitor.is_better(new, self.best, 0.0));
        if is_best {
            self.best = new;
        }
        self.since_best = Some(if is_best { 0 } else { self.since_best.unwrap_or(0) + 1 });
        is_best
    }

    /// Whether any validation was the best so far.
    pub(super) fn has_best(&self) -> bool {
        self.best.is_some()
    }

    /// The number of validations since the best one, or of all validations if none was the best. `None`
    /// before the first validation, and in a run whose monitor is a training measurement.
    pub(super) fn since_best(&self) -> Option<usize> {
        self.since_best
    }
}

/// The measurement that ranks the checks of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Monitor {
    /// The name of the measurement, such as `valid_loss`.
    pub(super) name: String,
    pub(super) goal: Goal,
}

impl Monitor {
    /// The validation loss, or the training loss in a run that does not validate.
    pub(super) fn loss(validates: bool) -> Self {
        let name = if validates { "valid_loss" } else { "loss" };
        Self { name: name.to_owned(), goal: Goal::Min }
    }

    /// Whether the measurement is of the validation data.
    pub(super) fn is_validation(&self) -> bool {
        self.name.starts_with("valid_")
    }

    /// The value in a row; `None` if the loop does not measure it. The loss of a pass without any weighted
    /// batch is NaN.
    pub(super) fn value(&self, row: &Row) -> Option<f64> {
        let is_loss = matches!(&*self.name, "loss" | "valid_loss");
        row.get(&self.name).or(is_loss.then_some(f64::NAN))
    }

    /// Whether `new` is better than `best` by more than `min_delta` (at least 0). NaN is never better. Any other
    /// value is better than no value.
    pub(super) fn is_better(&self, new: f64, best: Option<f64>, min_delta: f64) -> bool {
        let is_better = |best: f64| match self.goal {
            Goal::Min => new < best - min_delta,
            Goal::Max => new > best + min_delta,
        };
        !new.is_nan() && best.is_none_or(is_better)
    }
}

/// The state of early stopping.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience {
    /// The value of the last improvement; `None` before the first value that is not NaN.
    pub(super) best: Option<f64>,
    /// The number of checks since the last improvement; `None` before the first check.
    pub(super) waited: Option<usize>,
}

impl Patience {
    /// Adds a check, and returns the number of checks since the last improvement.
    pub(super) fn add(&mut self, new: f64, monitor: &Monitor, min_delta: f64) -> usize {
        let improves = monitor.is_better(new, self.best, min_delta);
        if improves {
            self.best = Some(new);
        }
        let waited = if improves { 0 } else { self.waited.map_or(0, |waited| waited + 1) };
        self.waited = Some(waited);
        waited
    }

    /// Whether the last `patience` checks brought no improvement.
    pub(super) fn is_over(self, patience: usize) -> bool {
        self.waited.is_some_and(|waited| waited >= patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of checks since the last improvement after each value of a sequence.
    fn waits(goal: Goal, min_delta: f64, values: &[f64]) -> Vec<usize> {
        let monitor = Monitor { name: "valid_loss".to_owned(), goal };
        let mut patience = Patience::default();
        values.iter().map(|&value| patience.add(value, &monitor, min_delta)).collect()
    }

    #[test]
    fn the_first_check_is_an_improvement_and_nan_never_is() {
        let nan = f64::NAN;
        assert_eq!(waits(Goal::Min, 0.0, &[1.0, 1.0, 0.5, nan, 0.5, 0.25]), [0, 1, 0, 1, 2, 0]);
        assert_eq!(waits(Goal::Max, 0.0, &[1.0, 1.0, 1.5, nan, 1.5, 2.0]), [0, 1, 0, 1, 2, 0]);
        assert_eq!(waits(Goal::Min, 0.0, &[nan, nan, 3.0, nan]), [0, 1, 0, 1]);
        assert_eq!(waits(Goal::Max, 0.0, &[f64::NEG_INFINITY, f64::INFINITY, f64::INFINITY]), [0, 0, 1]);
    }

    #[test]
    fn an_improvement_is_more_than_min_delta() {
        assert_eq!(waits(Goal::Min, 0.25, &[1.0, 0.75, 0.5, 0.25, 0.125]), [0, 1, 0, 1, 0]);
        assert_eq!(waits(Goal::Max, 0.25, &[0.0, 0.25, 0.5, 0.75]), [0, 1, 0, 1]);
    }
}
