//! Training loops whose order of steps is checked at compile time, on a small fast CPU runtime.

mod autograd;
mod broadcast;
mod error;
mod extreme;
mod file;
mod gradcheck;
mod kernel;
mod labels;
mod loss;
mod ops;
mod optim;
mod parameter;
mod random;
mod safetensors;
mod shape;
mod state_dict;
mod storage;
mod tensor;
mod value;

pub use autograd::{NoGradGuard, no_grad, no_grad_guard};
pub use error::{CsvProblem, Error, Misshapen, ModelFileProblem, Result};
pub use labels::Labels;
pub use loss::{
    ClassTarget, CrossEntropy, Huber, SmoothL1, bce_loss, bce_with_logits_loss, cross_entropy, huber_loss,
    kl_div, l1_loss, mse_loss, nll_loss, smooth_l1_loss,
};
pub use ops::{cat, layer_norm, linear, select, stack};
pub use optim::{Adam, AdamW, Optimizer, Sgd};
pub use parameter::Parameter;
pub use random::seed;
pub use state_dict::StateDict;
pub use tensor::Tensor;
#[cfg(feature = "macros")]
pub use training_loop_macros::training_loop;

/// The one number type of the runtime: `f32`, or `f64` under the feature `f64`.
///
/// A concrete type keeps user code short and debug builds quick.
#[cfg(not(feature = "f64"))]
pub type Scalar = f32;
/// The one number type of the runtime: `f32`, or `f64` under the feature `f64`.
///
/// A concrete type keeps user code short and debug builds quick.
#[cfg(feature = "f64")]
pub type Scalar = f64;
/// An array of any number of axes, as tensors are made of and turned into.
pub type Array = ndarray::ArrayD<Scalar>;
