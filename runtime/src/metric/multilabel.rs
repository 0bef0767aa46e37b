//! Metrics of several labels per sample, each of which applies or not.

use super::confusion::ratio;
use super::{Average, Goal, Metric, share};
use crate::Tensor;

/// The fraction of labels that are right, over all samples and labels; with [`exact`](MultilabelAccuracy::exact), the
/// fraction of samples all of whose labels are right.
///
/// # Shapes
/// `output: [.., labels]` of logits, `target: [.., labels]` of 0 and 1, of equal shape. A score above 0 says that the label
/// applies.
///
/// # Source
/// torchmetrics' `MultilabelAccuracy(average="micro")`; `exact` is scikit-learn's `accuracy_score` of indicators.
pub fn multilabel_accuracy() -> MultilabelAccuracy {
    MultilabelAccuracy::default()
}

/// The fraction of labels that are right; made by [`multilabel_accuracy`].
#[derive(Clone, Debug, Default)]
pub struct MultilabelAccuracy {
    exact: bool,
    right: u64,
    whole: u64,
}

impl MultilabelAccuracy {
    /// Counts samples all of whose labels are right, instead of labels.
    pub fn exact(self) -> Self {
        Self { exact: true, ..self }
    }
}

impl Metric<Tensor> for MultilabelAccuracy {
    fn name(&self) -> String {
        if self.exact { "multilabel_exact" } else { "multilabel_accuracy" }.to_owned()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Max)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Tensor) {
        for row in rows("multilabel_accuracy", output, target) {
            let labels = row.len() as u64;
            let right = row.filter(|(said, is)| said == is).count() as u64;
            let (right, whole) = if self.exact { (u64::from(right == labels), 1) } else { (right, labels) };
            self.right += right;
            self.whole += whole;
        }
    }

    fn compute(&self) -> f64 {
        share(self.right, self.whole)
    }

    fn reset(&mut self) {
        (self.right, self.whole) = (0, 0);
    }

    fn counts(&self) -> Option<Vec<f64>> {
        Some(vec![self.right as f64, self.whole as f64])
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        let &[right, whole] = counts else { return false };
        (self.right, self.whole) = (right as u64, whole as u64);
        true
    }
}

/// Precision of each label: TP / (TP + FP), 0 without predictions. The [`Average`] combines the labels.
///
/// # Shapes
/// As [`multilabel_accuracy`].
///
/// # Source
/// scikit-learn's `precision_score` of indicators, with `zero_division=0`.
pub fn multilabel_precision() -> PerLabel {
    PerLabel::new("multilabel_precision", |[right, _, said]| ratio(right, said))
}

/// Recall of each label: TP / (TP + FN), 0 without samples. The [`Average`] combines the labels.
///
/// # Shapes
/// As [`multilabel_accuracy`].
///
/// # Source
/// scikit-learn's `recall_score` of indicators, with `zero_division=0`.
pub fn multilabel_recall() -> PerLabel {
    PerLabel::new("multilabel_recall", |[right, samples, _]| ratio(right, samples))
}

/// The harmonic mean of precision and recall of each label. The [`Average`] combines the labels.
///
/// # Shapes
/// As [`multilabel_accuracy`].
///
/// # Source
/// scikit-learn's `f1_score` of indicators, with `zero_division=0`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut metric = multilabel_f1();
/// let (logits, target) = (Tensor::from([[2.0, -1.0], [1.0, 3.0]]), Tensor::from([[1.0, 1.0], [0.0, 1.0]]));
/// metric.update(&logits, &target);
/// assert!((metric.compute() - 2.0 / 3.0).abs() < 1e-12);
/// ```
pub fn multilabel_f1() -> PerLabel {
    PerLabel::new("multilabel_f1", |[right, samples, said]| ratio(2 * right, samples + said))
}

/// Precision, recall or F1 of labels; made by [`multilabel_precision`], [`multilabel_recall`] and [`multilabel_f1`].
#[derive(Clone, Debug)]
pub struct PerLabel {
    name: &'static str,
    of_label: fn([u64; 3]) -> f64,
    average: Average,
    /// The numbers of true positives, of samples and of predictions for each label.
    labels: Vec<[u64; 3]>,
}

impl PerLabel {
    fn new(name: &'static str, of_label: fn([u64; 3]) -> f64) -> Self {
        Self { name, of_label, average: Average::default(), labels: Vec::new() }
    }

    /// Sets the average over labels. The macro average is the mean over all labels.
    pub fn average(self, average: Average) -> Self {
        Self { average, ..self }
    }

    /// Sets the average to [`Average::Micro`].
    pub fn micro(self) -> Self {
        self.average(Average::Micro)
    }

    /// Sets the average to [`Average::Weighted`].
    pub fn weighted(self) -> Self {
        self.average(Average::Weighted)
    }

    /// Selects the value of one label instead of an average.
    pub fn label(self, label: usize) -> Self {
        self.average(Average::Class(label))
    }

    /// The value of each label.
    pub fn per_label(&self) -> Vec<f64> {
        self.labels.iter().copied().map(self.of_label).collect()
    }
}

impl Metric<Tensor> for PerLabel {
    fn name(&self) -> String {
        match self.average {
            Average::Macro => self.name.to_owned(),
            Average::Micro => format!("{}_micro", self.name),
            Average::Weighted => format!("{}_weighted", self.name),
            Average::Class(label) => format!("{}_of_{label}", self.name),
        }
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Max)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Tensor) {
        for row in rows(self.name, output, target) {
            if self.labels.len() < row.len() {
                self.labels.resize(row.len(), [0; 3]);
            }
            for (counts, (said, is)) in self.labels.iter_mut().zip(row) {
                counts[0] += u64::from(said && is);
                counts[1] += u64::from(is);
                counts[2] += u64::from(said);
            }
        }
    }

    fn compute(&self) -> f64 {
        if self.labels.is_empty() {
            return f64::NAN;
        }
        let samples: u64 = self.labels.iter().map(|[_, samples, _]| samples).sum();
        match self.average {
            Average::Macro => self.per_label().iter().sum::<f64>() / self.labels.len() as f64,
            Average::Micro => {
                let add = |a: [u64; 3], b: &[u64; 3]| [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
                (self.of_label)(self.labels.iter().fold([0; 3], add))
            }
            Average::Weighted if samples == 0 => 0.0,
            Average::Weighted => {
                let weighted = self.labels.iter().map(|counts| (self.of_label)(*counts) * counts[1] as f64);
                weighted.sum::<f64>() / samples as f64
            }
            Average::Class(label) => self.per_label().get(label).copied().unwrap_or(0.0),
        }
    }

    fn reset(&mut self) {
        self.labels.clear();
    }

    fn counts(&self) -> Option<Vec<f64>> {
        Some(self.labels.iter().flatten().map(|count| *count as f64).collect())
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        let (labels, rest) = counts.as_chunks::<3>();
        if rest.is_empty() {
            self.labels = labels.iter().map(|label| label.map(|count| count as u64)).collect();
        }
        rest.is_empty()
    }
}

/// For each sample, the prediction and the target of each label.
#[track_caller]
fn rows<'a>(
    metric: &str,
    output: &'a Tensor,
    target: &'a Tensor,
) -> impl Iterator<Item = impl ExactSizeIterator<Item = (bool, bool)> + 'a> + 'a {
    assert!(
        output.shape() == target.shape() && output.rank() > 0,
        "{metric}: the output has the shape {:?} and the target {:?}; they must be equal, with the labels as last axis",
        output.shape(),
        target.shape()
    );
    if let Some(place) = target.as_slice().iter().position(|t| *t != 0.0 && *t != 1.0) {
        panic!(
            "{metric}: target number {place} is {}, and the targets are 0 and 1",
            target.as_slice()[place]
        );
    }
    let labels = output.shape().last().copied().unwrap_or(1).max(1);
    let pairs = output.as_slice().chunks_exact(labels).zip(target.as_slice().chunks_exact(labels));
    pairs.map(|(said, is)| said.iter().zip(is).map(|(said, is)| (*said > 0.0, *is == 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "multilabel_f1: target number 1 is 0.5, and the targets are 0 and 1")]
    fn probabilities_are_no_targets() {
        multilabel_f1().update(&Tensor::zeros(&[1, 2]), &Tensor::from([[1.0, 0.5]]));
    }

    #[test]
    fn leading_axes_are_samples() {
        let (logits, target) =
            (Tensor::from([[2.0, -1.0], [1.0, 3.0]]), Tensor::from([[1.0, 1.0], [0.0, 1.0]]));
        let mut flat = multilabel_accuracy().exact();
        flat.update(&logits, &target);
        let mut deep = multilabel_accuracy().exact();
        deep.update(&logits.reshape(&[2, 1, 2]), &target.reshape(&[2, 1, 2]));
        assert_eq!((flat.compute(), deep.compute()), (0.0, 0.0));
        deep.update(&logits.reshape(&[2, 1, 2]), &logits.gt(0.0).reshape(&[2, 1, 2]));
        assert_eq!(deep.compute(), 0.5);
    }
}
