//! Loops over one or two slices of equal length.

use super::simd::{dispatch, level};
use crate::Scalar;

/// `output[i] = f(input[i])`
pub(crate) fn map(input: &[Scalar], output: &mut [Scalar], f: impl Fn(Scalar) -> Scalar + Copy) {
    #[inline(always)]
    fn body<F: Fn(Scalar) -> Scalar + Copy>(input: &[Scalar], output: &mut [Scalar], f: F) {
        assert_eq!(input.len(), output.len());
        for (y, x) in output.iter_mut().zip(input) {
            *y = f(*x);
        }
    }
    dispatch!(level(), [F: Fn(Scalar) -> Scalar + Copy] body(input: &[Scalar], output: &mut [Scalar], f: F))
}

/// `values[i] = f(values[i])`
pub(crate) fn map_in_place(values: &mut [Scalar], f: impl Fn(Scalar) -> Scalar + Copy) {
    #[inline(always)]
    fn body<F: Fn(Scalar) -> Scalar + Copy>(values: &mut [Scalar], f: F) {
        for y in values {
            *y = f(*y);
        }
    }
    dispatch!(level(), [F: Fn(Scalar) -> Scalar + Copy] body(values: &mut [Scalar], f: F))
}

/// `a[i] = f(a[i], b[i])`
pub(crate) fn zip_in_place(a: &mut [Scalar], b: &[Scalar], f: impl Fn(Scalar, Scalar) -> Scalar + Copy) {
    #[inline(always)]
    fn body<F: Fn(Scalar, Scalar) -> Scalar + Copy>(a: &mut [Scalar], b: &[Scalar], f: F) {
        assert_eq!(a.len(), b.len());
        for (y, x) in a.iter_mut().zip(b) {
            *y = f(*y, *x);
        }
    }
    dispatch!(level(), [F: Fn(Scalar, Scalar) -> Scalar + Copy] body(a: &mut [Scalar], b: &[Scalar], f: F))
}
