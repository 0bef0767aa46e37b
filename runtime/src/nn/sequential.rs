//! Sequences of layers.

use std::fmt;

use super::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d,
    BatchNorm1d, BatchNorm2d, BatchNorm3d, Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, Dropout,
    Dropout2d, Elu, Field, Flatten, Gelu, GroupNorm, Hardswish, Identity, InstanceNorm1d, InstanceNorm2d,
    InstanceNorm3d, LayerNorm, LeakyRelu, Linear, MaxPool1d, MaxPool2d, Mish, Module, Pad, PixelShuffle,
    PixelUnshuffle, Prelu, Relu, RmsNorm, Sigmoid, Silu, Softplus, Tanh, Upsample, Visitor, trace,
};
use crate::Tensor;

/// A module that maps one tensor to another, as [`Sequential`] requires.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer of a `Sequential`",
    label = "not a layer",
    note = "a layer maps one tensor to one: derive `Module` and implement `Layer`, whose `forward` takes and returns a `Tensor`",
    note = "`Embedding`, `Lstm`, `Gru`, `Rnn` and `MultiheadAttention` take or return more: hold them in a struct with a `forward` of its own"
)]
pub trait Layer: Module + Send + Sync {
    /// Applies the layer.
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor;

    /// Writes the layer for the `Debug` output of a [`Sequential`]. By default this method writes
    /// the layer's type and the shapes of its parameters.
    ///
    /// A layer that implements `Debug` can delegate to `Debug`.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = std::any::type_name::<Self>().split('<').next().unwrap_or_default();
        let mut layer = f.debug_struct(path.rsplit("::").next().unwrap_or_default());
        for (name, parameter) in self.named_parameters() {
            layer.field(&name, &parameter);
        }
        layer.finish()
    }

    /// The layer as a `BuiltIn` if this crate defines its type; `None` for a user-defined layer.
    #[doc(hidden)]
    fn built_in(&self) -> Option<BuiltIn<'_>> {
        None
    }
}

/// Declares `BuiltIn` with the layers of this crate that a `Sequential` can hold.
macro_rules! layers {
    ($($layer:ident),* $(,)?) => {
        /// A layer of this crate, with its concrete type.
        ///
        /// A panic about a wrong shape reports the caller's location. A call through `dyn Layer`
        /// loses this location. A call on the concrete type preserves it.
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

                fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    fmt::Debug::fmt(self, f)
                }

                fn built_in(&self) -> Option<BuiltIn<'_>> {
                    Some(BuiltIn::$layer(self))
                }
            }
        )*
    };
}

layers! {
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d,
    AvgPool2d, BatchNorm1d, BatchNorm2d, BatchNorm3d, Conv1d, Conv2d, Conv3d, ConvTranspose1d,
    ConvTranspose2d, Dropout, Dropout2d, Elu, Flatten, Gelu, GroupNorm, Hardswish, Identity,
    InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, LayerNorm, LeakyRelu, Linear, MaxPool1d,
    MaxPool2d, Mish, Pad, PixelShuffle, PixelUnshuffle, Prelu, Relu, RmsNorm, Sequential, Sigmoid,
    Silu, Softplus, Tanh, Upsample,
}

/// A sequence of layers. `{:?}` and `{:#?}` list the layers.
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
/// assert_eq!(format!("{model:?}"), "Sequential {0: Linear(4 -> 8), 1: Relu, 2: Linear(8 -> 3)}");
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<Box<dyn Layer>>,
}

impl Sequential {
    /// An empty sequence. Its `forward` returns the input unchanged.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a layer.
    pub fn then(mut self, layer: impl Layer + 'static) -> Self {
        self.layers.push(Box::new(layer));
        self
    }

    /// The number of layers.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are no layers.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Applies all layers in order.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let mut output = x.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            let next = match layer.built_in() {
                Some(layer) => layer.forward(&output),
                None => layer.forward(&output),
            };
            output = trace::output_at(self, index, || layer.identity(), next);
        }
        trace::output(self, output)
    }
}

impl Module for Sequential {
    fn visit(&self, visitor: &mut dyn Visitor) {
        for (index, layer) in self.layers.iter().enumerate() {
            layer.visit_field(&index.to_string(), visitor);
        }
    }
}

impl fmt::Debug for Sequential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Described<'a>(&'a dyn Layer);

        impl fmt::Debug for Described<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.describe(f)
            }
        }

        f.write_str("Sequential ")?;
        f.debug_map().entries(self.layers.iter().map(|layer| Described(&**layer)).enumerate()).finish()
    }
}
