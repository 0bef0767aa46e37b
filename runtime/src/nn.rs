//! Modules: what holds parameters, and the layers.
//!
//! A module says only what it is made of ([`Module::visit`], which `#[derive(Module)]` writes); its
//! `forward` is an ordinary method with whatever arguments it needs.

mod activation;
mod batch_norm;
mod buffer;
mod conv;
mod dropout;
mod embedding;
mod field;
mod flatten;
pub mod init;
mod layer_norm;
mod linear;
mod lstm;
pub(crate) mod mode;
mod multihead_attention;
mod pool;
mod sequential;
mod state;

use std::path::Path;

pub use activation::{Activation, Gelu, LeakyRelu, Relu, Sigmoid, Silu, Softplus, Tanh};
pub use batch_norm::BatchNorm1d;
pub use buffer::Buffer;
pub use conv::{Conv1d, Conv2d};
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use field::Field;
pub use flatten::Flatten;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use lstm::Lstm;
pub use mode::Mode;
pub use multihead_attention::MultiheadAttention;
pub use pool::{AdaptiveAvgPool2d, AvgPool2d, MaxPool2d};
pub use sequential::{Layer, Sequential};

use crate::{Error, Parameter, Result, StateDict};

/// What a module is made of, told to a [`Visitor`].
///
/// `#[derive(Module)]` writes `visit` for a struct of layers; all else is provided.
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
    note = "derive it: `#[derive(Module)]` on a struct of layers and parameters"
)]
pub trait Module {
    /// Shows the visitor each parameter, buffer, mode and module inside, in the order of fields.
    fn visit(&self, visitor: &mut dyn Visitor);

    /// All parameters, each once, in the order of fields.
    fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        self.visit(&mut state::Parameters(&mut parameters));
        parameters
    }

    /// All parameters, each once under its first name, as PyTorch names them: `hidden.weight`,
    /// `layers.0.bias`.
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

    /// Puts every layer into training mode: dropout drops, batch norm uses the batch's own numbers.
    fn train(&self) {
        self.visit(&mut mode::Set(true));
    }

    /// Puts every layer into evaluation mode. [`evaluation`](crate::evaluation) does so for a scope.
    fn eval(&self) {
        self.visit(&mut mode::Set(false));
    }

    /// Whether any layer is in training mode, as all are when they are made.
    fn is_training(&self) -> bool {
        mode::modes(self).iter().any(Mode::is_training)
    }

    /// A copy of all parameters and buffers by name.
    fn state_dict(&self) -> StateDict {
        state::entries(self).into_iter().map(|(name, entry)| (name, entry.value())).collect()
    }

    /// Takes over all parameters and buffers by name.
    ///
    /// # Errors
    /// [`Error::State`] lists all that is missing, unexpected or of another shape; then nothing
    /// was changed.
    fn load_state_dict(&self, state: &StateDict) -> Result<()> {
        state::load(&state::entries(self), state)
    }

    /// Writes all parameters and buffers into a safetensors file, in full or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] when the system refuses.
    fn save(&self, path: impl AsRef<Path>) -> Result<()>
    where
        Self: Sized,
    {
        self.state_dict().save(path)
    }

    /// Reads all parameters and buffers from a safetensors file, ours or PyTorch's.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or belongs to another architecture: then the error
    /// names all that differs, and the model is as it was.
    fn load(&self, path: impl AsRef<Path>) -> Result<()>
    where
        Self: Sized,
    {
        let path = path.as_ref();
        self.load_state_dict(&StateDict::load(path)?).map_err(|error| match error {
            Error::State { missing, unexpected, misshapen, .. } => {
                Error::State { path: Some(path.to_path_buf()), missing, unexpected, misshapen }
            }
            other => other,
        })
    }
}

/// Sees what a [`Module`] is made of. Every method does nothing unless it is written.
pub trait Visitor {
    /// A parameter, by the name of its field.
    fn parameter(&mut self, name: &str, parameter: &Parameter) {
        let _ = (name, parameter);
    }

    /// A value that is saved but not trained.
    fn buffer(&mut self, name: &str, buffer: &Buffer) {
        let _ = (name, buffer);
    }

    /// A layer's mode.
    fn mode(&mut self, mode: &Mode) {
        let _ = mode;
    }

    /// What comes until [`leave`](Visitor::leave) is inside the field of this name.
    fn enter(&mut self, name: &str) {
        let _ = name;
    }

    /// The end of the field that was entered last.
    fn leave(&mut self) {}
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<M: Module + ?Sized> Module for $pointer {
            fn visit(&self, visitor: &mut dyn Visitor) {
                (**self).visit(visitor);
            }
        }
    )*};
}

forward!(&M, &mut M, Box<M>, std::sync::Arc<M>);
