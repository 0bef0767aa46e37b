//! Activations as layers, for [`Sequential`](super::Sequential).

use std::fmt;

use super::line::line;
use super::{Module, Visitor, trace};
use crate::{Scalar, Tensor};

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
