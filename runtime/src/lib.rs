//! Training loops whose order of steps is checked at compile time, on a small fast CPU runtime.

mod error;
mod file;
mod random;
mod safetensors;
mod state_dict;

pub use error::{CsvProblem, Error, Misshapen, ModelFileProblem, Result};
pub use random::seed;
pub use state_dict::StateDict;
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

/// An array of any rank, owned.
pub type Array = ndarray::ArrayD<Scalar>;
