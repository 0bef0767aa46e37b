//! Batch normalisation.

use std::fmt;

use super::line::{line, when};
use super::{Buffer, Field, Mode, Module, Visitor, trace};
use crate::ops::batch_norm::{Moments, batch_norm};
use crate::parameter::InLayer;
use crate::{Array, Parameter, Scalar, Tensor};

/// The code that the layers for all ranks share. `$ranks` are the numbers of axes that the input
/// may have, and `$axes` is the shape of the input in messages.
macro_rules! layer {
    ($(#[$doc:meta])* $layer:ident, $ranks:pat, $axes:literal) => {
        $(#[$doc])*
        ///
        /// # Formula
        /// `y = weight · (x - mean) / √(var + eps) + bias`. In training, `mean` and `var` are the mean and
        /// the variance of the batch (divisor `n`), and the running statistics are updated by
        /// `running ← (1 - momentum) · running + momentum · batch`. The running variance uses the divisor
        /// `n - 1`. `weight` is initialised to 1 and `bias` to 0. By default `eps` is 1e-5 and `momentum`
        /// is 0.1.
        ///
        /// # Panics
        /// If `x` does not have the layer's number of features or has another number of axes. In
        /// training, if the batch has fewer than two values per feature.
        ///
        /// # Source
        #[doc = concat!("Ioffe and Szegedy 2015; PyTorch's `nn.", stringify!($layer), "`.")]
        pub struct $layer {
            /// The scale of each feature, `[features]`.
            pub weight: Parameter,
            /// The shift of each feature, `[features]`.
            pub bias: Parameter,
            /// The running mean, `[features]`, initialised to 0.
            pub running_mean: Buffer,
            /// The running variance, `[features]`, initialised to 1.
            pub running_var: Buffer,
            batches: Buffer,
            options: Options,
            mode: Mode,
        }

        impl $layer {
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
                    options: Options { eps: 1e-5, momentum: Some(0.1) },
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
                    "`eps` of `{}` is {eps}, but must be above 0 and finite",
                    stringify!($layer)
                );
                Self { options: Options { eps, ..self.options }, ..self }
            }

            /// Sets the weight of a new batch in the running averages, in [0, 1].
            ///
            /// # Panics
            /// If the weight is out of range.
            #[track_caller]
            pub fn momentum(self, momentum: Scalar) -> Self {
                assert!(
                    (0.0..=1.0).contains(&momentum),
                    "`momentum` of `{}` is {momentum}, but must be in [0, 1]",
                    stringify!($layer)
                );
                Self { options: Options { momentum: Some(momentum), ..self.options }, ..self }
            }

            /// Gives all batches the same weight in the running averages, as PyTorch's
            /// `momentum=None`: batch `k` has the weight `1 / k`.
            pub fn cumulative_average(self) -> Self {
                Self { options: Options { momentum: None, ..self.options }, ..self }
            }

            /// Applies the layer.
            #[track_caller]
            pub fn forward(&self, x: &Tensor) -> Tensor {
                let features = self.weight.shape()[0];
                let fits = matches!(x.rank(), $ranks) && x.shape()[1] == features;
                assert!(
                    fits,
                    "{}: the input {:?} must be {}, with {features} features{}",
                    InLayer::with(stringify!($layer), &self.weight),
                    x.shape(),
                    $axes,
                    hint(stringify!($layer), x.shape(), features)
                );
                let statistics = Statistics {
                    weight: &self.weight,
                    bias: &self.bias,
                    mean: &self.running_mean,
                    variance: &self.running_var,
                    batches: &self.batches,
                    options: self.options,
                };
                let y = if self.mode.is_training() {
                    statistics.train(stringify!($layer), x)
                } else {
                    statistics.evaluate(x)
                };
                trace::output(self, y)
            }
        }

        impl Module for $layer {
            fn visit(&self, visitor: &mut dyn Visitor) {
                self.weight.visit_field("weight", visitor);
                self.bias.visit_field("bias", visitor);
                self.running_mean.visit_field("running_mean", visitor);
                self.running_var.visit_field("running_var", visitor);
                self.batches.visit_field("num_batches_tracked", visitor);
                self.mode.visit_field("mode", visitor);
            }
        }

        impl fmt::Debug for $layer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Options { eps, momentum } = self.options;
                let eps = when(eps != 1e-5, &format!("eps {eps}"));
                let momentum = match momentum {
                    Some(momentum) => when(momentum != 0.1, &format!("momentum {momentum}")),
                    None => Some("cumulative average".to_owned()),
                };
                line(f, stringify!($layer), [Some(self.weight.len().to_string()), eps, momentum])
            }
        }
    };
}

layer! {
    /// Normalises each feature of rows or sequences, then scales and shifts it by learned
    /// parameters. Training uses the mean and the variance of the batch. Evaluation uses running
    /// averages of both.
    ///
    /// # Shapes
    /// `x: [n, features]` or `[n, features, length]` → the shape of `x`. Images need
    /// [`BatchNorm2d`].
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let layer = BatchNorm1d::new(1);
    /// let x = Tensor::from([[1.0], [3.0]]);
    /// let y = layer.forward(&x).to_array();
    /// assert!((y[[0, 0]] + 1.0).abs() < 1e-4 && (y[[1, 0]] - 1.0).abs() < 1e-4);
    /// ```
    BatchNorm1d, 2 | 3, "[n, features] or [n, features, length]"
}

layer! {
    /// Normalises each channel of images, then scales and shifts it by learned parameters. Training
    /// uses the mean and the variance of the batch. Evaluation uses running averages of both.
    ///
    /// # Shapes
    /// `x: [n, features, height, width]` → the shape of `x`.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let model = Sequential::new().then(Conv2d::new(3, 8, 3).no_bias()).then(BatchNorm2d::new(8)).then(Relu);
    /// assert_eq!(model.forward(&Tensor::randn(&[4, 3, 6, 6])).shape(), [4, 8, 4, 4]);
    /// ```
    BatchNorm2d, 4, "[n, features, height, width]"
}

layer! {
    /// Normalises each channel of volumes, then scales and shifts it by learned parameters. Training
    /// uses the mean and the variance of the batch. Evaluation uses running averages of both.
    ///
    /// # Shapes
    /// `x: [n, features, depth, height, width]` → the shape of `x`.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::randn(&[2, 3, 4, 5, 6]);
    /// assert_eq!(BatchNorm3d::new(3).forward(&x).shape(), x.shape());
    /// ```
    BatchNorm3d, 5, "[n, features, depth, height, width]"
}

/// The options of a layer.
#[derive(Clone, Copy)]
struct Options {
    eps: f64,
    /// The weight of a new batch in the running averages; `None` for the average of all batches.
    momentum: Option<Scalar>,
}

/// A hint for an input that does not fit the layer; empty if there is none.
fn hint(layer: &str, shape: &[usize], features: usize) -> String {
    let suited = match shape.len() {
        2 | 3 => "BatchNorm1d",
        4 => "BatchNorm2d",
        5 => "BatchNorm3d",
        _ => return String::new(),
    };
    match shape {
        _ if suited != layer => format!("; for this number of axes use `{suited}`"),
        [.., last] if *last == features => {
            "; `permute` the input, so that the features are its second axis".to_owned()
        }
        _ => String::new(),
    }
}

/// The parameters and the running statistics of a layer.
struct Statistics<'a> {
    weight: &'a Parameter,
    bias: &'a Parameter,
    mean: &'a Buffer,
    variance: &'a Buffer,
    batches: &'a Buffer,
    options: Options,
}

impl Statistics<'_> {
    /// Normalises by the running statistics.
    #[track_caller]
    fn evaluate(&self, x: &Tensor) -> Tensor {
        let values = |buffer: &Buffer| buffer.value().iter().copied().collect();
        let moments = Moments { mean: values(self.mean), variance: values(self.variance) };
        batch_norm(x, &self.weight.tensor(), &self.bias.tensor(), Some(&moments), self.options.eps).0
    }

    /// Normalises by the statistics of the batch, and updates the running statistics.
    #[track_caller]
    fn train(&self, layer: &str, x: &Tensor) -> Tensor {
        let count = x.len() / self.weight.len().max(1);
        assert!(
            count != 0,
            "{layer}: the input {:?} has no value for any feature, and training needs at least two; \
             leave an empty batch out",
            x.shape()
        );
        assert!(
            count > 1,
            "{layer}: the input {:?} has a single value for each feature, and training needs at least two; \
             to predict or to validate, write `let _evaluation = evaluation(&model);` first, and in training leave a last \
             batch of one sample out with `drop_last`",
            x.shape()
        );
        let (output, moments) =
            batch_norm(x, &self.weight.tensor(), &self.bias.tensor(), None, self.options.eps);
        let unbiased = count as Scalar / (count - 1) as Scalar;
        self.batches.update(|count| *count += 1.0);
        let share = self.options.momentum.unwrap_or_else(|| 1.0 / self.batches.value().sum());
        average(self.mean, share, moments.mean.into_iter());
        average(self.variance, share, moments.variance.into_iter().map(|variance| variance * unbiased));
        output
    }
}

/// Updates each running value with the value of a batch. `share` is the weight of the batch.
#[track_caller]
pub(super) fn average(running: &Buffer, share: Scalar, batch: impl Iterator<Item = Scalar>) {
    running.update(|running: &mut Array| {
        for (running, batch) in running.iter_mut().zip(batch) {
            *running = (1.0 - share) * *running + share * batch;
        }
    });
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

    #[test]
    fn a_cumulative_average_gives_all_batches_one_weight() {
        let layer = BatchNorm2d::new(1).cumulative_average();
        for shift in [0.0, 2.0, 4.0] {
            let _ =
                layer.forward(&Tensor::from(ndarray::arr2(&[[1.0], [3.0]]) + shift).reshape(&[2, 1, 1, 1]));
        }
        assert!((layer.running_mean.value()[0] - 4.0).abs() < 1e-5);
        assert!((layer.running_var.value()[0] - 2.0).abs() < 1e-5);
    }

    #[test]
    #[should_panic(
        expected = "must be [n, features, height, width], with 3 features; for this number of axes use `BatchNorm1d`"
    )]
    fn another_rank_is_named() {
        let _ = BatchNorm2d::new(3).forward(&Tensor::zeros(&[2, 3, 4]));
    }

    #[test]
    #[should_panic(expected = "`permute` the input, so that the features are its second axis")]
    fn features_on_the_last_axis_are_named() {
        let _ = BatchNorm2d::new(3).forward(&Tensor::zeros(&[2, 8, 8, 3]));
    }
}
