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
    dispatch!(level(), [F: Fn(Scalar) -> Scalar + Copy] body(input: &[Scalar], output: &mut [Scalar], f: F));
}

/// `values[i] = f(values[i])`
pub(crate) fn map_in_place(values: &mut [Scalar], f: impl Fn(Scalar) -> Scalar + Copy) {
    #[inline(always)]
    fn body<F: Fn(Scalar) -> Scalar + Copy>(values: &mut [Scalar], f: F) {
        for y in values {
            *y = f(*y);
        }
    }
    dispatch!(level(), [F: Fn(Scalar) -> Scalar + Copy] body(values: &mut [Scalar], f: F));
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
    dispatch!(level(), [F: Fn(Scalar, Scalar) -> Scalar + Copy] body(a: &mut [Scalar], b: &[Scalar], f: F));
}

/// `output[i] = f(a[i], b[i])`
pub(crate) fn zip(
    a: &[Scalar],
    b: &[Scalar],
    output: &mut [Scalar],
    f: impl Fn(Scalar, Scalar) -> Scalar + Copy,
) {
    #[inline(always)]
    fn body<F: Fn(Scalar, Scalar) -> Scalar + Copy>(a: &[Scalar], b: &[Scalar], output: &mut [Scalar], f: F) {
        assert!(a.len() == output.len() && b.len() == output.len());
        for ((y, a), b) in output.iter_mut().zip(a).zip(b) {
            *y = f(*a, *b);
        }
    }
    dispatch!(
        level(),
        [F: Fn(Scalar, Scalar) -> Scalar + Copy]
        body(a: &[Scalar], b: &[Scalar], output: &mut [Scalar], f: F)
    );
}

/// The sum of all numbers: sixteen lanes over blocks, the blocks added in double precision.
///
/// The order of additions depends on the length alone.
pub(crate) fn sum(values: &[Scalar]) -> Scalar {
    #[inline(always)]
    fn body(values: &[Scalar]) -> f64 {
        let mut total = 0.0;
        for block in values.chunks(512) {
            let mut lanes = [0.0 as Scalar; 16];
            let mut chunks = block.chunks_exact(16);
            for chunk in &mut chunks {
                for (lane, value) in lanes.iter_mut().zip(chunk) {
                    *lane += *value;
                }
            }
            for (lane, value) in lanes.iter_mut().zip(chunks.remainder()) {
                *lane += *value;
            }
            total += lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>();
        }
        total
    }
    dispatch!(level(), [] body(values: &[Scalar]) -> f64) as Scalar
}

/// `sums[j] += Σ rows[i][j]` for rows of the length of `sums`.
pub(crate) fn add_rows(rows: &[Scalar], sums: &mut [Scalar]) {
    #[inline(always)]
    fn body(rows: &[Scalar], sums: &mut [Scalar]) {
        for row in rows.chunks_exact(sums.len()) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += *value;
            }
        }
    }
    match sums {
        [] => {}
        [total] => *total += sum(rows),
        _ => dispatch!(level(), [] body(rows: &[Scalar], sums: &mut [Scalar])),
    }
}

/// Fills `output` with copies of `row`.
pub(crate) fn repeat(row: &[Scalar], output: &mut [Scalar]) {
    if let [value] = row {
        output.fill(*value);
    } else if !row.is_empty() {
        output.chunks_exact_mut(row.len()).for_each(|to| to.copy_from_slice(row));
    }
}

/// `Σ a[i] b[i]`, added up as in [`sum`].
pub(crate) fn dot(a: &[Scalar], b: &[Scalar]) -> Scalar {
    #[inline(always)]
    fn body(a: &[Scalar], b: &[Scalar]) -> f64 {
        let mut total = 0.0;
        for (a, b) in a.chunks(512).zip(b.chunks(512)) {
            let mut lanes = [0.0 as Scalar; 16];
            let (mut xs, mut ys) = (a.chunks_exact(16), b.chunks_exact(16));
            for (x, y) in (&mut xs).zip(&mut ys) {
                for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
                    *lane += x * y;
                }
            }
            for ((lane, x), y) in lanes.iter_mut().zip(xs.remainder()).zip(ys.remainder()) {
                *lane += *x * *y;
            }
            total += lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>();
        }
        total
    }
    assert_eq!(a.len(), b.len());
    dispatch!(level(), [] body(a: &[Scalar], b: &[Scalar]) -> f64) as Scalar
}
