//! Metrics: measures of a model's quality.
//!
//! A metric accumulates counts over batches and computes its value once at the end. A short last
//! batch thereby has its proper weight. No metric averages over batches.

mod accuracy;
mod agreement;
mod confusion;
mod multilabel;
mod overlap;
mod perplexity;
mod ranking;
mod regression;
mod top_k;

pub use accuracy::{Accuracy, accuracy};
pub use agreement::{Agreement, cohen_kappa, matthews_corrcoef};
pub use confusion::{Average, Confusion, PerClass, confusion, f1, precision, recall};
pub use multilabel::{
    MultilabelAccuracy, PerLabel, multilabel_accuracy, multilabel_f1, multilabel_precision, multilabel_recall,
};
pub use overlap::{dice, iou};
pub use perplexity::{Perplexity, perplexity};
pub use ranking::{Ranking, average_precision, roc_auc};
pub use regression::{Errors, R2, mae, mse, r2, rmse};
pub use top_k::{TopK, top_k};

use crate::labels::check_classes;
use crate::loss::check_rows;
use crate::{Labels, Scalar, Tensor};

/// A measure of how well outputs fit targets.
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
    /// The name of the metric's column, such as `accuracy`.
    fn name(&self) -> String;

    /// Adds the outputs and targets of a batch.
    ///
    /// # Panics
    /// If the shapes of outputs and targets do not fit, or if a label is not one of the output's classes.
    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Y);

    /// The metric over all batches since the start or the last `reset`; NaN without batches.
    fn compute(&self) -> f64;

    /// Discards all batches, so that the metric starts again.
    fn reset(&mut self);

    /// Whether lower or higher values are better, for the clauses `early_stop` and `restore_best`; `None` if the
    /// metric does not say it. A clause with `mode = min` or `mode = max` needs no goal.
    ///
    /// # Example
    /// ```
    /// use training_loop::metric::{Goal, Metric as _, accuracy, rmse};
    ///
    /// assert_eq!(accuracy().goal(), Some(Goal::Max));
    /// assert_eq!(rmse().goal(), Some(Goal::Min));
    /// ```
    fn goal(&self) -> Option<Goal> {
        None
    }

    /// The metric's counts so far, which [`set_counts`](Self::set_counts) restores, or `None` if
    /// the metric does not implement the pair. A checkpoint in the middle of an epoch saves the
    /// counts of the training metrics. Integers are exact up to 2⁵³.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let mut error = mae();
    /// error.update(&Tensor::from([1.0, 5.0]), &Tensor::from([2.0, 2.0]));
    /// let mut copy = mae();
    /// assert!(copy.set_counts(&error.counts().unwrap()));
    /// assert_eq!(copy.compute(), 2.0);
    /// ```
    fn counts(&self) -> Option<Vec<f64>> {
        None
    }

    /// Restores the counts that [`counts`](Self::counts) returned. Returns false if the counts
    /// belong to another metric; the metric is then unchanged.
    fn set_counts(&mut self, counts: &[f64]) -> bool {
        let _ = counts;
        false
    }

    /// The metric's confusion matrix, or `None` if the metric has no such matrix. A run stores the
    /// matrix for [`History::confusion`](crate::run::History::confusion).
    fn matrix(&self) -> Option<&Confusion> {
        None
    }
}

/// The better values of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Lower values are better, as for a loss.
    Min,
    /// Higher values are better, as for an accuracy.
    Max,
}

/// Outputs with one score per class, or with a single score that decides between classes 0 and 1.
///
/// # Shapes
/// `[.., classes]` for labels `[..]`. Single scores are `[..]` or `[.., 1]`, and a score above 0
/// means class 1 (logits, as for `bce_with_logits_loss`).
struct Scores<'a> {
    output: &'a Tensor,
    labels: &'a Labels,
    /// The number of scores per sample.
    width: usize,
    ignore: Option<u32>,
}

impl<'a> Scores<'a> {
    /// The scores and labels of a batch, after a check that each label is a class or `ignore`.
    #[track_caller]
    fn new(metric: &str, output: &'a Tensor, labels: &'a Labels, ignore: Option<u32>) -> Self {
        let is_score = output.shape() == labels.shape();
        let width = if is_score { 1 } else { check_rows(metric, labels, output.shape()) };
        let scores = Self { output, labels, width, ignore };
        check_classes(metric, labels, output.shape(), scores.classes(), ignore);
        scores
    }

    /// The number of classes, which is two if there is a single score.
    fn classes(&self) -> usize {
        if self.width == 1 { 2 } else { self.width }
    }

    /// The scores and the label of each sample. Samples with an ignored label are left out.
    fn rows(&self) -> impl Iterator<Item = (&'a [Scalar], usize)> + use<'a> {
        let ignore = self.ignore;
        let rows = self.output.as_slice().chunks_exact(self.width.max(1));
        let labelled = rows.zip(self.labels.as_slice()).filter(move |(_, label)| ignore != Some(**label));
        labelled.map(|(row, label)| (row, *label as usize))
    }

    /// The predicted class and the label of each sample. The prediction is the first class with the
    /// highest score. NaN counts as highest, as in PyTorch.
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

/// The number of samples, and the number of correct predictions among them.
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

    fn counts(&self) -> Vec<f64> {
        vec![self.right as f64, self.samples as f64]
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        let &[right, samples] = counts else { return false };
        *self = Self { right: right as u64, samples: samples as u64 };
        true
    }

    /// The fraction of samples whose prediction was right; NaN without samples.
    fn share(&self) -> f64 {
        share(self.right, self.samples)
    }
}

/// The fraction `part / whole`; NaN if `whole` is 0.
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    type Make<Y> = fn() -> Box<dyn Metric<Y>>;

    fn continues<Y>(make: Make<Y>, batches: &[(Tensor, Y)]) {
        for done in 0..=batches.len() {
            let (mut whole, mut part) = (make(), make());
            for (output, target) in &batches[..done] {
                part.update(output, target);
            }
            let mut resumed = make();
            assert!(resumed.set_counts(&part.counts().expect("our metrics have counts")));
            for (output, target) in batches {
                whole.update(output, target);
            }
            for (output, target) in &batches[done..] {
                resumed.update(output, target);
            }
            assert_eq!(whole.compute().to_bits(), resumed.compute().to_bits(), "{}", whole.name());
        }
        assert!(!make().set_counts(&[1.0, 2.0, 3.0, 4.0, 5.0]));
    }

    #[test]
    fn counts_come_back() {
        let scores = |rows: [[Scalar; 3]; 2]| Tensor::from(rows);
        let batches = [
            (scores([[0.1, 0.9, 0.3], [2.0, -1.0, 0.0]]), Labels::from([1, 2])),
            (scores([[0.1, 0.2, 0.3], [0.0, 1.0, 0.5]]), Labels::from([2, 0])),
        ];
        let makes: [Make<Labels>; 11] = [
            || Box::new(roc_auc()),
            || Box::new(average_precision().raw()),
            || Box::new(matthews_corrcoef()),
            || Box::new(cohen_kappa().linear()),
            || Box::new(perplexity()),
            || Box::new(accuracy()),
            || Box::new(top_k(2)),
            || Box::new(confusion()),
            || Box::new(precision()),
            || Box::new(recall().micro()),
            || Box::new(f1().weighted()),
        ];
        for make in makes {
            continues(make, &batches);
        }
        let batches = [
            (Tensor::from([0.1, 0.7]), Tensor::from([0.3, 0.2])),
            (Tensor::from([1.1, -0.7, 3.3]), Tensor::from([0.9, 0.1, 2.7])),
        ];
        let makes: [Make<Tensor>; 4] =
            [|| Box::new(mae()), || Box::new(mse()), || Box::new(rmse()), || Box::new(r2())];
        for make in makes {
            continues(make, &batches);
        }
        let batches = [
            (Tensor::from([[0.1, -0.7], [2.0, 1.0]]), Tensor::from([[1.0, 0.0], [0.0, 1.0]])),
            (Tensor::from([[1.1, 0.7]]), Tensor::from([[1.0, 0.0]])),
        ];
        let makes: [Make<Tensor>; 3] = [
            || Box::new(multilabel_accuracy()),
            || Box::new(multilabel_accuracy().exact()),
            || Box::new(multilabel_f1().weighted()),
        ];
        for make in makes {
            continues(make, &batches);
        }
    }
}
