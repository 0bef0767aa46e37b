//! One-dimensional pooling, implemented by the two-dimensional operations.

use super::window::Pool;
use crate::gradcheck::Case;
use crate::{Tensor, adaptive_avg_pool2d, adaptive_max_pool2d, avg_pool2d, max_pool2d};

/// The maximum of each window of a sequence; NaN is greater than everything.
///
/// Each option of [`Pool`] is a pair of numbers. Only the second number is used. `Pool::new(3)` sets
/// both numbers.
///
/// # Shapes
/// `x: [.., length]` → `[.., ol]` with `ol = (length + 2 · padding - dilation · (k - 1) - 1) / stride + 1`,
/// rounded down.
///
/// # Formula
/// As [`max_pool2d`](crate::max_pool2d).
///
/// # Panics
/// If `x` is a scalar, if the window is larger than the padded sequence, or if the padding is more than half
/// a window.
///
/// # Source
/// PyTorch's `max_pool1d`.
///
/// # Example
/// ```
/// use training_loop::{Tensor, max_pool1d};
///
/// assert_eq!(max_pool1d(&Tensor::from([1.0, 3.0, 2.0, 0.0]), 2).as_slice(), [3.0, 2.0]);
/// ```
#[track_caller]
pub fn max_pool1d(x: &Tensor, pool: impl Into<Pool>) -> Tensor {
    let (planes, pool) = (as_planes("max_pool1d", x), of_a_row(pool.into()));
    as_sequences(&max_pool2d(&planes, pool))
}

/// The mean of each window of a sequence. Elements of the padding count as 0.
///
/// Each option of [`Pool`] is a pair of numbers. Only the second number is used. `Pool::new(3)` sets
/// both numbers.
///
/// # Shapes
/// `x: [.., length]` → `[.., ol]` with `ol = (length + 2 · padding - k) / stride + 1`, rounded down.
///
/// # Formula
/// As [`avg_pool2d`](crate::avg_pool2d).
///
/// # Panics
/// If `x` is a scalar, if the window is larger than the padded sequence, if the padding is more than half a
/// window, or if there is a dilation.
///
/// # Source
/// PyTorch's `avg_pool1d`, with its default `count_include_pad`.
///
/// # Example
/// ```
/// use training_loop::{Tensor, avg_pool1d};
///
/// assert_eq!(avg_pool1d(&Tensor::from([1.0, 3.0, 2.0, 0.0]), 2).as_slice(), [2.0, 1.0]);
/// ```
#[track_caller]
pub fn avg_pool1d(x: &Tensor, pool: impl Into<Pool>) -> Tensor {
    let (planes, pool) = (as_planes("avg_pool1d", x), of_a_row(pool.into()));
    as_sequences(&avg_pool2d(&planes, pool))
}

/// Splits each sequence into `output` windows and returns the mean of each window.
///
/// # Shapes
/// `x: [.., length]` → `[.., output]`
///
/// # Formula
/// As [`adaptive_avg_pool2d`](crate::adaptive_avg_pool2d).
///
/// # Panics
/// If `x` is a scalar, or if the sequences or the output are empty.
///
/// # Source
/// PyTorch's `adaptive_avg_pool1d`.
#[track_caller]
pub fn adaptive_avg_pool1d(x: &Tensor, output: usize) -> Tensor {
    as_sequences(&adaptive_avg_pool2d(&as_planes("adaptive_avg_pool1d", x), [1, output]))
}

/// Splits each sequence into `output` windows and returns the maximum of each window.
///
/// # Shapes
/// `x: [.., length]` → `[.., output]`
///
/// # Formula
/// As [`adaptive_max_pool2d`](crate::adaptive_max_pool2d).
///
/// # Panics
/// If `x` is a scalar, or if the sequences or the output are empty.
///
/// # Source
/// PyTorch's `adaptive_max_pool1d`.
#[track_caller]
pub fn adaptive_max_pool1d(x: &Tensor, output: usize) -> Tensor {
    as_sequences(&adaptive_max_pool2d(&as_planes("adaptive_max_pool1d", x), [1, output]))
}

/// Converts the options to options for planes of one row.
fn of_a_row(pool: Pool) -> Pool {
    Pool {
        kernel: [1, pool.kernel[1]],
        stride: [1, pool.stride[1]],
        padding: [0, pool.padding[1]],
        dilation: [1, pool.dilation[1]],
    }
}

/// Reshapes sequences to planes of one row.
#[track_caller]
fn as_planes(op: &str, x: &Tensor) -> Tensor {
    let [lead @ .., length] = x.shape() else { panic!("{op}: the input must be [.., length], and it is a number") };
    x.reshape(&[lead, &[1, *length]].concat())
}

/// Reshapes planes of one row to sequences.
#[track_caller]
fn as_sequences(y: &Tensor) -> Tensor {
    let (lead, last) = y.shape().split_at(y.rank() - 2);
    y.reshape(&[lead, &last[1..]].concat())
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 7]], &[&[5]], &[&[0, 2, 4]]], |x| max_pool1d(&x[0], Pool::new(3).stride(2).padding(1))),
    Case::new(&[&[&[2, 7]]], |x| max_pool1d(&x[0], Pool::new([9, 2]).stride([5, 1]).dilation(3))),
    Case::new(&[&[&[2, 3, 7]], &[&[5]]], |x| avg_pool1d(&x[0], Pool::new(3).stride(2).padding(1))),
    Case::new(&[&[&[2, 3, 7]], &[&[5]]], |x| adaptive_avg_pool1d(&x[0], 3)),
    Case::new(&[&[&[2, 3, 7]], &[&[5]]], |x| adaptive_max_pool1d(&x[0], 3)),
];

#[cfg(test)]
mod tests {
    use super::max_pool1d;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "max_pool1d: the input must be [.., length], and it is a number")]
    fn a_number_has_no_windows() {
        let _ = max_pool1d(&Tensor::from(1.0), 2);
    }
}
