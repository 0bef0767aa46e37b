//! Metrics: how good a model is, in numbers that people read.
//!
//! A metric adds up counts over batches and computes once at the end, so that a short last batch
//! counts for what it is; nothing is ever averaged over batches.

mod accuracy;
mod confusion;
mod regression;
mod top_k;

pub use accuracy::{Accuracy, accuracy};
pub use confusion::{Average, Confusion, PerClass, confusion, f1, precision, recall};
pub use regression::{Errors, R2, mae, mse, r2, rmse};
pub use top_k::{TopK, top_k};

use crate::labels::check_classes;
use crate::loss::check_rows;
use crate::{Labels, Scalar, Tensor};

/// A number that says how well outputs fit targets.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut right = accuracy();
/// let scores = Tensor::from([[0.1, 0.9], [2.0, -1.0], [0.0, 3.0]]);
/// right.update(&scores, &Labels::from(vec![1_u32, 0, 0]));
/// assert!((right.compute() - 2.0 / 3.0).abs() < 1e-12);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric for targets of the type `{Y}`",
    label = "not a metric for `{Y}`",
    note = "for `Labels`: `accuracy()`, `top_k(5)`, `precision()`, `recall()`, `f1()`, `confusion()`; for a `Tensor`: `mae()`, \
            `mse()`, `rmse()`, `r2()`",
    note = "a metric of your own implements `Metric`, or `Metric<Tensor>` where the targets are a tensor"
)]
pub trait Metric<Y = Labels> {
    /// The name of its column: `accuracy`.
    fn name(&self) -> String;

    /// Adds a batch.
    ///
    /// # Panics
    /// If outputs and targets do not fit, or a label is none of the output's classes.
    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Y);

    /// The metric over all batches since the start; NaN without any.
    fn compute(&self) -> f64;

    /// Forgets all batches.
    fn reset(&mut self);

    /// The counts behind the number, where it is that of a confusion matrix: a run keeps them, for
    /// [`History::confusion`](crate::run::History::confusion).
    fn matrix(&self) -> Option<&Confusion> {
        None
    }
}

/// Outputs with a score for each class, or with one score that says class 1.
///
/// # Shapes
/// `[.., classes]` for labels `[..]`; or `[..]` or `[.., 1]` with scores above 0 for class 1 (the logits that
/// `bce_with_logits_loss` takes).
struct Scores<'a> {
    output: &'a Tensor,
    labels: &'a Labels,
    /// Scores of a sample.
    width: usize,
    ignore: Option<u32>,
}

impl<'a> Scores<'a> {
    /// The label `ignore` need not be a class.
    #[track_caller]
    fn new(metric: &str, output: &'a Tensor, labels: &'a Labels, ignore: Option<u32>) -> Self {
        let is_score = output.shape() == labels.shape();
        let width = if is_score { 1 } else { check_rows(metric, labels, output.shape()) };
        let scores = Self { output, labels, width, ignore };
        check_classes(metric, labels, output.shape(), scores.classes(), ignore);
        scores
    }

    /// How many classes the output tells apart: two where it has one score.
    fn classes(&self) -> usize {
        if self.width == 1 { 2 } else { self.width }
    }

    /// The scores of each sample and its label, but for those of the label to ignore.
    fn rows(&self) -> impl Iterator<Item = (&'a [Scalar], usize)> + use<'a> {
        let ignore = self.ignore;
        let rows = self.output.as_slice().chunks_exact(self.width.max(1));
        let labelled = rows.zip(self.labels.as_slice()).filter(move |(_, label)| ignore != Some(**label));
        labelled.map(|(row, label)| (row, *label as usize))
    }

    /// The class of each sample and its label. The class is the first of the highest scores, where NaN
    /// counts as highest, as in PyTorch.
    fn predictions(&self) -> impl Iterator<Item = (usize, usize)> + use<'a> {
        let class = |row: &[Scalar]| if let [score] = row { usize::from(*score > 0.0) } else { highest(row) };
        self.rows().map(move |(row, label)| (class(row), label))
    }
}

fn highest(row: &[Scalar]) -> usize {
    let mut best = 0;
    for (class, score) in row.iter().enumerate() {
        if score.is_nan() {
            return class;
        }
        if *score > row[best] {
            best = class;
        }
    }
    best
}

/// How many samples were counted, and how many of them were right.
#[derive(Clone, Debug, Default)]
struct Hits {
    right: u64,
    samples: u64,
}

impl Hits {
    fn add(&mut self, is_right: bool) {
        self.right += u64::from(is_right);
        self.samples += 1;
    }

    /// The fraction of samples that were right; NaN without samples.
    fn share(&self) -> f64 {
        share(self.right, self.samples)
    }
}

/// `part / whole`, and NaN without a whole.
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
