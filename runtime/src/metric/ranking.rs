//! Metrics of the order of scores: ROC-AUC and average precision.

use super::{Goal, Metric, Scores};
use crate::{Labels, Scalar, Tensor};

/// The area under the ROC curve: the probability that a sample of a class has a higher score than a sample of another
/// class. Equal scores count half.
///
/// The metric keeps the scores of all batches, because their order is known only at the end: a number per score. Its
/// value is exact, however the samples are divided into batches.
///
/// # Shapes
/// `output: [..]` or `[.., 1]`, labels `[..]` of 0 and 1: the score is for class 1. `output: [.., classes]` of logits,
/// labels `[..]`: each class against all others, by its probability under softmax; the value is the mean over the
/// classes. For two classes, the value is that of class 1.
///
/// # Formula
/// `(Σ r - P (P + 1) / 2) / (P N)`, where `r` are the ranks of the `P` samples of the class among all samples, and `N` is
/// the number of other samples. NaN if one of the two is 0; the mean leaves out such classes.
///
/// # Source
/// scikit-learn's `roc_auc_score`, with `multi_class="ovr"` and `average="macro"`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut area = roc_auc();
/// area.update(&Tensor::from([0.1, 0.4, 0.35, 0.8]), &Labels::from([0, 0, 1, 1]));
/// assert_eq!(area.compute(), 0.75);
/// ```
pub fn roc_auc() -> Ranking {
    Ranking::new("roc_auc", area)
}

/// The area under the curve of precision over recall, as average precision.
///
/// The metric keeps the scores of all batches, as [`roc_auc`] does, and has the same shapes and the same mean over
/// classes.
///
/// # Formula
/// `Σ (R[i] - R[i-1]) P[i]` over all distinct scores, from the highest, where `P` and `R` are precision and recall of the
/// samples with at least that score. NaN without samples of the class.
///
/// # Source
/// scikit-learn's `average_precision_score`.
pub fn average_precision() -> Ranking {
    Ranking::new("average_precision", precision_area)
}

/// A metric of the order of scores; made by [`roc_auc`] and [`average_precision`].
#[derive(Clone, Debug)]
pub struct Ranking {
    name: &'static str,
    of_class: fn(&[(Scalar, bool)]) -> f64,
    raw: bool,
    ignore: Option<u32>,
    /// The number of scores per sample, the same for all batches; 0 before the first.
    width: usize,
    scores: Vec<Scalar>,
    labels: Vec<u32>,
}

impl Ranking {
    fn new(name: &'static str, of_class: fn(&[(Scalar, bool)]) -> f64) -> Self {
        Self { name, of_class, raw: false, ignore: None, width: 0, scores: Vec::new(), labels: Vec::new() }
    }

    /// Ignores the samples with this label, as
    /// [`CrossEntropy::ignore`](crate::CrossEntropy::ignore) does. The label need not be a class.
    pub fn ignore(self, label: u32) -> Self {
        Self { ignore: Some(label), ..self }
    }

    /// Takes the outputs for several classes as they are, for a model that returns probabilities.
    pub fn raw(self) -> Self {
        Self { raw: true, ..self }
    }

    /// The value of each class; of class 1 alone if there are one or two scores per sample.
    pub fn per_class(&self) -> Vec<f64> {
        let classes = match self.width {
            0 => 0..0,
            1 | 2 => 1..2,
            width => 0..width,
        };
        classes.map(|class| self.of(class)).collect()
    }

    fn of(&self, class: usize) -> f64 {
        let column = if self.width == 1 { 0 } else { class };
        let rows = self.scores.chunks_exact(self.width).zip(&self.labels);
        let mut scored: Vec<(Scalar, bool)> =
            rows.map(|(row, label)| (row[column], *label as usize == class)).collect();
        if scored.iter().any(|(score, _)| score.is_nan()) {
            return f64::NAN;
        }
        scored.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
        (self.of_class)(&scored)
    }
}

/// The area under the ROC curve. The scores are in descending order.
fn area(scored: &[(Scalar, bool)]) -> f64 {
    let (mut positives, mut negatives, mut pairs) = (0_u64, 0_u64, 0.0);
    for (right, wrong) in steps(scored) {
        // Each positive exceeds the negatives of later steps; equal scores count half.
        pairs += wrong as f64 * (positives as f64 + 0.5 * right as f64);
        positives += right;
        negatives += wrong;
    }
    pairs / (positives as f64 * negatives as f64)
}

/// Average precision. The scores are in descending order.
fn precision_area(scored: &[(Scalar, bool)]) -> f64 {
    let (mut positives, mut samples, mut sum) = (0_u64, 0_u64, 0.0);
    for (right, wrong) in steps(scored) {
        positives += right;
        samples += right + wrong;
        sum += right as f64 * positives as f64 / samples as f64;
    }
    sum / positives as f64
}

/// For each distinct score, the numbers of samples of the class and of other samples.
fn steps(scored: &[(Scalar, bool)]) -> impl Iterator<Item = (u64, u64)> + '_ {
    // Zeros of both signs are equal.
    scored.chunk_by(|(a, _), (b, _)| a == b).map(|step| {
        let right = step.iter().filter(|(_, is_class)| *is_class).count();
        (right as u64, (step.len() - right) as u64)
    })
}

impl Metric for Ranking {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Max)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Labels) {
        let scores = Scores::new(self.name, output, target, self.ignore);
        assert!(
            self.width == scores.width || self.labels.is_empty(),
            "{}: this batch has {} scores for each sample, and the batches before had {}",
            self.name,
            scores.width,
            self.width
        );
        self.width = scores.width;
        for (row, label) in scores.rows() {
            self.labels.push(label as u32);
            match row {
                // The difference has the order of the probabilities, and more digits.
                [a, b] if !self.raw => self.scores.extend([a - b, b - a]),
                [_] | [_, _] => self.scores.extend(row),
                _ if self.raw => self.scores.extend(row),
                _ => {
                    let most = row.iter().copied().fold(Scalar::NEG_INFINITY, Scalar::max);
                    let total: f64 = row.iter().map(|x| f64::from(x - most).exp()).sum();
                    self.scores.extend(row.iter().map(|x| (f64::from(x - most) - total.ln()) as Scalar));
                }
            }
        }
    }

    fn compute(&self) -> f64 {
        let values = self.per_class();
        let known: Vec<f64> = match values[..] {
            [value] => vec![value],
            _ if self.scores.iter().any(|score| score.is_nan()) => Vec::new(),
            _ => values.into_iter().filter(|value| !value.is_nan()).collect(),
        };
        known.iter().sum::<f64>() / known.len() as f64
    }

    fn reset(&mut self) {
        (self.width, self.scores, self.labels) = (0, Vec::new(), Vec::new());
    }

    fn counts(&self) -> Option<Vec<f64>> {
        let mut counts = vec![self.width as f64, self.labels.len() as f64];
        counts.extend(self.labels.iter().map(|label| f64::from(*label)));
        counts.extend(self.scores.iter().map(|score| f64::from(*score)));
        Some(counts)
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        let [width, samples, rest @ ..] = counts else { return false };
        let (width, samples) = (*width as usize, *samples as usize);
        if width.checked_add(1).and_then(|each| each.checked_mul(samples)) != Some(rest.len()) {
            return false;
        }
        let (labels, scores) = rest.split_at(samples);
        self.width = width;
        self.labels = labels.iter().map(|label| *label as u32).collect();
        self.scores = scores.iter().map(|score| *score as Scalar).collect();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_areas_are_not_a_number() {
        assert!(roc_auc().compute().is_nan());
        let mut one = roc_auc();
        one.update(&Tensor::from([0.1, 0.2]), &Labels::from([1, 1]));
        assert!(one.compute().is_nan());
        let mut none = average_precision();
        none.update(&Tensor::from([0.1, 0.2]), &Labels::from([0, 0]));
        assert!(none.compute().is_nan());
        let mut broken = roc_auc();
        broken.update(&Tensor::from([0.1, Scalar::NAN, 0.3]), &Labels::from([0, 1, 1]));
        assert!(broken.compute().is_nan());
    }

    #[test]
    fn equal_scores_count_half_and_classes_that_never_occur_are_left_out() {
        let mut area = roc_auc();
        area.update(&Tensor::from([0.0, -0.0, 0.0]), &Labels::from([0, 1, 1]));
        assert_eq!(area.compute(), 0.5);
        let mut area = roc_auc();
        let scores = Tensor::from([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 3.0, 1.0]]);
        area.update(&scores, &Labels::from([0, 1, 1]));
        assert_eq!((area.compute(), area.per_class()[0]), (1.0, 1.0));
        assert!(area.per_class()[2].is_nan());
    }

    #[test]
    #[should_panic(
        expected = "roc_auc: this batch has 3 scores for each sample, and the batches before had 1"
    )]
    fn the_number_of_classes_stays() {
        let mut area = roc_auc();
        area.update(&Tensor::zeros(&[2]), &Labels::from([0, 1]));
        area.update(&Tensor::zeros(&[2, 3]), &Labels::from([0, 1]));
    }
}
