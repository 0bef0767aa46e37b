//! Accuracy.

use super::{Goal, Hits, Metric, Scores};
use crate::{Labels, Tensor};

/// The fraction of samples whose class is right.
///
/// # Shapes
/// `output: [.., classes]` and labels `[..]`: the prediction is the class with the highest score.
/// For `output: [..]` or `[.., 1]`, the prediction is class 1 if the score is above 0.
pub fn accuracy() -> Accuracy {
    Accuracy::default()
}

/// The fraction of samples whose class is right; made by [`accuracy`].
#[derive(Clone, Debug, Default)]
pub struct Accuracy {
    hits: Hits,
    ignore: Option<u32>,
}

impl Accuracy {
    /// Ignores the samples with this label, as
    /// [`CrossEntropy::ignore`](crate::CrossEntropy::ignore) does. The label need not be a class.
    pub fn ignore(self, label: u32) -> Self {
        Self { ignore: Some(label), ..self }
    }
}

impl Metric for Accuracy {
    fn name(&self) -> String {
        "accuracy".to_owned()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Max)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Labels) {
        for (class, label) in Scores::new("accuracy", output, target, self.ignore).predictions() {
            self.hits.add(class == label);
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
    use crate::metric::{confusion, f1, precision, recall, top_k};
    use crate::{Scalar, cat};

    #[test]
    fn counts_over_batches_of_any_size() {
        let mut metric = accuracy();
        assert!(metric.compute().is_nan());
        metric.update(
            &Tensor::from(ndarray::arr2(&[[1.0, 2.0], [3.0, 0.0], [0.0, 1.0]])),
            &vec![1_u32, 0, 1].into(),
        );
        metric.update(&Tensor::from(ndarray::arr2(&[[1.0, 2.0]])), &vec![0_u32].into());
        assert_eq!(metric.compute(), 0.75);
        metric.reset();
        assert!(metric.compute().is_nan());
    }

    #[test]
    fn one_score_says_class_one_above_zero() {
        for output in
            [Tensor::from(ndarray::arr2(&[[-1.0], [2.0]])), Tensor::from(ndarray::arr1(&[-1.0, 2.0]))]
        {
            let mut metric = accuracy();
            metric.update(&output, &vec![0_u32, 0].into());
            assert_eq!(metric.compute(), 0.5);
        }
    }

    /// Every metric of classes treats the elements of leading axes, as in `[batch, time, classes]`, as rows.
    #[test]
    fn leading_axes_are_rows() {
        let metrics = || -> Vec<Box<dyn Metric>> {
            let ignoring = Box::new(accuracy().ignore(3));
            vec![
                ignoring,
                Box::new(top_k(2)),
                Box::new(precision()),
                Box::new(recall()),
                Box::new(f1().micro()),
            ]
        };
        let scores = Tensor::from([[3.0, 1.0, 2.0, 0.0], [0.0, 1.0, 2.0, 3.0], [1.0, 9.0, 0.0, 4.0]]);
        let scores = cat(&[&scores, &(&scores * -1.0)], 0);
        let labels = Labels::from([0, 3, 3, 1, 2, 0]);
        let all = |scores: &Tensor, labels: &Labels| {
            let mut metrics = metrics();
            for metric in &mut metrics {
                metric.update(scores, labels);
            }
            let mut matrix = confusion();
            matrix.update(scores, labels);
            (metrics.iter().map(|metric| metric.compute()).collect::<Vec<_>>(), matrix)
        };
        let flat = all(&scores, &labels);
        assert_eq!(all(&scores.reshape(&[2, 3, 4]), &labels.reshape(&[2, 3])), flat);
        assert_eq!(all(&scores.reshape(&[1, 6, 1, 4]), &labels.reshape(&[1, 6, 1])), flat);
        let mut one = accuracy();
        one.update(&Tensor::from([1.0, 3.0, 2.0]), &Labels::from(1));
        one.update(&Tensor::from([[0.5], [-1.0]]), &Labels::from([[1], [1]]));
        assert_eq!(one.compute(), 2.0 / 3.0);
    }

    #[test]
    fn a_model_that_says_nan_is_not_right_by_chance() {
        let mut metric = accuracy();
        metric.update(&Tensor::from(ndarray::arr2(&[[0.0, Scalar::NAN]])), &vec![0_u32].into());
        assert_eq!(metric.compute(), 0.0);
    }

    #[test]
    fn an_ignored_label_counts_for_nothing() {
        let mut metric = accuracy().ignore(255);
        metric.update(&Tensor::zeros(&[3, 2]), &vec![0_u32, 255, 1].into());
        assert_eq!(metric.compute(), 0.5);
        metric.reset();
        metric.update(&Tensor::zeros(&[1, 2]), &vec![255_u32].into());
        assert!(metric.compute().is_nan());
    }

    #[test]
    #[should_panic(
        expected = "accuracy: the label of row 1 of this batch is 2, and the output [2, 1] has 2 classes"
    )]
    fn one_score_tells_two_classes_apart() {
        accuracy().update(&Tensor::zeros(&[2, 1]), &vec![0_u32, 2].into());
    }

    #[test]
    #[should_panic(
        expected = "the labels [3] do not fit the output [2, 2], whose last axis is the classes; axis 0"
    )]
    fn rows_and_labels_must_match() {
        accuracy().update(&Tensor::zeros(&[2, 2]), &vec![0_u32, 1, 1].into());
    }
}
