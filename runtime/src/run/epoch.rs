//! The state of the current epoch.

use std::time::Instant;

use super::weight::{Total, Weight};
use super::{BatchLoss, Row, number};
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
    /// The number of processed batches.
    pub(super) batch: usize,
    /// The loss of the last batch.
    pub(super) last: f64,
    /// The loss of the current update's batches.
    pub(super) update: Total,
    /// Whether the loss of the last batch is finite, or has no weight.
    pub(super) is_finite: bool,
    pub(super) train: Pass,
    pub(super) valid: Pass,
    pub(super) confusions: Vec<(String, Confusion)>,
    /// Whether the last validation was the best so far; `None` before the end of the epoch's first
    /// validation.
    pub(super) is_best: Option<bool>,
    pub(super) learning_rate: Option<Scalar>,
    pub(super) grad_norm: Option<f64>,
}

/// The measurements of a pass over data.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    pub(super) loss: Total,
    /// The named parts of the loss.
    pub(super) parts: Vec<(String, Total)>,
    /// The values of metrics, by the names of their columns.
    pub(super) metrics: Vec<(String, f64)>,
}

impl Pass {
    /// Adds the loss of a batch and its parts, with the weight of the loss. Returns the loss.
    #[track_caller]
    pub(super) fn add<L: BatchLoss>(&mut self, loss: &L, weight: Weight) -> f64 {
        for (name, part) in loss.parts() {
            self.add_part(name, number(part), weight);
        }
        let value = number(loss.total());
        self.loss.add(value, weight);
        value
    }

    /// Adds the loss of a phase as the part `phase_loss`, and its parts as `phase_part`. Returns the loss.
    #[track_caller]
    pub(super) fn add_phase<L: BatchLoss>(&mut self, phase: &str, loss: &L, weight: Weight) -> f64 {
        let value = number(loss.total());
        self.add_part(&format!("{phase}_loss"), value, weight);
        for (name, part) in loss.parts() {
            // A part with the name `loss` must not be added to the loss of the phase.
            let name = if *name == "loss" { "loss_2" } else { name };
            self.add_part(&format!("{phase}_{name}"), number(part), weight);
        }
        value
    }

    fn add_part(&mut self, name: &str, value: f64, weight: Weight) {
        let at = self.parts.iter().position(|(own, _)| own == name).unwrap_or_else(|| {
            self.parts.push((name.to_owned(), Total::default()));
            self.parts.len() - 1
        });
        self.parts[at].1.add(value, weight);
    }

    /// All measurements so far, in column order. `prefix` is a prefix for the names of losses.
    fn measurements(&self, prefix: &str) -> impl Iterator<Item = (String, f64)> {
        let parts = self.parts.iter().map(|(name, total)| (name.as_str(), *total));
        let losses = [("loss", self.loss)].into_iter().chain(parts);
        let losses =
            losses.filter_map(move |(name, total)| Some((format!("{prefix}{name}"), total.value()?)));
        losses.chain(self.metrics.iter().cloned())
    }
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
            update: Total::default(),
            is_finite: true,
            train: Pass::default(),
            valid: Pass::default(),
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
        let measurements = self.train.measurements("").chain(self.valid.measurements("valid_"));
        Row {
            epoch: self.number,
            before_training: self.before_training,
            seconds: self.began.elapsed().as_secs_f64(),
            learning_rate: self.learning_rate,
            grad_norm: self.grad_norm,
            measurements: distinct(measurements),
            confusions: self.confusions.clone(),
        }
    }
}
