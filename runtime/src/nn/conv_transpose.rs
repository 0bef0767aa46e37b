//! Transposed convolution layers.

use std::fmt;

use super::line::{line, sizes, when};
use super::{Field, Module, Visitor, init, trace};
use crate::shape::{Shape, product};
use crate::{ConvTranspose, Pair, Parameter, Tensor, conv_transpose1d, conv_transpose2d};

/// The code that both layers share. `$size` is the type of a kernel size.
macro_rules! layer {
    (
        $(#[$doc:meta])* $layer:ident, $op:ident, $shape:literal, $size:ty
    ) => {
        $(#[$doc])*
        pub struct $layer {
            #[doc = $shape]
            pub weight: Parameter,
            /// The bias of each output channel, `[out]`.
            pub bias: Option<Parameter>,
            options: ConvTranspose,
        }

        impl $layer {
            #[track_caller]
            fn start(inputs: usize, outputs: usize, window: &[usize]) -> Self {
                let (weight, bias) = parameters(inputs, outputs, 1, window);
                Self { weight, bias: Some(bias), options: ConvTranspose::new() }
            }

            /// Sets the distance between the windows in the output, at least 1.
            pub fn stride(self, stride: $size) -> Self {
                Self { options: self.options.stride(stride), ..self }
            }

            /// Sets the number of elements that are removed on each side of the output.
            pub fn padding(self, padding: $size) -> Self {
                Self { options: self.options.padding(padding), ..self }
            }

            /// Sets the number of elements that are added at the end of each axis of the output,
            /// less than the stride or the dilation.
            pub fn output_padding(self, padding: $size) -> Self {
                Self { options: self.options.output_padding(padding), ..self }
            }

            /// Sets the distance between the taps of a window, at least 1.
            pub fn dilation(self, dilation: $size) -> Self {
                Self { options: self.options.dilation(dilation), ..self }
            }

            /// Splits the input and output channels into this number of groups. The outputs of a
            /// group depend only on the inputs of the same group. The weight gets the
            /// shape `[in, out / groups, ..]`. The weight and the bias are initialised again.
            ///
            /// # Panics
            /// If `groups` does not divide both the number of input channels and the number of
            /// output channels.
            #[track_caller]
            pub fn groups(self, groups: usize) -> Self {
                let shape = self.weight.shape();
                let (inputs, outputs) = (shape[0], shape[1] * self.options.groups);
                assert!(
                    groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups),
                    "{}: {groups} groups must divide the {inputs} inputs and the {outputs} outputs",
                    stringify!($layer)
                );
                let (weight, bias) = parameters(inputs, outputs, groups, &shape[2..]);
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
            /// If the input has a wrong number of channels, or if the options leave no output.
            #[track_caller]
            pub fn forward(&self, x: &Tensor) -> Tensor {
                let (weight, bias) = (self.weight.tensor(), self.bias.as_ref().map(Parameter::tensor));
                trace::output(self, $op(x, &weight, bias.as_ref(), self.options))
            }
        }

        impl fmt::Debug for $layer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let shape = self.weight.shape();
                let ConvTranspose { stride, padding, output_padding, dilation, groups } = self.options;
                let parts = [
                    Some(format!("{} -> {}", shape[0], shape[1] * groups)),
                    sizes("kernel ", &shape[2..], &[]),
                    sizes("stride ", &stride, &[1, 1]),
                    sizes("padding ", &padding, &[0, 0]),
                    sizes("output padding ", &output_padding, &[0, 0]),
                    sizes("dilation ", &dilation, &[1, 1]),
                    when(groups != 1, &format!("{groups} groups")),
                    when(self.bias.is_none(), "no bias"),
                ];
                line(f, stringify!($layer), parts)
            }
        }

        impl Module for $layer {
            fn visit(&self, visitor: &mut dyn Visitor) {
                self.weight.visit_field("weight", visitor);
                self.bias.visit_field("bias", visitor);
            }
        }
    };
}

layer! {
    /// Transposed convolution of images, which increases their resolution if it has a stride.
    ///
    /// # Shapes
    /// `x: [batch, in, h, w]`, `weight: [in, out / groups, kh, kw]`, `bias: [out]` → `[batch, out, oh, ow]`;
    /// see [`conv_transpose2d`](crate::conv_transpose2d).
    ///
    /// # Formula
    /// The formula of [`conv_transpose2d`](crate::conv_transpose2d). Weight and bias are initialised
    /// uniformly over ±1/√(out / groups · kh · kw). [`seed`](crate::seed) determines the draws.
    ///
    /// # Source
    /// PyTorch's `nn.ConvTranspose2d`, with the same layout and initialisation.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let layer = ConvTranspose2d::new(3, 8, 4).stride(2).padding(1);
    /// assert_eq!(layer.forward(&Tensor::zeros(&[5, 3, 16, 16])).shape(), [5, 8, 32, 32]);
    /// ```
    ConvTranspose2d, conv_transpose2d, "`[in, out / groups, kh, kw]`.", impl Into<Pair>
}

layer! {
    /// Transposed convolution of sequences, which makes them longer if it has a stride.
    ///
    /// # Shapes
    /// `x: [batch, in, length]`, `weight: [in, out / groups, k]`, `bias: [out]` → `[batch, out, ol]`; see
    /// [`conv_transpose1d`](crate::conv_transpose1d).
    ///
    /// # Formula
    /// The formula of [`conv_transpose1d`](crate::conv_transpose1d). Weight and bias are initialised
    /// uniformly over ±1/√(out / groups · k). [`seed`](crate::seed) determines the draws.
    ///
    /// # Source
    /// PyTorch's `nn.ConvTranspose1d`, with the same layout and initialisation.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let layer = ConvTranspose1d::new(3, 8, 4).stride(2).padding(1);
    /// assert_eq!(layer.forward(&Tensor::zeros(&[5, 3, 16])).shape(), [5, 8, 32]);
    /// ```
    ConvTranspose1d, conv_transpose1d, "`[in, out / groups, k]`.", usize
}

impl ConvTranspose2d {
    /// A layer from `inputs` to `outputs` channels with this kernel size.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, kernel: impl Into<Pair>) -> Self {
        Self::start(inputs, outputs, &kernel.into().0)
    }
}

impl ConvTranspose1d {
    /// A layer from `inputs` to `outputs` channels with this kernel length.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self::start(inputs, outputs, &[kernel])
    }
}

/// The weight and the bias of a layer.
#[track_caller]
fn parameters(inputs: usize, outputs: usize, groups: usize, window: &[usize]) -> (Parameter, Parameter) {
    let shape = Shape::new(&[&[inputs, outputs / groups], window].concat());
    let fan = product("the inputs of an output", &shape[1..]);
    let bound = if fan == 0 { 0.0 } else { 1.0 / (fan as f64).sqrt() };
    (init::drawn(&shape, bound), init::drawn(&[outputs], bound))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scalar;

    #[test]
    fn starts_as_pytorch_starts_it() {
        let layer = ConvTranspose2d::new(64, 8, [1, 2]).groups(2);
        assert_eq!(layer.weight.shape(), [64, 4, 1, 2]);
        let most = |p: &Parameter| p.value().iter().fold(0.0, |most: Scalar, value| most.max(value.abs()));
        let bound = 1.0 / (8.0 as Scalar).sqrt();
        assert!(most(&layer.weight) <= bound && most(&layer.weight) > 0.98 * bound);
        assert!(most(layer.bias.as_ref().unwrap()) <= bound);
        assert!(layer.no_bias().groups(1).bias.is_none());
        let names: Vec<_> =
            ConvTranspose1d::new(2, 3, 4).named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["weight", "bias"]);
    }

    #[test]
    #[should_panic(expected = "ConvTranspose2d: 3 groups must divide the 6 inputs and the 4 outputs")]
    fn groups_must_divide() {
        let _ = ConvTranspose2d::new(6, 4, 3).groups(3);
    }
}
