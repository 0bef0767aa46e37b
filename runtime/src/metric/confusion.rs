//! The confusion matrix, and what follows from it: precision, recall, F1.

use std::fmt;

use super::{Metric, Scores, share};
use crate::{Labels, Tensor};

/// How often each class was taken for each other.
///
/// # Shapes
/// `output: [n, classes]`, the class is the highest score; or `[n]` or `[n, 1]`, the class is 1 where
/// the score is above 0.
pub fn confusion() -> Confusion {
    Confusion::default()
}

/// How often each class was taken for each other; made by [`confusion`].
///
/// As a metric its number is the share on the diagonal. Its `Display` is the matrix.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut matrix = confusion();
/// let scores = Tensor::from(ndarray::arr2(&[[0.1, 0.9], [2.0, -1.0], [0.0, 3.0]]));
/// matrix.update(&scores, &Labels::from(vec![1_u32, 0, 0]));
/// assert_eq!(matrix.counts(), [[1, 1], [0, 1]]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Confusion {
    counts: Vec<Vec<u64>>,
}

impl Confusion {
    /// A row for each label, a column for each class that the model gave.
    pub fn counts(&self) -> &[Vec<u64>] {
        &self.counts
    }

    #[track_caller]
    fn add(&mut self, metric: &str, output: &Tensor, labels: &Labels) {
        let scores = Scores::new(metric, output, labels);
        let highest = labels.iter().max().map_or(0, |label| label as usize + 1);
        self.grow(scores.classes.max(2).max(highest));
        for (class, label) in scores.predictions().zip(labels.iter()) {
            self.counts[label as usize][class] += 1;
        }
    }

    fn grow(&mut self, classes: usize) {
        let classes = classes.max(self.counts.len());
        self.counts.resize_with(classes, Vec::new);
        self.counts.iter_mut().for_each(|row| row.resize(classes, 0));
    }

    /// Right answers, samples of that label, and answers of that class, for each class.
    fn classes(&self) -> impl Iterator<Item = [u64; 3]> {
        self.counts.iter().enumerate().map(|(class, row)| {
            [row[class], row.iter().sum(), self.counts.iter().map(|row| row[class]).sum()]
        })
    }

    fn right(&self) -> u64 {
        self.classes().map(|[right, ..]| right).sum()
    }

    fn samples(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }
}

impl Metric for Confusion {
    fn name(&self) -> String {
        "confusion".to_owned()
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Labels) {
        self.add("confusion", output, target);
    }

    fn compute(&self) -> f64 {
        share(self.right(), self.samples())
    }

    fn reset(&mut self) {
        *self = Self::default();
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

/// Of the samples said to be of a class, the share that is.
///
/// # Formula
/// `right / said` for each class, 0 where nothing was said to be of it; then the [`Average`].
pub fn precision() -> PerClass {
    PerClass::new("precision", |[right, _, said]| ratio(right, said))
}

/// Of the samples of a class, the share that was found.
///
/// # Formula
/// `right / samples` for each class, 0 where it has none; then the [`Average`].
pub fn recall() -> PerClass {
    PerClass::new("recall", |[right, samples, _]| ratio(right, samples))
}

/// The harmonic mean of precision and recall.
///
/// # Formula
/// `2 · right / (samples + said)` for each class; then the [`Average`].
pub fn f1() -> PerClass {
    PerClass::new("f1", |[right, samples, said]| ratio(2 * right, samples + said))
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { share(part, whole) }
}

/// How the numbers of several classes become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Average {
    /// The plain mean over the classes that occur as a label or as an answer, as in scikit-learn.
    #[default]
    Macro,
    /// From the counts of all classes together: the accuracy, where each sample has one class.
    Micro,
    /// The mean weighted by the samples of each class.
    Weighted,
    /// One class alone.
    Class(usize),
}

/// Precision, recall or F1; made by [`precision`], [`recall`] and [`f1`].
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut found = recall().class(1);
/// found.update(&Tensor::from(ndarray::arr1(&[3.0, -1.0, -2.0])), &Labels::from(vec![1_u32, 1, 0]));
/// assert_eq!((found.name().as_str(), found.compute()), ("recall_of_1", 0.5));
/// ```
#[derive(Clone, Debug)]
pub struct PerClass {
    name: &'static str,
    of_class: fn([u64; 3]) -> f64,
    average: Average,
    confusion: Confusion,
}

impl PerClass {
    fn new(name: &'static str, of_class: fn([u64; 3]) -> f64) -> Self {
        Self { name, of_class, average: Average::default(), confusion: Confusion::default() }
    }

    /// Chooses how classes are averaged.
    pub fn average(self, average: Average) -> Self {
        Self { average, ..self }
    }

    /// From the counts of all classes together.
    pub fn micro(self) -> Self {
        self.average(Average::Micro)
    }

    /// Weighted by the samples of each class.
    pub fn weighted(self) -> Self {
        self.average(Average::Weighted)
    }

    /// One class alone.
    pub fn class(self, class: usize) -> Self {
        self.average(Average::Class(class))
    }

    /// The number of each class.
    pub fn per_class(&self) -> Vec<f64> {
        self.confusion.classes().map(self.of_class).collect()
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

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Labels) {
        self.confusion.add(self.name, output, target);
    }

    fn compute(&self) -> f64 {
        let samples = self.confusion.samples();
        if samples == 0 {
            return f64::NAN;
        }
        match self.average {
            Average::Macro => {
                let seen = self.confusion.classes().filter(|[_, samples, said]| samples + said > 0);
                let values = seen.map(self.of_class).collect::<Vec<_>>();
                values.iter().sum::<f64>() / values.len() as f64
            }
            Average::Micro => share(self.confusion.right(), samples),
            Average::Weighted => {
                let weighted =
                    self.confusion.classes().map(|counts| (self.of_class)(counts) * counts[1] as f64);
                weighted.sum::<f64>() / samples as f64
            }
            Average::Class(class) => self.per_class().get(class).copied().unwrap_or(0.0),
        }
    }

    fn reset(&mut self) {
        self.confusion.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels 0 0 0 1 1 2, answers 0 0 1 1 0 1; class 3 never occurs.
    fn after(mut metric: PerClass) -> PerClass {
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
        let matrix = after(f1()).confusion;
        assert_eq!(
            matrix.to_string(),
            "label\\class 0 1 2 3\n          0 2 1 0 0\n          1 1 1 0 0\n          2 0 1 0 0\n          3 0 0 0 0"
        );
        assert_close(matrix.compute(), 0.5);
    }
}
