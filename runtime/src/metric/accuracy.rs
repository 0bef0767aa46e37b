//! Accuracy.

use super::{Metric, Scores, share};
use crate::{Labels, Tensor};

/// The share of samples whose class is right.
///
/// # Shapes
/// `output: [n, classes]`, the class is the highest score; or `[n]` or `[n, 1]`, the class is 1 where
/// the score is above 0.
pub fn accuracy() -> Accuracy {
    Accuracy::default()
}

/// The share of samples whose class is right; made by [`accuracy`].
#[derive(Clone, Debug, Default)]
pub struct Accuracy {
    right: u64,
    samples: u64,
}

impl Metric for Accuracy {
    fn name(&self) -> String {
        "accuracy".to_owned()
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Labels) {
        let classes = Scores::new("accuracy", output, target).predictions();
        self.right +=
            classes.zip(target.iter()).filter(|&(class, label)| class == label as usize).count() as u64;
        self.samples += target.len() as u64;
    }

    fn compute(&self) -> f64 {
        share(self.right, self.samples)
    }

    fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scalar;

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

    #[test]
    fn a_model_that_says_nan_is_not_right_by_chance() {
        let mut metric = accuracy();
        metric.update(&Tensor::from(ndarray::arr2(&[[0.0, Scalar::NAN]])), &vec![0_u32].into());
        assert_eq!(metric.compute(), 0.0);
    }

    #[test]
    #[should_panic(expected = "the output [2, 2] has 2 rows, and there are 3 labels")]
    fn rows_and_labels_must_match() {
        accuracy().update(&Tensor::zeros(&[2, 2]), &vec![0_u32, 1, 1].into());
    }
}
