//! The fully connected layer.

use std::fmt;

use super::line::{line, when};
use super::{Activation, Field, Mode, Module, Visitor, init, trace};
use crate::ops::linear::affine;
use crate::{Parameter, Tensor};

/// Multiplies by a matrix and adds a bias.
///
/// # Shapes
/// `x: [.., in]`, `weight: [out, in]`, `bias: [out]` → `[.., out]`
///
/// # Formula
/// `y = x · weightᵀ + bias`. Weight and bias are initialised uniformly over ±1/√in.
/// [`seed`](crate::seed) determines the draws.
///
/// # Source
/// PyTorch's `nn.Linear`, with the same layout and initialisation.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Linear::new(3, 2);
/// assert_eq!(layer.forward(&Tensor::zeros(&[5, 3])).shape(), [5, 2]);
/// ```
pub struct Linear {
    /// The matrix, `[out, in]`.
    pub weight: Parameter,
    /// The bias of each output, `[out]`.
    pub bias: Option<Parameter>,
    activation: Option<Activation>,
    mode: Mode,
}

impl Linear {
    /// A layer from `inputs` to `outputs` features.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize) -> Self {
        let bound = if inputs == 0 { 0.0 } else { 1.0 / (inputs as f64).sqrt() };
        let weight = init::drawn(&[outputs, inputs], bound);
        let bias = init::drawn(&[outputs], bound);
        Self { weight, bias: Some(bias), activation: None, mode: Mode::default() }
    }

    /// The same layer without a bias.
    pub fn no_bias(self) -> Self {
        Self { bias: None, ..self }
    }

    /// Sets the activation that is applied to the output. A ReLU is fused with the bias.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let layer = Linear::new(3, 2).activation(Activation::Relu);
    /// assert!(layer.forward(&Tensor::ones(&[5, 3])).as_slice().iter().all(|y| *y >= 0.0));
    /// ```
    pub fn activation(self, activation: Activation) -> Self {
        Self { activation: Some(activation), ..self }
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If the last axis of `x` is not the layer's number of inputs.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let (weight, bias) = (self.weight.tensor(), self.bias.as_ref().map(Parameter::tensor));
        let relu = self.activation == Some(Activation::Relu);
        let y = affine(x, &weight, bias.as_ref(), relu);
        let y = match self.activation {
            Some(activation) if !relu => activation.apply(&y),
            _ => y,
        };
        trace::output(self, y)
    }
}

impl Module for Linear {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.weight.visit_field("weight", visitor);
        self.bias.visit_field("bias", visitor);
        self.mode.visit_field("mode", visitor);
    }
}

impl fmt::Debug for Linear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &[outputs, inputs] = self.weight.shape() else { return f.write_str("Linear") };
        let sizes = format!("{inputs} -> {outputs}");
        let activation = self.activation.map(|activation| format!("{activation:?}"));
        line(f, "Linear", [Some(sizes), when(self.bias.is_none(), "no bias"), activation])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scalar;

    #[test]
    fn starts_as_pytorch_starts_it() {
        let layer = Linear::new(16, 100);
        let weight = layer.weight.value();
        assert_eq!((weight.shape(), layer.bias.as_ref().unwrap().shape()), (&[100, 16][..], &[100][..]));
        let largest = weight.iter().fold(0.0, |most: Scalar, value| most.max(value.abs()));
        assert!(largest <= 0.25 && largest > 0.24, "{largest}");
    }

    #[test]
    fn computes_with_and_without_bias() {
        let layer = Linear::new(2, 1);
        layer.weight.set(ndarray::arr2(&[[2.0, 3.0]]));
        layer.bias.as_ref().unwrap().set(ndarray::arr1(&[0.5]));
        let x = Tensor::from(ndarray::arr2(&[[1.0, 1.0], [0.0, 2.0]]));
        assert_eq!(layer.forward(&x).as_slice(), [5.5, 6.5]);
        let layer = layer.no_bias();
        assert_eq!(layer.forward(&x).as_slice(), [5.0, 6.0]);
        layer.weight.set(ndarray::arr2(&[[2.0, -3.0]]));
        let layer = layer.activation(Activation::Relu);
        assert_eq!(layer.forward(&x).as_slice(), [0.0, 0.0]);
        let layer = layer.activation(Activation::Tanh);
        assert!((layer.forward(&x).as_slice()[0] - (-1.0 as Scalar).tanh()).abs() < 1e-6);
        assert_eq!(Linear::new(0, 2).forward(&Tensor::zeros(&[3, 0])).as_slice(), [0.0; 6]);
    }
}
