//! Perplexity.

use super::{Goal, Metric, Scores};
use crate::{Labels, Scalar, Tensor};

/// The perplexity of a language model: the exponential of the mean cross-entropy of the labels. A model that chooses
/// evenly among `n` tokens has the perplexity `n`.
///
/// # Shapes
/// `output: [.., classes]` of logits, labels `[..]`; for text `[batch, time, vocabulary]` and `[batch, time]`.
///
/// # Formula
/// `exp(-Σ ln softmax(x)[t] / n)` over all `n` labels of all batches.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut metric = perplexity();
/// metric.update(&Tensor::zeros(&[2, 4, 9]), &Labels::from([[3, 1, 4, 1], [5, 0, 2, 6]]));
/// assert!((metric.compute() - 9.0).abs() < 1e-9);
/// ```
pub fn perplexity() -> Perplexity {
    Perplexity::default()
}

/// The perplexity of a language model; made by [`perplexity`].
#[derive(Clone, Debug, Default)]
pub struct Perplexity {
    sum: f64,
    count: u64,
    ignore: Option<u32>,
}

impl Perplexity {
    /// Ignores this label, such as padding, as [`CrossEntropy::ignore`](crate::CrossEntropy::ignore) does. The label need
    /// not be a class.
    pub fn ignore(self, label: u32) -> Self {
        Self { ignore: Some(label), ..self }
    }
}

impl Metric for Perplexity {
    fn name(&self) -> String {
        "perplexity".to_owned()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Min)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Labels) {
        let scores = Scores::new("perplexity", output, target, self.ignore);
        assert!(
            output.shape() != target.shape() && scores.width > 0,
            "perplexity: the output {:?} needs an axis of classes after the axes {:?} of the labels",
            output.shape(),
            target.shape()
        );
        for (row, label) in scores.rows() {
            let most = row.iter().copied().fold(Scalar::NEG_INFINITY, Scalar::max);
            let total: f64 = row.iter().map(|x| f64::from(x - most).exp()).sum();
            self.sum += total.ln() - f64::from(row[label] - most);
            self.count += 1;
        }
    }

    fn compute(&self) -> f64 {
        (self.sum / self.count as f64).exp()
    }

    fn reset(&mut self) {
        (self.sum, self.count) = (0.0, 0);
    }

    fn counts(&self) -> Option<Vec<f64>> {
        Some(vec![self.sum, self.count as f64])
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        let &[sum, count] = counts else { return false };
        (self.sum, self.count) = (sum, count as u64);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_counts_for_nothing_and_an_impossible_token_is_infinite() {
        let mut metric = perplexity().ignore(7);
        metric.update(&Tensor::from([[0.0, 0.0], [5.0, 0.0]]), &Labels::from([1, 7]));
        assert!((metric.compute() - 2.0).abs() < 1e-12);
        metric.update(&Tensor::from([[0.0, Scalar::NEG_INFINITY]]), &Labels::from([1]));
        assert_eq!(metric.compute(), f64::INFINITY);
    }

    #[test]
    #[should_panic(expected = "perplexity: the output [3] needs an axis of classes")]
    fn single_scores_are_refused() {
        perplexity().update(&Tensor::zeros(&[3]), &Labels::from([0, 1, 0]));
    }
}
