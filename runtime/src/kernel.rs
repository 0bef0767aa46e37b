//! The fast inner loops, and the only place with `unsafe`.
//!
//! Kernels know slices and sizes; shapes, tensors and the graph are above them.
//! Each has one body that the compiler vectorises for AVX-512, AVX2 and the plain instruction set; which one
//! runs is decided once, from the processor and from `TRAINING_LOOP_SIMD=off`.
#![allow(unsafe_code)]
#![allow(clippy::inline_always)] // A body must be inlined where the instruction set is enabled to use it.

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
