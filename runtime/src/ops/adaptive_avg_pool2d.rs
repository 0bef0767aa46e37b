//! Average pooling to a given output size.

use super::window::{Pair, planes};
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::pool2d::{Means, Spans};
use crate::shape::product;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// Splits each plane into `oh` by `ow` windows and returns the mean of each window.
///
/// # Shapes
/// `x: [.., h, w]` → `[.., oh, ow]` for `output = [oh, ow]`.
///
/// # Formula
/// Window `i` of `n` along an axis of length `l` covers the indices from `⌊i · l / n⌋` (inclusive)
/// to `⌈(i + 1) · l / n⌉` (exclusive). `y` is the mean of the window. `dx` of an element is the sum
/// of `g / count` over the windows that cover the element. `count` is the number of elements of the
/// respective window.
///
/// # Panics
/// If there are fewer than two axes, or if the planes or the output are empty.
///
/// # Source
/// PyTorch's `adaptive_avg_pool2d`.
///
/// # Example
/// ```
/// use training_loop::{Tensor, adaptive_avg_pool2d};
///
/// let x = Tensor::ones(&[2, 3, 7, 5]);
/// assert_eq!(adaptive_avg_pool2d(&x, 1).shape(), [2, 3, 1, 1]);
/// ```
#[track_caller]
pub fn adaptive_avg_pool2d(x: &Tensor, output: impl Into<Pair>) -> Tensor {
    let output = output.into().0;
    let input = planes("adaptive_avg_pool2d", x.shape());
    assert!(
        !input.contains(&0) && !output.contains(&0),
        "adaptive_avg_pool2d: neither the planes {input:?} nor the output {output:?} may be empty"
    );
    let from = x.value().shape().clone();
    let shape = from.with(x.rank() - 2, output[0]).with(x.rank() - 1, output[1]);
    for (length, count) in input.into_iter().zip(output) {
        product("adaptive_avg_pool2d: the ends of the windows", &[length, count.saturating_add(1)]);
    }
    // Without planes there are no windows, even if `output` is not 0.
    let count = |axis: usize| if x.is_empty() { 0 } else { output[axis] };
    let (rows, columns) = (spans(input[0], count(0)), spans(input[1], count(1)));
    let means = Means { input, rows, columns, share: |count: usize| 1.0 / count as Scalar };
    let output = Value::build(shape, |y| means.forward(x.as_slice(), y));
    record(output, [x], move |gradient| {
        [Value::build(from.clone(), |dx| means.gradient(gradient.as_slice(), dx))]
    })
}

/// The start and the end of each of `count` windows along an axis.
#[track_caller]
fn spans(length: usize, count: usize) -> Spans {
    let mut spans = Spans::new();
    assert!(spans.try_reserve_exact(count).is_ok(), "out of memory: adaptive_avg_pool2d has {count} windows");
    spans.extend((0..count).map(|i| (i * length / count, ((i + 1) * length).div_ceil(count))));
    spans
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 4, 6]], &[&[5, 7]], &[&[0, 2, 4, 4]], &[&[1, 1]]], |x| {
        adaptive_avg_pool2d(&x[0], [3, 2])
    }),
    Case::new(&[&[&[2, 7, 6]]], |x| adaptive_avg_pool2d(&x[0], 1)),
];

#[cfg(test)]
mod tests {
    use super::adaptive_avg_pool2d;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "neither the planes [4, 0] nor the output [1, 1] may be empty")]
    fn an_empty_plane_is_refused() {
        let _ = adaptive_avg_pool2d(&Tensor::zeros(&[4, 0]), 1);
    }
}
