//! Standardising as a part of the model.

use super::{Buffer, Module, Visitor};
use crate::{Array, Scalar, Tensor};

/// Scales each feature by constants that are fitted on the training data and saved with the model.
///
/// As a field of a model, the constants are buffers with the names `shift` and `scale`, so `save` and `load`
/// include them, and no program can forget to scale the inputs of a trained model. To scale targets, train
/// with `scaler.forward(&target)`, and convert outputs with [`inverse`](Self::inverse).
///
/// # Shapes
/// `x: [.., features]` → the same shape; with [`standard_along`](Self::standard_along) the features may be
/// along another axis.
///
/// # Formula
/// `y = (x - shift) / scale`
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// #[derive(Module)]
/// struct Net {
///     inputs: Scaler,
///     output: Linear,
/// }
///
/// impl Net {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         self.output.forward(&self.inputs.forward(x))
///     }
/// }
///
/// let train = Tensor::from([[1.0, 200.0], [3.0, 400.0]]);
/// let net = Net { inputs: Scaler::standard(&train), output: Linear::new(2, 1) };
/// assert_eq!(net.inputs.forward(&train).as_slice(), [-1.0, -1.0, 1.0, 1.0]);
/// // A net for a saved file: `load` sets the constants.
/// let loaded = Net { inputs: Scaler::identity(2), output: Linear::new(2, 1) };
/// loaded.load_state_dict(&net.state_dict()).unwrap();
/// assert_eq!(loaded.inputs.forward(&train).as_slice(), [-1.0, -1.0, 1.0, 1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Scaler {
    /// The constant that is subtracted from each feature.
    pub shift: Buffer,
    /// The constant that each feature is divided by.
    pub scale: Buffer,
}

impl Scaler {
    /// A scaler of `features` features that changes nothing, for a model whose file is loaded.
    pub fn identity(features: usize) -> Self {
        Self { shift: Buffer::new(Tensor::zeros(&[features])), scale: Buffer::new(Tensor::ones(&[features])) }
    }

    /// Scales each feature, along the last axis, to mean 0 and deviation 1. A constant feature is only
    /// shifted.
    ///
    /// The deviation is that of the whole population (divided by the number of samples).
    ///
    /// # Panics
    /// If `x` has no axes or no elements.
    ///
    /// # Source
    /// scikit-learn's `StandardScaler`.
    #[track_caller]
    pub fn standard(x: &Tensor) -> Self {
        Self::standard_along(x, x.rank().max(1) - 1)
    }

    /// Scales the features along `axis` to mean 0 and deviation 1, for example the channels of images
    /// `[batch, channel, height, width]` with the axis 1. A constant feature is only shifted.
    ///
    /// # Panics
    /// If `x` has no axis `axis`, or no elements.
    #[track_caller]
    pub fn standard_along(x: &Tensor, axis: usize) -> Self {
        Self::fit(x, axis, |values| {
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
            (mean, variance.sqrt())
        })
    }

    /// Scales each feature, along the last axis, to [0, 1]. A constant feature is only shifted.
    ///
    /// # Panics
    /// If `x` has no axes or no elements.
    ///
    /// # Source
    /// scikit-learn's `MinMaxScaler`.
    #[track_caller]
    pub fn min_max(x: &Tensor) -> Self {
        Self::fit(x, x.rank().max(1) - 1, |values| {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            (low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low)
        })
    }

    /// Fits the shift and the scale of each feature along `axis`.
    #[track_caller]
    fn fit(x: &Tensor, axis: usize, constants: impl Fn(&[f64]) -> (f64, f64)) -> Self {
        let shape = x.shape();
        assert!(axis < x.rank() && !x.is_empty(), "Scaler: {shape:?} has no axis {axis}, or no elements");
        let view = x.view();
        let of_feature = view.axis_iter(ndarray::Axis(axis)).map(|feature| {
            let values: Vec<f64> = feature.iter().map(|&value| f64::from(value)).collect();
            let (shift, scale) = constants(&values);
            // A deviation that is lost in the rounding of the mean is that of a constant.
            let is_constant = scale <= shift.abs().max(1e-300) * 1e-12;
            (shift as Scalar, if is_constant { 1.0 } else { scale as Scalar })
        });
        let (shift, scale): (Vec<Scalar>, Vec<Scalar>) = of_feature.unzip();
        // The features are along `axis`, and the constants are broadcast along the axes after it.
        let mut own = vec![1; x.rank() - axis];
        own[0] = shape[axis];
        let array = |values| Array::from_shape_vec(own.clone(), values).expect("one constant per feature");
        Self { shift: Buffer::new(array(shift)), scale: Buffer::new(array(scale)) }
    }

    /// Scales `x`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        (x - self.shift.tensor()) / self.scale.tensor()
    }

    /// The inverse of [`forward`](Self::forward): `x = y · scale + shift`.
    #[track_caller]
    pub fn inverse(&self, y: &Tensor) -> Tensor {
        y * self.scale.tensor() + self.shift.tensor()
    }
}

impl Module for Scaler {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.buffer("shift", &self.shift);
        visitor.buffer("scale", &self.scale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(tensor: &Tensor, expected: &[Scalar]) {
        assert_eq!(tensor.len(), expected.len());
        let near = |(a, b): (&Scalar, &Scalar)| (a - b).abs() <= 1e-6;
        assert!(
            tensor.as_slice().iter().zip(expected).all(near),
            "{:?} is not {expected:?}",
            tensor.as_slice()
        );
    }

    /// The expected numbers are those of scikit-learn.
    #[test]
    fn features_are_standardised() {
        let x = Tensor::from([[1.0, -2.0, 7.0], [2.0, 0.0, 7.0], [6.0, 5.0, 7.0]]);
        let scaler = Scaler::standard(&x);
        let expected = [
            -0.925_820_1,
            -1.019_049_3,
            0.0,
            -0.462_910_05,
            -0.339_683_1,
            0.0,
            1.388_730_2,
            1.358_732_4,
            0.0,
        ];
        close(&scaler.forward(&x), &expected);
        close(&scaler.inverse(&scaler.forward(&x)), x.as_slice());
        let scaler = Scaler::min_max(&x);
        close(&scaler.forward(&x), &[0.0, 0.0, 0.0, 0.2, 2.0 / 7.0, 0.0, 1.0, 1.0, 0.0]);
        // Another table, beyond the fitted range.
        close(&scaler.forward(&Tensor::from([[11.0, -9.0, 8.0]])), &[2.0, -1.0, 1.0]);
    }

    #[test]
    fn channels_are_standardised_along_their_axis() {
        let x = Tensor::from(ndarray::ArrayD::from_shape_fn(vec![2, 3, 2, 2], |i| {
            (i[1] as Scalar + 1.0) * (i[0] * 4 + i[2] * 2 + i[3]) as Scalar
        }));
        let scaler = Scaler::standard_along(&x, 1);
        assert_eq!(scaler.shift.value().shape(), [3, 1, 1]);
        let y = scaler.forward(&x);
        let channel = |c: usize| y.view().index_axis(ndarray::Axis(1), c).to_owned();
        assert!(channel(0).iter().zip(&channel(2)).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(channel(1).sum().abs() < 1e-4);
        close(&Scaler::standard(&Tensor::from([3.0, 5.0])).forward(&Tensor::from([4.0, 4.0])), &[1.0, -1.0]);
    }

    /// A large mean does not drown the deviation, and its rounding is not taken for one.
    #[test]
    fn sums_are_in_double_precision() {
        let x = Tensor::from([[1e6, 16_777_216.0], [1_000_001.0, 16_777_216.0], [1_000_002.0, 16_777_216.0]]);
        let y = Scaler::standard(&x).forward(&x);
        close(&y, &[-1.224_744_9, 0.0, 0.0, 0.0, 1.224_744_9, 0.0]);
    }

    #[test]
    #[should_panic(expected = "Scaler: [0, 3] has no axis 1, or no elements")]
    fn nothing_to_fit_is_an_error() {
        Scaler::standard(&Tensor::zeros(&[0, 3]));
    }
}
