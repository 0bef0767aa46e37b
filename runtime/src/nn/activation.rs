//! Activations as layers, for [`Sequential`](super::Sequential).

use std::fmt;

use super::line::line;
use super::{Field, Module, Visitor, trace};
use crate::{Parameter, Scalar, Tensor};

/// An activation that a layer applies to its output. It is set by the method `activation` of a
/// layer, such as `Linear::activation` or `Conv2d::activation`.
///
/// # Source
/// The argument `activation` of Keras' layers.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Conv2d::new(1, 4, 3).activation(Activation::Relu);
/// assert!(layer.forward(&Tensor::ones(&[1, 1, 5, 5])).as_slice().iter().all(|y| *y >= 0.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activation {
    /// `max(x, 0)`
    Relu,
    /// The hyperbolic tangent, which maps to (-1, 1).
    Tanh,
    /// The logistic function, which maps to (0, 1).
    Sigmoid,
    /// `x Φ(x)`, with the standard normal distribution function `Φ`.
    Gelu,
    /// `x σ(x)`, with the sigmoid `σ`.
    Silu,
}

impl Activation {
    /// Applies the activation as a separate operation.
    #[track_caller]
    pub fn apply(self, x: &Tensor) -> Tensor {
        match self {
            Self::Relu => x.relu(),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => x.sigmoid(),
            Self::Gelu => x.gelu(),
            Self::Silu => x.silu(),
        }
    }
}

macro_rules! activations {
    ($($(#[$doc:meta])* $layer:ident => $method:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Shapes
        /// `x: [..]` → `[..]`
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $layer;

        impl $layer {
            /// Applies the layer.
            #[track_caller]
            pub fn forward(&self, x: &Tensor) -> Tensor {
                trace::output(self, x.$method())
            }
        }

        impl Module for $layer {
            fn visit(&self, _: &mut dyn Visitor) {}
        }
    )*};
}

activations! {
    /// `max(x, 0)`; [`Tensor::relu`] as a layer.
    Relu => relu;
    /// The hyperbolic tangent, which maps to (-1, 1); [`Tensor::tanh`] as a layer.
    Tanh => tanh;
    /// The logistic function, which maps to (0, 1); [`Tensor::sigmoid`] as a layer.
    Sigmoid => sigmoid;
    /// `x Φ(x)`, with the standard normal distribution function `Φ`; [`Tensor::gelu`] as a layer.
    Gelu => gelu;
    /// `x σ(x)`, with the sigmoid `σ`; [`Tensor::silu`] as a layer.
    Silu => silu;
    /// A smooth ReLU; [`Tensor::softplus`] as a layer.
    Softplus => softplus;
    /// `x tanh(softplus(x))`; [`Tensor::mish`] as a layer.
    Mish => mish;
    /// A piecewise approximation of `Silu`; [`Tensor::hardswish`] as a layer.
    Hardswish => hardswish;
    /// Returns its input unchanged; a placeholder in a model with exchangeable parts.
    Identity => clone;
}

/// Keeps positive elements and multiplies the others by a factor; [`Tensor::leaky_relu`] as a layer.
///
/// # Shapes
/// `x: [..]` → `[..]`
#[derive(Clone, Copy)]
pub struct LeakyRelu(pub Scalar);

impl LeakyRelu {
    /// Applies the layer.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        trace::output(self, x.leaky_relu(self.0))
    }
}

impl Module for LeakyRelu {
    fn visit(&self, _: &mut dyn Visitor) {}
}

impl fmt::Debug for LeakyRelu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "LeakyRelu", [Some(self.0.to_string())])
    }
}

/// Keeps positive elements and maps the others smoothly to `(-alpha, 0]`; [`Tensor::elu`] as a layer.
/// PyTorch's default is `Elu(1.0)`.
///
/// # Shapes
/// `x: [..]` → `[..]`
#[derive(Clone, Copy)]
pub struct Elu(pub Scalar);

impl Elu {
    /// Applies the layer.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        trace::output(self, x.elu(self.0))
    }
}

impl Module for Elu {
    fn visit(&self, _: &mut dyn Visitor) {}
}

impl fmt::Debug for Elu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "Elu", [Some(self.0.to_string())])
    }
}

/// A leaky ReLU with learned slopes; [`Tensor::prelu`] as a layer.
///
/// # Shapes
/// `x: [n, channels, ..]` → the shape of `x`; with one slope `x` may have any shape.
///
/// # Formula
/// `y = x` where `x > 0`, else `weight · x`. The slopes are initialised to 0.25.
///
/// # Source
/// He et al. 2015; PyTorch's `nn.PReLU`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// assert_eq!(Prelu::new(1).forward(&Tensor::from([-4.0, 4.0])).as_slice(), [-1.0, 4.0]);
/// ```
pub struct Prelu {
    /// The slopes, `[channels]` or `[1]`.
    pub weight: Parameter,
}

impl Prelu {
    /// A layer with `slopes` slopes: 1, or the number of channels.
    ///
    /// # Panics
    /// If the size of the weight overflows or exceeds memory.
    #[track_caller]
    pub fn new(slopes: usize) -> Self {
        Self { weight: Parameter::filled(&[slopes], 0.25) }
    }

    /// Applies the layer.
    ///
    /// # Panics
    /// If the number of slopes is neither 1 nor the number of channels.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        trace::output(self, x.prelu(&self.weight.tensor()))
    }
}

impl Module for Prelu {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.weight.visit_field("weight", visitor);
    }
}

impl fmt::Debug for Prelu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "Prelu", [Some(self.weight.len().to_string())])
    }
}
