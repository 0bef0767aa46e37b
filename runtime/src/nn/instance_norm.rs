//! Instance normalisation.

use std::fmt;

use super::batch_norm::average;
use super::line::{line, when};
use super::{Buffer, Field, Mode, Module, Visitor, trace};
use crate::ops::batch_norm::{Moments, batch_norm};
use crate::ops::group_norm::normalised;
use crate::{Parameter, Scalar, Tensor};

/// The code that the layers for all ranks share. `$rank` is the number of axes of a batch, and
/// `$axes` is the shape of the input in messages.
macro_rules! layer {
    ($(#[$doc:meta])* $layer:ident, $rank:literal, $axes:literal) => {
        $(#[$doc])*
        ///
        /// # Formula
        /// `y = (x - mean) / √(var + eps)`, with the mean and the variance (divisor `n`) of the channel of
        /// the sample. With [`affine`](Self::affine), `y` is multiplied by `weight`, initialised to 1, and
        /// `bias`, initialised to 0, is added. With [`running_stats`](Self::running_stats), training updates
        /// running statistics with the averages over the samples of a batch, as
        /// [`BatchNorm2d`](super::BatchNorm2d) does, and evaluation normalises by the running statistics.
        /// `eps` is 1e-5.
        ///
        /// # Panics
        /// If `x` does not have the layer's number of features or has another number of axes, or if
        /// a channel has fewer than two elements and its own statistics are used.
        ///
        /// # Source
        #[doc = concat!("Ulyanov et al. 2016; PyTorch's `nn.", stringify!($layer), "`, with the same defaults.")]
        pub struct $layer(Inner);

        impl $layer {
            /// A layer for inputs with `features` channels, without parameters.
            pub fn new(features: usize) -> Self {
                Self(Inner::new(stringify!($layer), features))
            }

            /// Adds a learned scale and shift of each channel.
            ///
            /// # Panics
            /// If the size of the parameters overflows or exceeds memory.
            #[track_caller]
            pub fn affine(self) -> Self {
                Self(self.0.affine())
            }

            /// Keeps running statistics in training, and uses them in evaluation.
            ///
            /// # Panics
            /// If the size of the statistics overflows or exceeds memory.
            #[track_caller]
            pub fn running_stats(self) -> Self {
                Self(self.0.running_stats())
            }

            /// Sets the number that is added to the variance, so that constant channels cause no
            /// division by 0.
            ///
            /// # Panics
            /// If `eps` is not finite or not above 0.
            #[track_caller]
            pub fn eps(self, eps: f64) -> Self {
                Self(self.0.eps(eps))
            }

            /// Sets the weight of a new batch in the running averages, in [0, 1]; 0.1 by default.
            ///
            /// # Panics
            /// If the weight is out of range.
            #[track_caller]
            pub fn momentum(self, momentum: Scalar) -> Self {
                Self(self.0.momentum(momentum))
            }

            /// The scale of each channel, `[features]`, if the layer is affine.
            pub fn weight(&self) -> Option<&Parameter> {
                self.0.parameters.as_ref().map(|[weight, _]| weight)
            }

            /// The shift of each channel, `[features]`, if the layer is affine.
            pub fn bias(&self) -> Option<&Parameter> {
                self.0.parameters.as_ref().map(|[_, bias]| bias)
            }

            /// Applies the layer.
            #[track_caller]
            pub fn forward(&self, x: &Tensor) -> Tensor {
                let features = self.0.features;
                let batched = match x.rank() {
                    rank if rank == $rank => x.clone(),
                    rank if rank + 1 == $rank => x.reshape(&[&[1], x.shape()].concat()),
                    _ => Tensor::zeros(&[0]),
                };
                assert!(
                    batched.shape().get(1) == Some(&features),
                    "{}: the input {:?} must be {}, with {features} features",
                    stringify!($layer),
                    x.shape(),
                    $axes
                );
                let y = self.0.forward(&batched);
                let y = if y.rank() == x.rank() { y } else { y.reshape(x.shape()) };
                trace::output(self, y)
            }
        }

        impl Module for $layer {
            fn visit(&self, visitor: &mut dyn Visitor) {
                self.0.visit(visitor);
            }
        }

        impl fmt::Debug for $layer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

layer! {
    /// Normalises each channel of each sequence.
    ///
    /// # Shapes
    /// `x: [n, features, length]` or `[features, length]` → the shape of `x`
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let y = InstanceNorm1d::new(1).forward(&Tensor::from([[1.0, 3.0]]));
    /// assert!((y.as_slice()[0] + 1.0).abs() < 1e-4);
    /// ```
    InstanceNorm1d, 3, "[n, features, length] or [features, length]"
}

layer! {
    /// Normalises each channel of each image.
    ///
    /// # Shapes
    /// `x: [n, features, height, width]` or `[features, height, width]` → the shape of `x`
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::randn(&[2, 3, 8, 8]);
    /// assert_eq!(InstanceNorm2d::new(3).affine().forward(&x).shape(), x.shape());
    /// ```
    InstanceNorm2d, 4, "[n, features, height, width] or [features, height, width]"
}

layer! {
    /// Normalises each channel of each volume.
    ///
    /// # Shapes
    /// `x: [n, features, depth, height, width]` or `[features, depth, height, width]` → the shape of
    /// `x`
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::randn(&[2, 3, 4, 5, 6]);
    /// assert_eq!(InstanceNorm3d::new(3).forward(&x).shape(), x.shape());
    /// ```
    InstanceNorm3d, 5, "[n, features, depth, height, width] or [features, depth, height, width]"
}

/// A layer of any rank.
struct Inner {
    name: &'static str,
    features: usize,
    /// Weight and bias, if the layer is affine.
    parameters: Option<[Parameter; 2]>,
    /// Running mean, running variance and the number of batches, if the layer keeps them.
    running: Option<[Buffer; 3]>,
    eps: f64,
    momentum: Scalar,
    mode: Mode,
}

impl Inner {
    fn new(name: &'static str, features: usize) -> Self {
        let mode = Mode::default();
        Self { name, features, parameters: None, running: None, eps: 1e-5, momentum: 0.1, mode }
    }

    #[track_caller]
    fn affine(self) -> Self {
        let parameters = [Parameter::filled(&[self.features], 1.0), Parameter::filled(&[self.features], 0.0)];
        Self { parameters: Some(parameters), ..self }
    }

    #[track_caller]
    fn running_stats(self) -> Self {
        let mean = Buffer::new(Tensor::zeros(&[self.features]));
        let variance = Buffer::new(Tensor::ones(&[self.features]));
        Self { running: Some([mean, variance, Buffer::new(0.0)]), ..self }
    }

    #[track_caller]
    fn eps(self, eps: f64) -> Self {
        assert!(
            eps > 0.0 && eps.is_finite(),
            "`eps` of `{}` is {eps}, but must be above 0 and finite",
            self.name
        );
        Self { eps, ..self }
    }

    #[track_caller]
    fn momentum(self, momentum: Scalar) -> Self {
        assert!(
            (0.0..=1.0).contains(&momentum),
            "`momentum` of `{}` is {momentum}, but must be in [0, 1]",
            self.name
        );
        Self { momentum, ..self }
    }

    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let [weight, bias] = match &self.parameters {
            Some(parameters) => parameters.each_ref().map(Parameter::tensor),
            None => [Tensor::ones(&[self.features]), Tensor::zeros(&[self.features])],
        };
        if let (Some([mean, variance, _]), false) = (&self.running, self.mode.is_training()) {
            let [mean, variance] = [mean, variance].map(|buffer| buffer.value().iter().copied().collect());
            return batch_norm(x, &weight, &bias, Some(&Moments { mean, variance }), self.eps).0;
        }
        let length: usize = x.shape()[2..].iter().product();
        assert!(
            length != 1,
            "{}: the input {:?} has a single element in each channel, which would become 0; use `LayerNorm`, or leave the \
             layer out",
            self.name,
            x.shape()
        );
        let (output, moments) = normalised(self.name, x, self.features.max(1), &weight, &bias, self.eps);
        if let Some([mean, variance, _]) = self.running.as_ref().filter(|_| !x.is_empty()) {
            let samples = x.shape()[0] as Scalar;
            let over_samples = |of: &[Scalar], factor: Scalar| -> Vec<Scalar> {
                let total = |channel| of.iter().skip(channel).step_by(self.features).sum::<Scalar>();
                (0..self.features).map(|channel| total(channel) * factor / samples).collect()
            };
            let unbiased = length as Scalar / (length - 1) as Scalar;
            average(mean, self.momentum, over_samples(&moments.mean, 1.0).into_iter());
            average(variance, self.momentum, over_samples(&moments.variance, unbiased).into_iter());
        }
        output
    }
}

impl Module for Inner {
    fn visit(&self, visitor: &mut dyn Visitor) {
        if let Some([weight, bias]) = &self.parameters {
            weight.visit_field("weight", visitor);
            bias.visit_field("bias", visitor);
        }
        if let Some([mean, variance, batches]) = &self.running {
            mean.visit_field("running_mean", visitor);
            variance.visit_field("running_var", visitor);
            batches.visit_field("num_batches_tracked", visitor);
        }
        self.mode.visit_field("mode", visitor);
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            Some(self.features.to_string()),
            when(self.parameters.is_some(), "affine"),
            when(self.running.is_some(), "running stats"),
            when(self.eps != 1e-5, &format!("eps {}", self.eps)),
            when(self.momentum != 0.1, &format!("momentum {}", self.momentum)),
        ];
        line(f, self.name, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_sample_needs_no_batch_axis() {
        let layer = InstanceNorm2d::new(2).affine();
        let x = Tensor::from(ndarray::Array3::from_shape_fn((2, 3, 2), |(c, i, j)| (c * i + j) as Scalar));
        let batched = layer.forward(&x.reshape(&[1, 2, 3, 2]));
        assert_eq!(layer.forward(&x).as_slice(), batched.as_slice());
        let names: Vec<_> = layer.named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["weight", "bias"]);
        assert_eq!(layer.weight().unwrap().shape(), layer.bias().unwrap().shape());
        assert!(InstanceNorm2d::new(2).parameters().is_empty());
    }

    #[test]
    fn running_statistics_move_in_training_and_are_used_in_evaluation() {
        let layer = InstanceNorm1d::new(1).running_stats().momentum(0.5);
        let x = Tensor::from([[[1.0, 3.0]], [[3.0, 5.0]]]);
        let _ = layer.forward(&x);
        let state = layer.state_dict();
        assert_eq!(state.get("running_mean").unwrap()[0], 1.5);
        assert_eq!(state.get("running_var").unwrap()[0], 1.5);
        layer.eval();
        assert!((layer.forward(&x).as_slice()[0] + 0.5 / 1.5_f64.sqrt() as Scalar).abs() < 1e-4);
    }

    #[test]
    #[should_panic(
        expected = "InstanceNorm2d: the input [2, 4] must be [n, features, height, width] or [features, height, width], with 3 features"
    )]
    fn another_input_is_named() {
        let _ = InstanceNorm2d::new(3).forward(&Tensor::zeros(&[2, 4]));
    }

    #[test]
    #[should_panic(expected = "InstanceNorm1d: the input [2, 3, 1] has a single element in each channel")]
    fn a_single_element_is_refused() {
        let _ = InstanceNorm1d::new(3).forward(&Tensor::zeros(&[2, 3, 1]));
    }
}
