//! Training loops whose order of steps is checked at compile time, on a small fast CPU runtime.

mod error;
mod random;

pub use error::{CsvProblem, Error, Misshapen, ModelFileProblem, Result};
pub use random::seed;
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
