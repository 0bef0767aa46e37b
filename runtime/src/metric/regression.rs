//! Regression metrics.

use super::{Goal, Metric};
use crate::{Scalar, Tensor};

/// The mean of `|output - target|` over all elements.
pub fn mae() -> Errors {
    Errors::new("mae", f64::abs, |mean| mean)
}

/// The mean of `(output - target)²` over all elements.
pub fn mse() -> Errors {
    Errors::new("mse", |difference| difference * difference, |mean| mean)
}

/// The square root of [`mse`].
pub fn rmse() -> Errors {
    Errors::new("rmse", |difference| difference * difference, f64::sqrt)
}

/// A mean over the differences of outputs and targets; made by [`mae`], [`mse`] and [`rmse`].
///
/// # Shapes
/// `output` and `target` have the same shape: nothing is broadcast.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut error = mae();
/// error.update(&Tensor::from([1.0, 5.0]), &Tensor::from([2.0, 2.0]));
/// assert_eq!(error.compute(), 2.0);
/// ```
#[derive(Clone, Debug)]
pub struct Errors {
    name: &'static str,
    of_difference: fn(f64) -> f64,
    of_mean: fn(f64) -> f64,
    sum: f64,
    count: usize,
}

impl Errors {
    fn new(name: &'static str, of_difference: fn(f64) -> f64, of_mean: fn(f64) -> f64) -> Self {
        Self { name, of_difference, of_mean, sum: 0.0, count: 0 }
    }
}

impl Metric<Tensor> for Errors {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Min)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Tensor) {
        let pairs = pairs(self.name, output, target);
        self.sum += pairs.map(|(output, target)| (self.of_difference)(output - target)).sum::<f64>();
        self.count += target.len();
    }

    fn compute(&self) -> f64 {
        (self.of_mean)(self.sum / self.count as f64)
    }

    fn reset(&mut self) {
        *self = Self { sum: 0.0, count: 0, ..*self };
    }

    fn counts(&self) -> Option<Vec<f64>> {
        Some(vec![self.sum, self.count as f64])
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        let &[sum, count] = counts else { return false };
        *self = Self { sum, count: count as usize, ..*self };
        true
    }
}

/// The coefficient of determination R²: 1 is perfect, 0 is as good as predicting the mean.
///
/// # Formula
/// `1 - Σ (target - output)² / Σ (target - mean target)²` over all elements. If all targets are equal, R² is
/// 1 if all outputs are right, else 0, as in scikit-learn.
pub fn r2() -> R2 {
    R2::default()
}

/// The coefficient of determination; made by [`r2`].
#[derive(Clone, Debug, Default)]
pub struct R2 {
    /// The sum `Σ (target - output)²`.
    residual: f64,
    count: usize,
    mean: f64,
    /// The sum `Σ (target - mean)²`.
    spread: f64,
}

impl Metric<Tensor> for R2 {
    fn name(&self) -> String {
        "r2".to_owned()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Max)
    }

    #[track_caller]
    fn update(&mut self, output: &Tensor, target: &Tensor) {
        for (output, target) in pairs("r2", output, target) {
            self.residual += (target - output) * (target - output);
            // Welford's algorithm loses no digits of the spread if the mean is large.
            self.count += 1;
            let before = target - self.mean;
            self.mean += before / self.count as f64;
            self.spread += before * (target - self.mean);
        }
    }

    fn compute(&self) -> f64 {
        match (self.count, self.spread) {
            (0, _) => f64::NAN,
            (_, 0.0) if self.residual > 0.0 => 0.0,
            (_, 0.0) => 1.0,
            _ => 1.0 - self.residual / self.spread,
        }
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn counts(&self) -> Option<Vec<f64>> {
        Some(vec![self.residual, self.count as f64, self.mean, self.spread])
    }

    fn set_counts(&mut self, counts: &[f64]) -> bool {
        let &[residual, count, mean, spread] = counts else { return false };
        *self = Self { residual, count: count as usize, mean, spread };
        true
    }
}

/// The pairs of an output element and its target element.
#[track_caller]
fn pairs<'a>(
    metric: &str,
    output: &'a Tensor,
    target: &'a Tensor,
) -> impl Iterator<Item = (f64, f64)> + use<'a> {
    assert!(
        output.shape() == target.shape(),
        "{metric}: the output {:?} and the target {:?} must have the same shape",
        output.shape(),
        target.shape()
    );
    let number = |number: &Scalar| f64::from(*number);
    output.as_slice().iter().map(number).zip(target.as_slice().iter().map(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after<M: Metric<Tensor>>(mut metric: M) -> f64 {
        metric.update(
            &Tensor::from(ndarray::arr2(&[[1.0], [2.0]])),
            &Tensor::from(ndarray::arr2(&[[2.0], [4.0]])),
        );
        metric.update(&Tensor::from(ndarray::arr2(&[[6.0]])), &Tensor::from(ndarray::arr2(&[[6.0]])));
        metric.compute()
    }

    #[test]
    fn errors_are_computed_over_all_batches() {
        assert_eq!(after(mae()), 1.0);
        assert_eq!(after(mse()), 5.0 / 3.0);
        assert_eq!(after(rmse()), (5.0_f64 / 3.0).sqrt());
        assert_eq!(after(r2()), 1.0 - 5.0 / 8.0);
        let mut metric = mae();
        assert!(metric.compute().is_nan() && r2().compute().is_nan());
        metric.update(&Tensor::zeros(&[1]), &Tensor::ones(&[1]));
        metric.reset();
        assert!(metric.compute().is_nan());
    }

    #[test]
    fn targets_that_never_change_have_nothing_to_explain() {
        let mut metric = r2();
        metric.update(&Tensor::ones(&[3]), &Tensor::ones(&[3]));
        assert_eq!(metric.compute(), 1.0);
        metric.update(&Tensor::zeros(&[3]), &Tensor::ones(&[3]));
        assert_eq!(metric.compute(), 0.0);
    }

    #[test]
    #[should_panic(expected = "mae: the output [3, 1] and the target [3] must have the same shape")]
    fn nothing_is_broadcast() {
        mae().update(&Tensor::zeros(&[3, 1]), &Tensor::zeros(&[3]));
    }
}
