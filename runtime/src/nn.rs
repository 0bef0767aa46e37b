//! Modules, which hold parameters, and the layers.
//!
//! A module only has to list its fields in [`Module::visit`], which `#[derive(Module)]` implements.
//! `forward` is an ordinary method with any arguments.

mod activation;
mod batch_norm;
mod buffer;
mod conv;
mod conv3d;
mod conv_transpose;
mod dropout;
mod embedding;
mod field;
mod flatten;
mod group_norm;
mod gru;
pub mod init;
mod instance_norm;
mod key_value_cache;
mod layer_norm;
mod line;
mod linear;
mod loading;
mod lstm;
pub(crate) mod mode;
mod multihead_attention;
mod pool;
mod recurrent;
mod resize;
mod rms_norm;
mod rnn;
mod scaler;
mod sequential;
pub(crate) mod snapshot;
pub(crate) mod state;
pub(crate) mod trace;
mod transformer;

use std::path::Path;

pub use activation::{
    Activation, Elu, Gelu, Hardswish, Identity, LeakyRelu, Mish, Prelu, Relu, Sigmoid, Silu, Softplus, Tanh,
};
pub use batch_norm::{BatchNorm1d, BatchNorm2d, BatchNorm3d};
pub use buffer::Buffer;
pub use conv::{Conv1d, Conv2d};
pub use conv_transpose::{ConvTranspose1d, ConvTranspose2d};
pub use conv3d::Conv3d;
pub use dropout::{Dropout, Dropout2d};
pub use embedding::Embedding;
pub use field::Field;
pub use flatten::Flatten;
pub use group_norm::GroupNorm;
pub use gru::Gru;
pub use instance_norm::{InstanceNorm1d, InstanceNorm2d, InstanceNorm3d};
pub use key_value_cache::KeyValueCache;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use lstm::Lstm;
pub use mode::Mode;
pub use multihead_attention::MultiheadAttention;
pub use pool::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d,
    MaxPool1d, MaxPool2d,
};
pub use resize::{Pad, PixelShuffle, PixelUnshuffle, Upsample};
pub use rms_norm::RmsNorm;
pub use rnn::Rnn;
pub use scaler::Scaler;
pub use sequential::{Layer, Sequential};
pub use snapshot::Snapshot;
#[doc(hidden)]
pub use trace::ModuleId;
pub use transformer::{TransformerEncoder, TransformerEncoderLayer};

use crate::file::atomic_write;
use crate::{LoadReport, ModelFile, Parameter, Result, StateDict};

/// A model or a part of a model, whose fields a [`Visitor`] can visit.
///
/// `#[derive(Module)]` writes `visit` for a struct of layers; all other methods are provided.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// #[derive(Module)]
/// struct Mlp {
///     hidden: Linear,
///     output: Linear,
/// }
///
/// impl Mlp {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         self.output.forward(&self.hidden.forward(x).relu())
///     }
/// }
///
/// let model = Mlp { hidden: Linear::new(4, 8), output: Linear::new(8, 3) };
/// assert_eq!(model.forward(&Tensor::zeros(&[5, 4])).shape(), [5, 3]);
/// let names: Vec<_> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["hidden.weight", "hidden.bias", "output.weight", "output.bias"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a module",
    label = "not a module",
    note = "derive it: `#[derive(Module)]` above a struct of layers and parameters, and write \
            `fn forward(&self, x: &Tensor) -> Tensor` in an `impl` of its own"
)]
pub trait Module {
    /// Passes each parameter, buffer, mode and inner module to the visitor, in field order.
    fn visit(&self, visitor: &mut dyn Visitor);

    /// The identity of the module, which a summary uses to find the module's outputs. Only pointers implement
    /// this method.
    #[doc(hidden)]
    fn identity(&self) -> ModuleId {
        ModuleId::of(self)
    }

    /// All parameters, each once, in field order.
    fn parameters(&self) -> Vec<Parameter> {
        let mut visitor = state::Parameters::default();
        self.visit(&mut visitor);
        visitor.found
    }

    /// All parameters, with PyTorch's names, such as `hidden.weight` and `layers.0.bias`. A
    /// parameter with several names appears once, under its first name.
    fn named_parameters(&self) -> Vec<(String, Parameter)> {
        let mut parameters: Vec<(String, Parameter)> = Vec::new();
        for (name, entry) in state::entries(self) {
            if let state::Entry::Parameter(parameter) = entry
                && !parameters.iter().any(|(_, other)| other.is_same(&parameter))
            {
                parameters.push((name, parameter));
            }
        }
        parameters
    }

    /// Puts every layer into training mode. In this mode dropout drops elements, and batch norm
    /// uses the batch's statistics. [Frozen](Self::freeze) layers stay in evaluation mode.
    fn train(&self) {
        self.visit(&mut mode::Set(true));
    }

    /// Puts every layer into evaluation mode. [`evaluation`](crate::evaluation) sets evaluation
    /// mode for a scope only.
    fn eval(&self) {
        self.visit(&mut mode::Set(false));
    }

    /// Whether at least one layer is in training mode. New layers are in training mode.
    fn is_training(&self) -> bool {
        mode::modes(self).iter().any(Mode::is_training)
    }

    /// Freezes the module. The parameters of the module get no gradients, and its layers stay in
    /// evaluation mode.
    ///
    /// A later call of `train()` on the module, on an enclosing model or in a generated loop does
    /// not unfreeze the module. Dropout in the module stays off, and batch norm uses the running
    /// statistics without changing them. Gradients still flow through the module to earlier layers.
    /// Existing gradients of the module are removed. Optimizers do not change the module, even if
    /// they were built before the call of `freeze`. A parameter or layer that another module shares
    /// is frozen there too. State dicts do not record whether a parameter is frozen.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// #[derive(Module)]
    /// struct Net {
    ///     encoder: BatchNorm1d,
    ///     head: Linear,
    /// }
    ///
    /// let net = Net { encoder: BatchNorm1d::new(3), head: Linear::new(3, 2) };
    /// net.encoder.freeze();
    /// net.train();
    /// assert!(net.head.is_training() && !net.encoder.is_training());
    /// net.head.forward(&net.encoder.forward(&Tensor::ones(&[4, 3]))).sum().backward();
    /// assert!(net.head.weight.grad().is_some() && net.encoder.weight.grad().is_none());
    /// ```
    fn freeze(&self) {
        self.visit(&mut mode::Freeze(true));
    }

    /// Ends [`freeze`](Self::freeze). All parameters get gradients again, including those whose gradients
    /// were turned off individually. Each layer returns to the mode that the last `train` or `eval` set.
    fn unfreeze(&self) {
        self.visit(&mut mode::Freeze(false));
    }

    /// Removes the gradients of all parameters. The next `backward` writes new gradients.
    ///
    /// Training loops call [`Optimizer::zero_grad`](crate::Optimizer::zero_grad) instead, which
    /// removes the gradients of the optimizer's parameters.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let model = Linear::new(3, 2);
    /// model.forward(&Tensor::ones(&[4, 3])).sum().backward();
    /// model.zero_grad();
    /// assert!(model.weight.grad().is_none());
    /// ```
    #[track_caller]
    fn zero_grad(&self) {
        for parameter in self.parameters() {
            parameter.zero_grad();
        }
    }

    /// A copy of all parameters and buffers, by name.
    fn state_dict(&self) -> StateDict {
        state::entries(self).into_iter().map(|(name, entry)| (name, entry.value())).collect()
    }

    /// Replaces the values of all parameters and buffers, by name.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) lists all names that are missing or unexpected, and
    /// all shapes that differ. After an error the module is unchanged.
    fn load_state_dict(&self, state: &StateDict) -> Result<()> {
        let entries = state::entries(self);
        state::check(&entries, state.iter().map(|(name, value)| (name, value.shape())))?;
        state::set(&entries, state);
        Ok(())
    }

    /// Replaces the values of the parameters and buffers that have the same name and shape in `state`. The
    /// report lists all others, which are unchanged. [`ModelFile::load_into`] does the same with a file.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) if nothing can be loaded.
    fn load_matching(&self, state: &StateDict) -> Result<LoadReport> {
        loading::load_matching(self, state)
    }

    /// Writes all parameters and buffers to a safetensors file, completely or not at all.
    ///
    /// [`StateDict::save`] lists which attributes of a replaced file are kept.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the file cannot be written, or if the path is not a
    /// regular file.
    fn save(&self, path: impl AsRef<Path>) -> Result<()>
    where
        Self: Sized,
    {
        atomic_write(path.as_ref(), |file| state::write_module(self, file))
    }

    /// Reads all parameters and buffers from a safetensors file into a model of the same
    /// architecture: `let model = Net::new(..); model.load(path)?`. This library or PyTorch may
    /// have written the file. For names with a prefix, or a part of the entries, call
    /// [`ModelFile::load_into`].
    ///
    /// # Errors
    /// The errors of [`ModelFile::read`]. If the file belongs to another architecture, the error
    /// lists all differences. After an error the model is unchanged.
    fn load(&self, path: impl AsRef<Path>) -> Result<()>
    where
        Self: Sized,
    {
        ModelFile::new(path).load_into(self).map(drop)
    }
}

/// Receives the fields of a [`Module`], one call per field. By default every method does nothing.
pub trait Visitor {
    /// Receives a parameter and the name of its field.
    fn parameter(&mut self, name: &str, parameter: &Parameter) {
        let _ = (name, parameter);
    }

    /// Receives a value that is saved but not trained, and the name of its field.
    fn buffer(&mut self, name: &str, buffer: &Buffer) {
        let _ = (name, buffer);
    }

    /// Receives the mode of a layer.
    fn mode(&mut self, mode: &Mode) {
        let _ = mode;
    }

    /// Enters the field with this name. All calls until [`leave`](Visitor::leave) are for the
    /// contents of the field.
    fn enter(&mut self, name: &str) {
        let _ = name;
    }

    /// Receives the identity of the module in the field that was entered last, before the module's own
    /// fields.
    #[doc(hidden)]
    fn module(&mut self, identity: ModuleId) {
        let _ = identity;
    }

    /// Leaves the field that was entered last.
    fn leave(&mut self) {}
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<M: Module + ?Sized> Module for $pointer {
            fn visit(&self, visitor: &mut dyn Visitor) {
                (**self).visit(visitor);
            }

            fn identity(&self) -> ModuleId {
                (**self).identity()
            }
        }
    )*};
}

forward!(&M, &mut M, Box<M>, std::sync::Arc<M>);
