//! The confusion matrix, and precision, recall and F1.

use std::fmt;

use super::{Goal, Metric, Scores, share};
use crate::shape::product;
use crate::{Labels, Tensor};

/// The confusion matrix: how often each class was predicted for each label.
///
/// The value of this metric is the accuracy. Therefore `metrics = [accuracy, confusion]` has the
/// same value in two columns. Write `metrics = [confusion]` instead.
/// `history.confusion("valid_confusion")` returns the matrix.
///
/// # Shapes
/// `output: [.., classes]` and labels `[..]`: the prediction is the class with the highest score.
/// For `output: [..]` or `[.., 1]`, the prediction is class 1 if the score is above 0.
pub fn confusion() -> Confusion {
    Confusion::default()
}

/// The confusion matrix; made by [`confusion`].
///
/// The value of the metric, in the column `confusion_accuracy`, is the fraction of samples on the
/// diagonal. A run also stores the matrices, and
/// [`History::confusion`](crate::run::History::confusion) returns them. `Display` formats the
/// matrix.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut matrix = confusion();
/// let scores = Tensor::from([[0.1, 0.9], [2.0, -1.0], [0.0, 3.0]]);
/// matrix.update(&scores, &Labels::from(vec![1_u32, 0, 0]));
/// assert_eq!(matrix.counts(), [[1, 1], [0, 1]]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    counts: Vec<Vec<u64>>,
    ignore: Option<u32>,
}

impl Confusion {
    /// Ignores the samples with this label, as
    /// [`CrossEntropy::ignore`](crate::CrossEntropy::ignore) does. The label need not be a class.
    pub fn ignore(self, label: u32) -> Self {
        Self { ignore: Some(label), ..self }
    }

    /// The counts: one row per label, one column per predicted class.
    pub fn counts(&self) -> &[Vec<u64>] {
        &self.counts
    }

    /// The ignored label.
    pub(crate) fn ignored(&self) -> Option<u32> {
        self.ignore
    }

    #[track_caller]
    fn grow(&mut self, classes: usize) {
        let classes = classes.max(self.counts.len());
        // Allocates the total first, because the system never refuses memory for a single small
        // row.
        let room = product("confusion: the pairs of classes", &[classes, classes]);
        assert!(
            Vec::<u64>::new().try_reserve_exact(room).is_ok(),
            "out of memory: the matrix of {classes} classes has {room} numbers; `f1`, `precision` and `recall` need \
             three for each class"
        );
        self.counts.resize_with(classes, Vec::new);
        self.counts.iter_mut().for_each(|row| row.resize(classes, 0));
    }
}

impl Metric for Confusion {
    fn name(&self) -> String {
        "confusion_accuracy".to_owned()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Max)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Labels) {
        let scores = Scores::new("confusion", output, target, self.ignore);
        self.grow(scores.classes());
        for (class, label) in scores.predictions() {
            self.counts[label][class] += 1;
        }
    }

    fn compute(&self) -> f64 {
        let right = self.counts.iter().enumerate().map(|(class, row)| row[class]).sum();
        share(right, self.counts.iter().flatten().sum())
    }

    fn reset(&mut self) {
        self.counts.clear();
    }

    fn counts(&self) -> Option<Vec<f64>> {
        Some(self.counts.iter().flatten().map(|count| *count as f64).collect())
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        let classes = counts.len().isqrt();
        if classes * classes != counts.len() {
            return false;
        }
        let rows = counts.chunks(classes.max(1));
        self.counts = rows.map(|row| row.iter().map(|count| *count as u64).collect()).collect();
        true
    }

    fn matrix(&self) -> Option<&Confusion> {
        Some(self)
    }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = self.counts.iter().flatten().max().copied().unwrap_or(0);
        let width = largest.to_string().len().max(self.counts.len().to_string().len()) + 1;
        write!(f, "label\\class")?;
        (0..self.counts.len()).try_for_each(|class| write!(f, "{class:>width$}"))?;
        for (label, row) in self.counts.iter().enumerate() {
            write!(f, "\n{label:>11}")?;
            row.iter().try_for_each(|count| write!(f, "{count:>width$}"))?;
        }
        Ok(())
    }
}

/// Precision: TP / (TP + FP), per class.
///
/// # Formula
/// `right / said` per class, where `right` is the number of correct predictions of the class, and
/// `said` is the number of all predictions of the class; 0 without predictions. The [`Average`]
/// combines the classes.
pub fn precision() -> PerClass {
    PerClass::new("precision", |[right, _, said]| ratio(right, said))
}

/// Recall: TP / (TP + FN), per class.
///
/// # Formula
/// `right / samples` per class, where `right` is the number of correct predictions of the class,
/// and `samples` is the number of samples with its label; 0 without samples. The [`Average`]
/// combines the classes.
pub fn recall() -> PerClass {
    PerClass::new("recall", |[right, samples, _]| ratio(right, samples))
}

/// The harmonic mean of precision and recall.
///
/// # Formula
/// `2 · right / (samples + said)` per class, with the counts of `recall` and `precision`. The
/// [`Average`] combines the classes.
pub fn f1() -> PerClass {
    PerClass::new("f1", |[right, samples, said]| ratio(2 * right, samples + said))
}

pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { share(part, whole) }
}

/// The method that combines the values of all classes into one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Average {
    /// The mean over the classes that occur as a label or as a prediction, as in scikit-learn.
    #[default]
    Macro,
    /// The value computed from the summed counts of all classes. For precision, recall and F1 it equals
    /// the accuracy if each sample has one class.
    Micro,
    /// The mean, weighted by the number of samples of each class.
    Weighted,
    /// The value of one class.
    Class(usize),
}

/// Precision, recall, F1 or overlap; made by [`precision`], [`recall`], [`f1`], [`iou`](super::iou) and
/// [`dice`](super::dice).
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut found = recall().class(1);
/// found.update(&Tensor::from([3.0, -1.0, -2.0]), &Labels::from(vec![1_u32, 1, 0]));
/// assert_eq!((found.name().as_str(), found.compute()), ("recall_of_1", 0.5));
/// ```
#[derive(Clone, Debug)]
pub struct PerClass {
    name: &'static str,
    of_class: fn([u64; 3]) -> f64,
    average: Average,
    /// The numbers of true positives, of samples and of predictions for each class.
    classes: Vec<[u64; 3]>,
    ignore: Option<u32>,
}

impl PerClass {
    pub(super) fn new(name: &'static str, of_class: fn([u64; 3]) -> f64) -> Self {
        Self { name, of_class, average: Average::default(), classes: Vec::new(), ignore: None }
    }

    /// Ignores the samples with this label, as
    /// [`CrossEntropy::ignore`](crate::CrossEntropy::ignore) does. The label need not be a class.
    pub fn ignore(self, label: u32) -> Self {
        Self { ignore: Some(label), ..self }
    }

    /// Sets the average over classes.
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

    /// Selects the value of one class instead of an average.
    pub fn class(self, class: usize) -> Self {
        self.average(Average::Class(class))
    }

    /// The value of each class.
    pub fn per_class(&self) -> Vec<f64> {
        self.classes.iter().copied().map(self.of_class).collect()
    }
}

impl Metric for PerClass {
    fn name(&self) -> String {
        match self.average {
            Average::Macro => self.name.to_owned(),
            Average::Micro => format!("{}_micro", self.name),
            Average::Weighted => format!("{}_weighted", self.name),
            Average::Class(class) => format!("{}_of_{class}", self.name),
        }
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Max)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Labels) {
        let scores = Scores::new(self.name, output, target, self.ignore);
        let missing = scores.classes().saturating_sub(self.classes.len());
        assert!(
            self.classes.try_reserve(missing).is_ok(),
            "out of memory: {} counts three numbers for each of {} classes",
            self.name,
            scores.classes()
        );
        self.classes.resize(self.classes.len() + missing, [0; 3]);
        for (class, label) in scores.predictions() {
            self.classes[label][0] += u64::from(class == label);
            self.classes[label][1] += 1;
            self.classes[class][2] += 1;
        }
    }

    fn compute(&self) -> f64 {
        let classes = || self.classes.iter().copied();
        let samples: u64 = classes().map(|[_, samples, _]| samples).sum();
        if samples == 0 {
            return f64::NAN;
        }
        match self.average {
            Average::Macro => {
                let seen = classes().filter(|[_, samples, said]| samples + said > 0);
                let values = seen.map(self.of_class).collect::<Vec<_>>();
                values.iter().sum::<f64>() / values.len() as f64
            }
            Average::Micro => {
                let add = |a: [u64; 3], b: [u64; 3]| [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
                (self.of_class)(classes().fold([0; 3], add))
            }
            Average::Weighted => {
                let weighted = classes().map(|counts| (self.of_class)(counts) * counts[1] as f64);
                weighted.sum::<f64>() / samples as f64
            }
            Average::Class(class) => self.per_class().get(class).copied().unwrap_or(0.0),
        }
    }

    fn reset(&mut self) {
        self.classes.clear();
    }

    fn counts(&self) -> Option<Vec<f64>> {
        Some(self.classes.iter().flatten().map(|count| *count as f64).collect())
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        let (classes, rest) = counts.as_chunks::<3>();
        if rest.is_empty() {
            self.classes = classes.iter().map(|class| class.map(|count| count as u64)).collect();
        }
        rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The metric after an update with labels 0 0 0 1 1 2 and predictions 0 0 1 1 0 1. Class 3 never occurs.
    fn after<M: Metric>(mut metric: M) -> M {
        let rows = |classes: &[usize]| {
            Tensor::from(ndarray::Array2::from_shape_fn((classes.len(), 4), |(row, class)| {
                if classes[row] == class { 1.0 } else { 0.0 }
            }))
        };
        metric.update(&rows(&[0, 0, 1, 1]), &vec![0_u32, 0, 0, 1].into());
        metric.update(&rows(&[0, 1]), &vec![1_u32, 2].into());
        metric
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }

    #[test]
    fn averages_are_those_of_their_definitions() {
        let third = 1.0 / 3.0;
        assert_eq!(after(precision()).per_class(), [2.0 * third, third, 0.0, 0.0]);
        assert_eq!(after(recall()).per_class(), [2.0 * third, 0.5, 0.0, 0.0]);
        assert_close(after(precision()).compute(), third);
        assert_close(after(recall()).compute(), (2.0 * third + 0.5) / 3.0);
        assert_close(after(recall().micro()).compute(), 0.5);
        assert_close(after(recall().weighted()).compute(), 0.5);
        assert_close(after(f1()).compute(), (2.0 * third + 0.4) / 3.0);
        assert_close(after(f1().class(1)).compute(), 0.4);
        assert!(f1().compute().is_nan());
    }

    #[test]
    fn shows_the_matrix() {
        let matrix = after(confusion());
        assert_eq!(
            matrix.to_string(),
            "label\\class 0 1 2 3\n          0 2 1 0 0\n          1 1 1 0 0\n          2 0 1 0 0\n          3 0 0 0 0"
        );
        assert_close(matrix.compute(), 0.5);
    }

    #[test]
    fn nothing_is_sized_by_a_label() {
        for label in [1, 100_000, u32::MAX] {
            let update = |mut metric: Box<dyn Metric>| {
                metric.update(&Tensor::zeros(&[2, 1]), &vec![0, label].into());
            };
            let said = |metric: Box<dyn Metric>| {
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| update(metric))).is_err()
            };
            for metric in [Box::new(f1()) as Box<dyn Metric>, Box::new(confusion()), Box::new(precision())] {
                assert_eq!(said(metric), label > 1, "{label}");
            }
        }
    }

    #[test]
    fn many_classes_need_three_numbers_each() {
        let mut metric = recall();
        metric.update(&Tensor::zeros(&[1, 1 << 20]), &vec![0_u32].into());
        assert_close(metric.compute(), 1.0);
        let mut metric = f1().ignore(9);
        metric.update(&Tensor::zeros(&[2, 3]), &vec![0_u32, 9].into());
        assert_eq!(metric.per_class(), [1.0, 0.0, 0.0]);
    }
}
