//! Average pooling.

use super::window::{self, Pool};
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::pool2d::{Means, Spans};
use crate::value::Value;
use crate::{Scalar, Tensor};

/// The mean of each window of planes. Elements of the padding count as 0.
///
/// # Shapes
/// `x: [.., h, w]` → `[.., oh, ow]` with `oh = (h + 2 · padding - kh) / stride + 1`, rounded down, and `ow` likewise.
///
/// # Formula
/// `y = Σ x / (kh · kw)` over the window; `dx` is the sum of `g / (kh · kw)` over the windows that cover the element.
///
/// # Panics
/// If there are fewer than two axes, if the window is larger than the padded plane, if the padding is more than half a
/// window, or if there is a dilation.
///
/// # Source
/// PyTorch's `avg_pool2d`, with its default `count_include_pad`.
///
/// # Example
/// ```
/// use training_loop::{Pool, Tensor, avg_pool2d};
///
/// let x = Tensor::from([[1.0, 2.0], [4.0, 3.0]]);
/// assert_eq!(avg_pool2d(&x, Pool::new(2)).as_slice(), [2.5]);
/// ```
#[track_caller]
pub fn avg_pool2d(x: &Tensor, pool: impl Into<Pool>) -> Tensor {
    let pool = pool.into();
    assert!(
        pool.dilation == [1, 1],
        "avg_pool2d: a mean has no dilation, and it is {:?}; leave it at 1",
        pool.dilation
    );
    let (shape, input, output) = window::pooled("avg_pool2d", x.shape(), pool);
    let spans = |axis: usize| -> Spans {
        if x.is_empty() {
            // Without planes there are no windows, so no size is needed.
            return Spans::new();
        }
        let inside = |place: usize| place.saturating_sub(pool.padding[axis]).min(input[axis]);
        let starts = (0..output[axis]).map(|window| window * pool.stride[axis]);
        starts.map(|start| (inside(start), inside(start + pool.kernel[axis]))).collect()
    };
    let share = 1.0 / (pool.kernel[0] * pool.kernel[1]) as Scalar;
    let means = Means { input, rows: spans(0), columns: spans(1), share: move |_| share };
    let from = x.value().shape().clone();
    let output = Value::build(shape, |y| means.forward(x.as_slice(), y));
    record(output, [x], move |gradient| {
        [Value::build(from.clone(), |dx| means.gradient(gradient.as_slice(), dx))]
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 4, 6]], &[&[5, 7]], &[&[0, 2, 4, 4]]], |x| avg_pool2d(&x[0], Pool::new(2))),
    Case::new(&[&[&[2, 7, 6]], &[&[1, 1, 2, 2]]], |x| {
        avg_pool2d(&x[0], Pool::new([3, 2]).stride([1, 3]).padding(1))
    }),
];

#[cfg(test)]
mod tests {
    use super::{Pool, avg_pool2d};
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "avg_pool2d: a mean has no dilation")]
    fn a_dilation_is_refused() {
        let _ = avg_pool2d(&Tensor::zeros(&[4, 4]), Pool::new(2).dilation(2));
    }
}
