//! Batch normalisation.

use std::fmt;

use super::line::{line, when};
use super::{Buffer, Field, Mode, Module, Visitor, trace};
use crate::ops::batch_norm::{Moments, batch_norm};
use crate::{Array, Parameter, Scalar, Tensor};

/// Normalises each feature, then scales and shifts it by learned parameters. Training uses the mean
/// and the variance of the batch. Evaluation uses running averages of both.
///
/// # Shapes
/// `x: [n, features]` or `[n, features, length]` → the shape of `x`. Reshape images `[n, c, h, w]`
/// to `[n, c, h · w]`: `norm.forward(&x.flatten(2)).reshape(x.shape())`.
///
/// # Formula
/// `y = weight · (x - mean) / √(var + eps) + bias`. In training, `mean` and `var` are the mean and
/// the variance of the batch (divisor `n`), and the running statistics are updated by
/// `running ← (1 - momentum) · running + momentum · batch`. The running variance uses the divisor
/// `n - 1`. `weight` is initialised to 1 and `bias` to 0. By default `eps` is 1e-5 and `momentum`
/// is 0.1.
///
/// # Panics
/// If `x` does not have the layer's number of features. In training, if the batch has fewer than
/// two values per feature.
///
/// # Source
/// Ioffe and Szegedy 2015; PyTorch's `nn.BatchNorm1d`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = BatchNorm1d::new(1);
/// let x = Tensor::from([[1.0], [3.0]]);
/// let y = layer.forward(&x).to_array();
/// assert!((y[[0, 0]] + 1.0).abs() < 1e-4 && (y[[1, 0]] - 1.0).abs() < 1e-4);
/// let images = Tensor::randn(&[4, 1, 5, 5]);
/// let y = layer.forward(&images.flatten(2)).reshape(images.shape());
/// assert_eq!(y.shape(), images.shape());
/// ```
#[doc(alias("BatchNorm2d"))]
pub struct BatchNorm1d {
    /// The scale of each feature, `[features]`.
    pub weight: Parameter,
    /// The shift of each feature, `[features]`.
    pub bias: Parameter,
    /// The running mean, `[features]`, initialised to 0.
    pub running_mean: Buffer,
    /// The running variance, `[features]`, initialised to 1.
    pub running_var: Buffer,
    batches: Buffer,
    eps: f64,
    momentum: Scalar,
    mode: Mode,
}

impl BatchNorm1d {
    /// A layer for inputs with `features` features.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn new(features: usize) -> Self {
        let (weight, bias) = (Parameter::filled(&[features], 1.0), Parameter::filled(&[features], 0.0));
        Self {
            running_mean: Buffer::new(bias.value()),
            running_var: Buffer::new(weight.value()),
            weight,
            bias,
            batches: Buffer::new(ndarray::arr0(0.0).into_dyn()),
            eps: 1e-5,
            momentum: 0.1,
            mode: Mode::default(),
        }
    }

    /// Sets the number that is added to the variance, so that constant features cause no division
    /// by 0.
    ///
    /// # Panics
    /// If `eps` is not finite or not above 0.
    #[track_caller]
    pub fn eps(self, eps: f64) -> Self {
        assert!(
            eps > 0.0 && eps.is_finite(),
            "`eps` of `BatchNorm1d` is {eps}, but must be above 0 and finite"
        );
        Self { eps, ..self }
    }

    /// Sets the weight of a new batch in the running averages, in [0, 1].
    ///
    /// # Panics
    /// If the weight is out of range.
    #[track_caller]
    pub fn momentum(self, momentum: Scalar) -> Self {
        assert!(
            (0.0..=1.0).contains(&momentum),
            "`momentum` of `BatchNorm1d` is {momentum}, but must be in [0, 1]"
        );
        Self { momentum, ..self }
    }

    /// Applies the layer.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let (weight, bias) = (self.weight.tensor(), self.bias.tensor());
        assert!(
            x.shape().get(1) == weight.shape().first(),
            "BatchNorm1d: the input {:?} must be [n, features] or [n, features, length], with {} features",
            x.shape(),
            weight.len()
        );
        if !self.mode.is_training() {
            let values = |buffer: &Buffer| buffer.value().iter().copied().collect();
            let moments = Moments { mean: values(&self.running_mean), variance: values(&self.running_var) };
            return trace::output(self, batch_norm(x, &weight, &bias, Some(&moments), self.eps).0);
        }
        let count = x.len() / weight.len().max(1);
        assert!(
            count != 0,
            "BatchNorm1d: the input {:?} has no value for any feature, and training needs at least two; \
             leave an empty batch out",
            x.shape()
        );
        assert!(
            count > 1,
            "BatchNorm1d: the input {:?} has a single value for each feature, and training needs at least two; \
             to predict or to validate, write `let _evaluation = evaluation(&model);` first, and in training leave a last \
             batch of one sample out with `drop_last`",
            x.shape()
        );
        let (output, moments) = batch_norm(x, &weight, &bias, None, self.eps);
        let unbiased = count as Scalar / (count - 1) as Scalar;
        self.average(&self.running_mean, moments.mean.into_iter());
        self.average(&self.running_var, moments.variance.into_iter().map(|variance| variance * unbiased));
        self.batches.update(|count| *count += 1.0);
        trace::output(self, output)
    }

    #[track_caller]
    fn average(&self, running: &Buffer, batch: impl Iterator<Item = Scalar>) {
        let move_towards = |running: &mut Array| {
            for (running, batch) in running.iter_mut().zip(batch) {
                *running = (1.0 - self.momentum) * *running + self.momentum * batch;
            }
        };
        running.update(move_towards);
    }
}

impl Module for BatchNorm1d {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.weight.visit_field("weight", visitor);
        self.bias.visit_field("bias", visitor);
        self.running_mean.visit_field("running_mean", visitor);
        self.running_var.visit_field("running_var", visitor);
        self.batches.visit_field("num_batches_tracked", visitor);
        self.mode.visit_field("mode", visitor);
    }
}

impl fmt::Debug for BatchNorm1d {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let eps = when(self.eps != 1e-5, &format!("eps {}", self.eps));
        let momentum = when(self.momentum != 0.1, &format!("momentum {}", self.momentum));
        line(f, "BatchNorm1d", [Some(self.weight.len().to_string()), eps, momentum])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_averages_move_in_training_only() {
        let layer = BatchNorm1d::new(1).momentum(0.5);
        let x = Tensor::from(ndarray::arr2(&[[1.0], [3.0]]));
        let _ = layer.forward(&x);
        assert_eq!(layer.running_mean.value()[0], 1.0);
        assert_eq!(layer.running_var.value()[0], 1.5);
        layer.eval();
        let y = layer.forward(&x).to_array();
        assert_eq!(layer.running_mean.value()[0], 1.0);
        assert!(y[[0, 0]].abs() < 1e-6 && (y[[1, 0]] - 2.0 / 1.5_f64.sqrt() as Scalar).abs() < 1e-4);
    }

    #[test]
    #[should_panic(expected = "the input [0, 3] has no value for any feature")]
    fn an_empty_batch_cannot_be_trained_on() {
        let _ = BatchNorm1d::new(3).forward(&Tensor::zeros(&[0, 3]));
    }

    #[test]
    #[should_panic(
        expected = "to predict or to validate, write `let _evaluation = evaluation(&model);` first"
    )]
    fn a_single_sample_cannot_be_trained_on() {
        let _ = BatchNorm1d::new(3).forward(&Tensor::zeros(&[1, 3]));
    }
}
