//! The numeric kernels, and the only module with `unsafe`.
//!
//! Kernels operate on slices and sizes, not on shapes, tensors or the graph. The compiler
//! vectorises the body of each kernel in three versions: for AVX-512, for AVX2 and for the target's
//! baseline. The version is selected once, by the processor's features and the variable
//! `TRAINING_LOOP_SIMD`. Processors with other vector extensions, such as ARM's NEON, run the
//! baseline version.
#![allow(unsafe_code)]
#![allow(clippy::inline_always)] // A body must be inlined into the function that enables its instruction set.

pub(crate) mod affine;
pub(crate) mod attention;
pub(crate) mod conv;
pub(crate) mod elementwise;
pub(crate) mod extreme;
pub(crate) mod gelu;
pub(crate) mod gemm;
mod lanes;
mod largest;
pub(crate) mod layer_norm;
pub(crate) mod lines;
pub(crate) mod lookup;
pub(crate) mod lstm;
pub(crate) mod math;
pub(crate) mod optimizer;
pub(crate) mod permute;
pub(crate) mod planes;
pub(crate) mod pool;
pub(crate) mod pool2d;
pub(crate) mod recurrence;
pub(crate) mod reduce;
pub(crate) mod rms_norm;
pub(crate) mod simd;
mod small;
pub(crate) mod softmax;
pub(crate) mod trig;
mod vector;

pub(crate) use elementwise::{copy, fill, map, map_in_place, repeat, share_rows, zip, zip_in_place};
pub(crate) use largest::{copy_and_compare, largest};
pub(crate) use reduce::{add_rows, dot, sum};
