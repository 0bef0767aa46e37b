//! The numeric kernels, and the only module with `unsafe`.
//!
//! Kernels take slices and sizes; they know no shapes, tensors or graph.
//! Each kernel has one body, which the compiler vectorises for AVX-512, for AVX2 and for the target's
//! baseline. The version is chosen once, from the processor's features and `TRAINING_LOOP_SIMD=off`. Other
//! vector extensions, ARM's NEON among them, have no version of their own: processors with those run the
//! baseline.
#![allow(unsafe_code)]
#![allow(clippy::inline_always)] // A body must be inlined into the function that enables its instruction set.

pub(crate) mod affine;
pub(crate) mod attention;
pub(crate) mod conv;
pub(crate) mod elementwise;
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
pub(crate) mod pool;
pub(crate) mod pool2d;
pub(crate) mod reduce;
pub(crate) mod simd;
mod small;
pub(crate) mod softmax;
mod vector;

pub(crate) use elementwise::{copy, fill, map, map_in_place, repeat, share_rows, zip, zip_in_place};
pub(crate) use largest::{copy_and_compare, largest};
pub(crate) use reduce::{add_rows, dot, sum};
