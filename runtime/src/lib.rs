//! Training loops whose order of steps is checked at compile time, on a small fast CPU runtime.

mod autograd;
mod broadcast;
pub mod data;
mod error;
mod evaluation;
mod extreme;
mod file;
mod gradcheck;
mod kernel;
mod labels;
mod loss;
pub mod metric;
pub mod nn;
mod ops;
mod optim;
mod parameter;
pub mod prelude;
#[doc(hidden)]
pub mod private;
mod random;
pub mod run;
mod safetensors;
pub mod schedule;
mod shape;
mod state_dict;
mod storage;
mod tensor;
mod value;

/// A test names this crate as a user does.
#[cfg(test)]
extern crate self as training_loop;

pub use autograd::{NoGradGuard, no_grad, no_grad_guard};
pub use error::{CsvProblem, Error, Misshapen, ModelFileProblem, Result};
pub use evaluation::{Evaluation, evaluation};
pub use labels::Labels;
pub use loss::{
    ClassTarget, CrossEntropy, Huber, SmoothL1, bce_loss, bce_with_logits_loss, cross_entropy, huber_loss,
    kl_div, l1_loss, mse_loss, nll_loss, smooth_l1_loss,
};
/// The crate of the arrays that tensors are made of, in the version that this one uses.
pub use ndarray;
pub use nn::{Module, Visitor};
pub use ops::{cat, layer_norm, linear, select, stack};
pub use optim::{Adam, AdamW, Optimizer, Sgd};
pub use parameter::Parameter;
pub use random::seed;
pub use state_dict::StateDict;
pub use tensor::Tensor;
#[cfg(feature = "macros")]
pub use training_loop_macros::{Module, training_loop};

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
