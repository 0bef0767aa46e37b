//! The validations of a run.

use super::epoch::Pass;
use super::history::Row;
use super::weight::Weight;
use super::{BatchLoss, Run};
use crate::metric::Metric;
use crate::profile::{self, Stage};
use crate::{Error, Result};

impl Run {
    /// Begins a validation. A second validation in one epoch replaces the measurements of the first.
    pub fn begin_validation(&mut self) {
        profile::begin(Stage::Validation);
        self.epoch.valid = Pass::default();
        self.epoch.is_best = None;
        self.validated_at = Some(self.step);
        self.progress.validate();
    }

    /// Adds a validation batch to the epoch's validation loss. The weight is the denominator of the
    /// batch's loss, or `samples` if the denominator is unknown.
    ///
    /// # Panics
    /// If the loss is not a scalar.
    #[track_caller]
    pub fn add_valid_loss<L: BatchLoss>(&mut self, loss: &L, samples: usize) {
        self.show_summary();
        self.epoch.valid.add(loss, Weight::of(loss.total(), samples).0);
        self.progress.validation_batch();
    }

    /// Adds a batch like [`add_valid_loss`](Run::add_valid_loss), with `weight` (at least 0) as the
    /// denominator of the loss.
    ///
    /// # Errors
    /// [`Error::Rule`] if the weight is negative or not finite.
    ///
    /// # Panics
    /// If the loss is not a scalar.
    #[track_caller]
    pub fn add_weighted_valid_loss<L: BatchLoss>(&mut self, loss: &L, weight: f64) -> Result<()> {
        self.show_summary();
        self.epoch.valid.add(loss, Weight::given(weight)?);
        self.progress.validation_batch();
        Ok(())
    }

    /// Records the value of a metric on the validation data.
    pub fn measure_valid<Y, M: Metric<Y>>(&mut self, metric: &M) {
        self.epoch.valid.metrics.push((format!("valid_{}", metric.name()), metric.compute()));
        self.epoch.keep("valid_confusion", metric);
    }

    /// Ends a validation. If the monitor is a validation measurement, determines whether its value is the
    /// best so far. The first value is the best, unless it is NaN.
    pub fn end_validation(&mut self) {
        let row = self.epoch.row();
        let monitor = self.history.monitored(&row);
        if monitor.is_validation() {
            self.epoch.is_best = Some(self.checks.add(monitor.value(&row), &monitor));
        }
        profile::begin(Stage::Rest);
    }

    /// The measurements of an evaluation. An evaluation calls this method last.
    pub fn into_row(self) -> Row {
        self.epoch.row()
    }

    /// The value of the measurement `name` in the last validation, for a schedule that depends on it. The
    /// result is `None` without a name. It is also `None` after a validation that is due only because the run
    /// ends: if the run is resumed and trained longer, this validation does not take place.
    ///
    /// # Errors
    /// [`Error::Unmeasured`] if the loop does not measure the name.
    pub fn measured(&self, name: Option<&str>) -> Result<Option<f64>> {
        let Some(name) = name.filter(|_| !self.is_after_last_validation()) else { return Ok(None) };
        let row = self.epoch.row();
        let measured = || row.measurements.iter().map(|(name, _)| name.clone()).collect();
        row.get(name)
            .map(Some)
            .ok_or_else(|| Error::Unmeasured { name: name.to_owned(), measured: measured() })
    }

    /// Whether the model's current values have the best value of the monitor so far. The value is from the
    /// last validation, or in a run that does not validate from the epoch's training.
    pub fn is_best(&self) -> bool {
        self.is_best_row(&self.epoch.row())
    }

    pub(super) fn is_best_row(&self, row: &Row) -> bool {
        self.epoch.is_best.unwrap_or_else(|| !self.checks.has_best() && self.history.is_best(row))
    }
}
