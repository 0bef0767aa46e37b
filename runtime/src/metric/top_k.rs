//! Top-k accuracy.

use super::{Goal, Hits, Metric, Scores};
use crate::{Labels, Scalar, Tensor};

/// The fraction of samples whose label is among the `k` highest scores. This means that fewer than
/// `k` other classes have a higher score than the label.
///
/// # Shapes
/// `output: [.., classes]`, labels `[..]`
///
/// # Panics
/// If `k` is 0.
#[track_caller]
pub fn top_k(k: usize) -> TopK {
    assert!(k > 0, "`k` of `top_k` is 0, but must be at least 1");
    TopK { k, hits: Hits::default(), ignore: None }
}

/// The fraction of samples whose label is among the highest scores; made by [`top_k`].
#[derive(Clone, Debug)]
pub struct TopK {
    k: usize,
    hits: Hits,
    ignore: Option<u32>,
}

impl TopK {
    /// Ignores the samples with this label, as
    /// [`CrossEntropy::ignore`](crate::CrossEntropy::ignore) does. The label need not be a class.
    pub fn ignore(self, label: u32) -> Self {
        Self { ignore: Some(label), ..self }
    }
}

impl Metric for TopK {
    fn name(&self) -> String {
        format!("top_{}", self.k)
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Max)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Labels) {
        let hit = |row: &[Scalar], label: usize| {
            // A single score ranks no other class.
            let Some(own) = row.get(label) else { return false };
            // NaN ranks above the label's score; a label whose own score is NaN is never a hit.
            let higher = row.iter().filter(|other| other.is_nan() || **other > *own).count();
            !own.is_nan() && higher < self.k
        };
        for (row, label) in Scores::new("top_k", output, target, self.ignore).rows() {
            self.hits.add(hit(row, label));
        }
    }

    fn compute(&self) -> f64 {
        self.hits.share()
    }

    fn reset(&mut self) {
        self.hits = Hits::default();
    }

    fn counts(&self) -> Option<Vec<f64>> {
        Some(self.hits.counts())
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        self.hits.set_counts(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_is_among_the_highest() {
        let scores = Tensor::from(ndarray::arr2(&[[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]));
        for (k, expected) in [(1, 1.0 / 3.0), (2, 2.0 / 3.0), (3, 1.0), (9, 1.0)] {
            let mut metric = top_k(k);
            metric.update(&scores, &vec![0_u32, 1, 2].into());
            assert_eq!((metric.compute(), metric.name()), (expected, format!("top_{k}")));
        }
    }
}
