//! Layers one after another.

use super::{
    AdaptiveAvgPool2d, AvgPool2d, BatchNorm1d, Conv1d, Conv2d, Dropout, Field, Flatten, Gelu, LayerNorm,
    LeakyRelu, Linear, MaxPool2d, Module, Relu, Sigmoid, Silu, Softplus, Tanh, Visitor,
};
use crate::Tensor;

/// A module that makes one tensor of another, so that it can stand in a [`Sequential`].
pub trait Layer: Module + Send + Sync {
    /// Applies the layer.
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor;

    /// The layer itself, where it is one of ours.
    #[doc(hidden)]
    fn built_in(&self) -> Option<BuiltIn<'_>> {
        None
    }
}

/// Declares what is a layer.
macro_rules! layers {
    ($($layer:ident),* $(,)?) => {
        /// One of our own layers.
        ///
        /// A call through `dyn Layer` loses the caller's line, which a panic about a shape names; a call by the
        /// layer's own type keeps it.
        #[doc(hidden)]
        pub enum BuiltIn<'a> {
            $(#[allow(missing_docs)] $layer(&'a $layer),)*
        }

        impl BuiltIn<'_> {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                match self {
                    $(Self::$layer(layer) => $layer::forward(layer, x),)*
                }
            }
        }

        $(
            impl Layer for $layer {
                #[track_caller]
                fn forward(&self, x: &Tensor) -> Tensor {
                    $layer::forward(self, x)
                }

                fn built_in(&self) -> Option<BuiltIn<'_>> {
                    Some(BuiltIn::$layer(self))
                }
            }
        )*
    };
}

layers! {
    AdaptiveAvgPool2d, AvgPool2d, BatchNorm1d, Conv1d, Conv2d, Dropout, Flatten, Gelu, LayerNorm, LeakyRelu, Linear,
    MaxPool2d, Relu, Sequential, Sigmoid, Silu, Softplus, Tanh,
}

/// Layers one after another.
///
/// # Source
/// PyTorch's `nn.Sequential`, with its names: `0.weight`, `2.bias`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let model = Sequential::new().then(Linear::new(4, 8)).then(Relu).then(Linear::new(8, 3));
/// assert_eq!(model.forward(&Tensor::zeros(&[5, 4])).shape(), [5, 3]);
/// assert_eq!(model.named_parameters()[2].0, "2.weight");
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<Box<dyn Layer>>,
}

impl Sequential {
    /// No layers yet: gives back what it gets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer after the others.
    pub fn then(mut self, layer: impl Layer + 'static) -> Self {
        self.layers.push(Box::new(layer));
        self
    }

    /// How many layers there are.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Applies all layers in order.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let mut output = x.clone();
        for layer in &self.layers {
            output = match layer.built_in() {
                Some(layer) => layer.forward(&output),
                None => layer.forward(&output),
            };
        }
        output
    }
}

impl Module for Sequential {
    fn visit(&self, visitor: &mut dyn Visitor) {
        for (index, layer) in self.layers.iter().enumerate() {
            layer.visit_field(&index.to_string(), visitor);
        }
    }
}

impl std::fmt::Debug for Sequential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sequential").field("layers", &self.layers.len()).finish()
    }
}
