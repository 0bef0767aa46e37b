//! Convolution layers.

use std::fmt;

use super::line::{line, sizes, when};
use super::{Activation, Field, Mode, Module, Visitor, init, trace};
use crate::ops::{conv1d, conv2d};
use crate::shape::Shape;
use crate::{Conv, Padding, Pair, Parameter, Tensor, pad};

/// The code that both convolution layers share. `$size` is the type of a kernel size.
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
            options: Conv,
            padding_mode: Option<Padding>,
            activation: Option<Activation>,
            mode: Mode,
        }

        impl $layer {
            #[track_caller]
            fn start(inputs: usize, outputs: usize, window: &[usize]) -> Self {
                let (weight, bias) = parameters(inputs, outputs, window);
                Self {
                    weight,
                    bias: Some(bias),
                    options: Conv::new(),
                    padding_mode: None,
                    activation: None,
                    mode: Mode::default(),
                }
            }

            /// Sets the step between windows, at least 1.
            pub fn stride(self, stride: $size) -> Self {
                Self { options: self.options.stride(stride), ..self }
            }

            /// Sets the number of zeros that are added on each side of the input, or of the elements of
            /// [`padding_mode`](Self::padding_mode).
            pub fn padding(self, padding: $size) -> Self {
                Self { options: self.options.padding(padding), ..self }
            }

            /// Sets the elements that are added on each side of the input. The default are zeros.
            ///
            /// # Source
            /// PyTorch's `padding_mode`; [`pad`] states how far each mode reaches.
            pub fn padding_mode(self, mode: Padding) -> Self {
                Self { padding_mode: Some(mode).filter(|mode| *mode != Padding::Constant(0.0)), ..self }
            }

            /// Sets the distance between the taps of a window, at least 1.
            pub fn dilation(self, dilation: $size) -> Self {
                Self { options: self.options.dilation(dilation), ..self }
            }

            /// Splits the input and output channels into this number of groups. The outputs of a
            /// group depend only on the inputs of the same group. The weight gets the
            /// shape `[out, in / groups, ..]`. The weight and the bias are initialised again.
            ///
            /// # Panics
            /// If `groups` does not divide both the number of input channels and the number of
            /// output channels.
            #[track_caller]
            pub fn groups(self, groups: usize) -> Self {
                let shape = self.weight.shape();
                let (outputs, inputs) = (shape[0], shape[1] * self.options.groups);
                assert!(
                    groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups),
                    "{}: {groups} groups must divide the {inputs} inputs and the {outputs} outputs",
                    stringify!($layer)
                );
                let (weight, bias) = parameters(inputs / groups, outputs, &shape[2..]);
                let bias = self.bias.map(|_| bias);
                Self { weight, bias, options: self.options.groups(groups), ..self }
            }

            /// The same layer without a bias.
            pub fn no_bias(self) -> Self {
                Self { bias: None, ..self }
            }

            /// Sets the activation that is applied to the output. A ReLU is fused with the bias.
            pub fn activation(self, activation: Activation) -> Self {
                Self { activation: Some(activation), ..self }
            }

            /// Applies the layer.
            ///
            /// # Panics
            /// If the input has a wrong number of channels, or if the padded input is smaller than
            /// the window.
            #[track_caller]
            pub fn forward(&self, x: &Tensor) -> Tensor {
                let (weight, bias) = (self.weight.tensor(), self.bias.as_ref().map(Parameter::tensor));
                let relu = self.activation == Some(Activation::Relu);
                let y = match self.padding_mode {
                    None => $op::convolved(x, &weight, bias.as_ref(), self.options, relu),
                    Some(mode) => {
                        let padded = padded(x, self.options, self.weight.shape().len() - 2, mode);
                        $op::convolved(&padded, &weight, bias.as_ref(), self.options.padding(0), relu)
                    }
                };
                let y = match self.activation {
                    Some(activation) if !relu => activation.apply(&y),
                    _ => y,
                };
                trace::output(self, y)
            }
        }

        impl fmt::Debug for $layer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (shape, Conv { stride, padding, dilation, groups }) = (self.weight.shape(), self.options);
                let parts = [
                    Some(format!("{} -> {}", shape[1] * groups, shape[0])),
                    sizes("kernel ", &shape[2..], &[]),
                    sizes("stride ", &stride, &[1, 1]),
                    sizes("padding ", &padding, &[0, 0]),
                    self.padding_mode.map(|mode| format!("padded by {mode:?}")),
                    sizes("dilation ", &dilation, &[1, 1]),
                    when(groups != 1, &format!("{groups} groups")),
                    when(self.bias.is_none(), "no bias"),
                    self.activation.map(|activation| format!("{activation:?}")),
                ];
                line(f, stringify!($layer), parts)
            }
        }

        impl Module for $layer {
            fn visit(&self, visitor: &mut dyn Visitor) {
                self.weight.visit_field("weight", visitor);
                self.bias.visit_field("bias", visitor);
                self.mode.visit_field("mode", visitor);
            }
        }
    };
}

layer! {
    /// Convolves images.
    ///
    /// # Shapes
    /// `x: [batch, in, h, w]`, `weight: [out, in / groups, kh, kw]`, `bias: [out]` → `[batch, out, oh, ow]`;
    /// see [`conv2d`](crate::conv2d).
    ///
    /// # Formula
    /// The formula of [`conv2d`](crate::conv2d). Weight and bias are initialised uniformly over
    /// ±1/√(in / groups · kh · kw). [`seed`](crate::seed) determines the draws.
    ///
    /// # Source
    /// PyTorch's `nn.Conv2d`, with the same layout and initialisation. The fused activation follows
    /// Keras.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let layer = Conv2d::new(3, 8, 3).padding(1).stride([2, 1]).activation(Activation::Relu);
    /// assert_eq!(layer.forward(&Tensor::zeros(&[5, 3, 16, 16])).shape(), [5, 8, 8, 16]);
    /// ```
    Conv2d, conv2d, "`[out, in / groups, kh, kw]`.", impl Into<Pair>
}

layer! {
    /// Convolves sequences.
    ///
    /// # Shapes
    /// `x: [batch, in, length]`, `weight: [out, in / groups, k]`, `bias: [out]` → `[batch, out, ol]`; see
    /// [`conv1d`](crate::conv1d).
    ///
    /// # Formula
    /// The formula of [`conv1d`](crate::conv1d). Weight and bias are initialised uniformly over
    /// ±1/√(in / groups · k). [`seed`](crate::seed) determines the draws.
    ///
    /// # Source
    /// PyTorch's `nn.Conv1d`, with the same layout and initialisation. The fused activation follows
    /// Keras.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let layer = Conv1d::new(3, 8, 5).padding(2).groups(1);
    /// assert_eq!(layer.forward(&Tensor::zeros(&[5, 3, 40])).shape(), [5, 8, 40]);
    /// ```
    Conv1d, conv1d, "`[out, in / groups, k]`.", usize
}

// The constructors are outside the macro, so that rustc reports wrong arguments at their signature instead of
// inside the macro.

impl Conv2d {
    /// A layer from `inputs` to `outputs` channels with this kernel size.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, kernel: impl Into<Pair>) -> Self {
        Self::start(inputs, outputs, &kernel.into().0)
    }
}

impl Conv1d {
    /// A layer from `inputs` to `outputs` channels with this kernel length.
    ///
    /// # Panics
    /// If the size of the parameters overflows or exceeds memory.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self::start(inputs, outputs, &[kernel])
    }
}

/// The input with the padding of `options` along its last `axes` axes.
#[track_caller]
fn padded(x: &Tensor, options: Conv, axes: usize, mode: Padding) -> Tensor {
    let widths: Vec<usize> = options.padding.iter().rev().take(axes).flat_map(|width| [*width; 2]).collect();
    // A wrong rank is the convolution's error.
    if x.rank() < axes + 1 { x.clone() } else { pad(x, &widths, mode) }
}

/// The weight and the bias of a layer, where `inputs` is the number of input channels per group.
#[track_caller]
fn parameters(inputs: usize, outputs: usize, window: &[usize]) -> (Parameter, Parameter) {
    let shape = Shape::new(&[&[outputs, inputs], window].concat());
    let fan: usize = shape[1..].iter().product();
    let bound = if fan == 0 { 0.0 } else { 1.0 / (fan as f64).sqrt() };
    (init::drawn(&shape, bound), init::drawn(&[outputs], bound))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scalar;

    #[test]
    fn starts_as_pytorch_starts_it() {
        let layer = Conv2d::new(8, 64, [1, 2]).groups(2);
        let weight = layer.weight.value();
        assert_eq!(weight.shape(), [64, 4, 1, 2]);
        let most = |p: &Parameter| p.value().iter().fold(0.0, |most: Scalar, value| most.max(value.abs()));
        let bound = 1.0 / (8.0 as Scalar).sqrt();
        assert!(most(&layer.weight) <= bound && most(&layer.weight) > 0.98 * bound);
        assert!(most(layer.bias.as_ref().unwrap()) <= bound);
        assert!(layer.no_bias().groups(1).bias.is_none());
    }

    #[test]
    fn names_are_those_of_pytorch() {
        let names: Vec<_> =
            Conv1d::new(2, 3, 4).named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["weight", "bias"]);
    }

    #[test]
    fn an_activation_inside_is_the_same_as_one_behind() {
        let x = Tensor::from(ndarray::Array4::from_shape_fn((2, 3, 5, 6), |(a, b, c, d)| {
            ((a * 7 + b * 5 + c * 3 + d) % 11) as Scalar - 5.0
        }));
        let plain = Conv2d::new(3, 4, 3);
        let activation = |with| {
            let layer = Conv2d::new(3, 4, 3).activation(with);
            layer.load_state_dict(&plain.state_dict()).unwrap();
            layer.forward(&x)
        };
        let y = plain.forward(&x);
        assert_eq!(activation(Activation::Relu).as_slice(), y.relu().as_slice());
        assert_eq!(activation(Activation::Tanh).as_slice(), y.tanh().as_slice());
    }

    #[test]
    #[should_panic(expected = "Conv2d: 3 groups must divide the 6 inputs and the 4 outputs")]
    fn groups_must_divide() {
        let _ = Conv2d::new(6, 4, 3).groups(3);
    }
}
