//! The state of the current epoch.

use std::time::Instant;

use super::Row;
use super::weight::Total;
use crate::Scalar;
use crate::metric::{Confusion, Metric};

/// The state of the current epoch.
#[derive(Clone, Debug)]
pub(super) struct Epoch {
    pub(super) number: usize,
    /// Whether the current epoch is the validation before the first epoch. This validation has a row of its
    /// own in the history.
    pub(super) before_training: bool,
    pub(super) began: Instant,
    /// The number of batches in the epoch.
    pub(super) batches: usize,
    /// The number of batches that were processed.
    pub(super) batch: usize,
    /// The loss of the last batch.
    pub(super) last: f64,
    pub(super) loss: Total,
    pub(super) valid_loss: Total,
    pub(super) metrics: Vec<(String, f64)>,
    pub(super) valid_metrics: Vec<(String, f64)>,
    pub(super) confusions: Vec<(String, Confusion)>,
    /// Whether the last validation had the best loss so far; `None` before the epoch's first validation has
    /// ended.
    pub(super) is_best: Option<bool>,
    pub(super) learning_rate: Option<Scalar>,
    pub(super) grad_norm: Option<f64>,
}

/// The measurements under unique names. A repeated name gets a number: `accuracy`, `accuracy_2`.
fn distinct(measurements: impl Iterator<Item = (String, f64)>) -> Vec<(String, f64)> {
    let mut kept: Vec<(String, f64)> = Vec::new();
    for (name, value) in measurements {
        let is_free = |name: &String| kept.iter().all(|(other, _)| other != name);
        let numbered = (2_u64..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(is_free).unwrap_or(name);
        kept.push((free, value));
    }
    kept
}

impl Epoch {
    pub(super) fn new(number: usize, batches: usize, before: Option<&Self>) -> Self {
        Self {
            number,
            before_training: before.is_none(),
            began: Instant::now(),
            batches,
            batch: 0,
            last: f64::NAN,
            loss: Total::default(),
            valid_loss: Total::default(),
            metrics: Vec::new(),
            valid_metrics: Vec::new(),
            confusions: Vec::new(),
            is_best: None,
            learning_rate: before.and_then(|epoch| epoch.learning_rate),
            grad_norm: before.and_then(|epoch| epoch.grad_norm),
        }
    }

    /// Records the confusion matrix of `metric`, if the metric has a matrix. The matrix replaces an
    /// earlier matrix with the same name.
    pub(super) fn keep<Y>(&mut self, name: &str, metric: &impl Metric<Y>) {
        if let Some(matrix) = metric.matrix() {
            self.confusions.retain(|(own, _)| own != name);
            self.confusions.push((name.to_owned(), matrix.clone()));
        }
    }

    /// All measurements so far, in column order.
    pub(super) fn row(&self) -> Row {
        let loss = self.loss.value().map(|loss| ("loss".to_owned(), loss));
        let valid_loss = self.valid_loss.value().map(|loss| ("valid_loss".to_owned(), loss));
        let measurements = loss.into_iter().chain(self.metrics.iter().cloned());
        let valid = valid_loss.into_iter().chain(self.valid_metrics.iter().cloned());
        Row {
            epoch: self.number,
            before_training: self.before_training,
            seconds: self.began.elapsed().as_secs_f64(),
            learning_rate: self.learning_rate,
            grad_norm: self.grad_norm,
            measurements: distinct(measurements.chain(valid)),
            confusions: self.confusions.clone(),
        }
    }
}
