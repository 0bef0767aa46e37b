//! Three-dimensional convolution layer.

use std::fmt;

use super::line::{line, sizes, when};
use super::{Field, Module, Visitor, init, trace};
use crate::shape::Shape;
use crate::{Conv3, Parameter, Tensor, Triple, conv3d};

/// Convolves volumes.
///
/// # Shapes
/// `x: [batch, in, d, h, w]`, `weight: [out, in / groups, kd, kh, kw]`, `bias: [out]` →
/// `[batch, out, od, oh, ow]`; see [`conv3d`].
///
/// # Formula
/// The formula of [`conv3d`]. Weight and bias are initialised uniformly over
/// ±1/√(in / groups · kd · kh · kw). [`seed`](crate::seed) determines the draws.
///
/// # Source
/// PyTorch's `nn.Conv3d`, with the same layout and initialisation.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Conv3d::new(3, 8, 3).padding(1).stride([1, 2, 2]);
/// assert_eq!(layer.forward(&Tensor::zeros(&[1, 3, 4, 8, 8])).shape(), [1, 8, 4, 4, 4]);
/// ```
pub struct Conv3d {
    /// `[out, in / groups, kd, kh, kw]`.
    pub weight: Parameter,
    /// The bias of each output channel, `[out]`.
    pub bias: Option<Parameter>,
    options: Conv3,
}

impl Conv3d {
    /// A layer from `inputs` to `outputs` channels with this kernel size.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, kernel: impl Into<Triple>) -> Self {
        let (weight, bias) = parameters(inputs, outputs, &kernel.into().0);
        Self { weight, bias: Some(bias), options: Conv3::new() }
    }

    /// Sets the step between windows, at least 1.
    pub fn stride(self, stride: impl Into<Triple>) -> Self {
        Self { options: self.options.stride(stride), ..self }
    }

    /// Sets the number of zeros that are added on each side of the input.
    pub fn padding(self, padding: impl Into<Triple>) -> Self {
        Self { options: self.options.padding(padding), ..self }
    }

    /// Sets the distance between the taps of a window, at least 1.
    pub fn dilation(self, dilation: impl Into<Triple>) -> Self {
        Self { options: self.options.dilation(dilation), ..self }
    }

    /// Splits the input and output channels into this number of groups. The outputs of a group
    /// depend only on the inputs of the same group. The weight gets the shape
    /// `[out, in / groups, ..]`. The weight and the bias are initialised again.
    ///
    /// # Panics
    /// If `groups` does not divide both the number of input channels and the number of output
    /// channels.
    #[track_caller]
    pub fn groups(self, groups: usize) -> Self {
        let shape = self.weight.shape();
        let (outputs, inputs) = (shape[0], shape[1] * self.options.groups);
        assert!(
            groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups),
            "Conv3d: {groups} groups must divide the {inputs} inputs and the {outputs} outputs"
        );
        let (weight, bias) = parameters(inputs / groups, outputs, &shape[2..]);
        let bias = self.bias.map(|_| bias);
        Self { weight, bias, options: self.options.groups(groups) }
    }

    /// The same layer without a bias.
    pub fn no_bias(self) -> Self {
        Self { bias: None, ..self }
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If the input has a wrong number of channels, or if the padded input is smaller than the
    /// window.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let (weight, bias) = (self.weight.tensor(), self.bias.as_ref().map(Parameter::tensor));
        trace::output(self, conv3d(x, &weight, bias.as_ref(), self.options))
    }
}

/// The weight and the bias of a layer, where `inputs` is the number of input channels per group.
#[track_caller]
fn parameters(inputs: usize, outputs: usize, window: &[usize]) -> (Parameter, Parameter) {
    let shape = Shape::new(&[&[outputs, inputs], window].concat());
    let fan: usize = shape[1..].iter().product();
    let bound = if fan == 0 { 0.0 } else { 1.0 / (fan as f64).sqrt() };
    (init::drawn(&shape, bound), init::drawn(&[outputs], bound))
}

impl Module for Conv3d {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.weight.visit_field("weight", visitor);
        self.bias.visit_field("bias", visitor);
    }
}

impl fmt::Debug for Conv3d {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shape, Conv3 { stride, padding, dilation, groups }) = (self.weight.shape(), self.options);
        let parts = [
            Some(format!("{} -> {}", shape[1] * groups, shape[0])),
            sizes("kernel ", &shape[2..], &[]),
            sizes("stride ", &stride, &[1; 3]),
            sizes("padding ", &padding, &[0; 3]),
            sizes("dilation ", &dilation, &[1; 3]),
            when(groups != 1, &format!("{groups} groups")),
            when(self.bias.is_none(), "no bias"),
        ];
        line(f, "Conv3d", parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "Conv3d: 3 groups must divide the 6 inputs and the 4 outputs")]
    fn groups_must_divide() {
        let _ = Conv3d::new(6, 4, 3).groups(3);
    }
}
