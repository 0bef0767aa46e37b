//! Softmax of rows, in the form that neither overflows nor loses small probabilities.

use super::math::exp;
use super::simd::{dispatch, level};
use crate::Scalar;

/// Writes `exp(x - max x) / z` of one row to `output`, and gives `(max x, ln z)`.
///
/// Their sum is the log of the sum of `exp x`; added up it would lose the digits of `ln z` where `max x` is large.
pub(crate) fn softmax_row(x: &[Scalar], output: &mut [Scalar]) -> (Scalar, Scalar) {
    #[inline(always)]
    fn body(x: &[Scalar], output: &mut [Scalar]) -> (Scalar, Scalar) {
        assert_eq!(x.len(), output.len());
        let max = x.iter().copied().fold(Scalar::NEG_INFINITY, |a, b| if b > a { b } else { a });
        for (y, x) in output.iter_mut().zip(x) {
            *y = exp(*x - max);
        }
        let mut total = 0.0;
        for y in &*output {
            total += *y;
        }
        let scale = 1.0 / total;
        for y in output {
            *y *= scale;
        }
        (max, total.ln())
    }
    dispatch!(level(), [] body(x: &[Scalar], output: &mut [Scalar]) -> (Scalar, Scalar))
}

/// Calls `row` on each line of numbers along the middle of `[outer, length, inner]`: in place where they lie
/// side by side, through copies where they do not.
pub(crate) fn lanes<const N: usize>(
    (outer, length, inner): (usize, usize, usize),
    inputs: [&[Scalar]; N],
    output: &mut [Scalar],
    mut row: impl FnMut([&[Scalar]; N], &mut [Scalar]),
) {
    if output.is_empty() {
        return;
    }
    if inner == 1 {
        for (number, to) in output.chunks_exact_mut(length).enumerate() {
            row(inputs.map(|input| &input[number * length..][..length]), to);
        }
        return;
    }
    let mut copies: [Vec<Scalar>; N] = std::array::from_fn(|_| vec![0.0; length]);
    let mut result = vec![0.0; length];
    for start in (0..outer).flat_map(|o| (0..inner).map(move |i| o * length * inner + i)) {
        for (copy, input) in copies.iter_mut().zip(inputs) {
            for (i, to) in copy.iter_mut().enumerate() {
                *to = input[start + i * inner];
            }
        }
        row(std::array::from_fn(|n| &copies[n][..]), &mut result);
        for (i, from) in result.iter().enumerate() {
            output[start + i * inner] = *from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::softmax_row;

    #[test]
    fn large_numbers_and_small_shares() {
        let mut y = [0.0; 3];
        assert_eq!(softmax_row(&[1000.0, 1000.0, -1000.0], &mut y), (1000.0, (2.0 as crate::Scalar).ln()));
        assert_eq!(y, [0.5, 0.5, 0.0]);
    }
}
