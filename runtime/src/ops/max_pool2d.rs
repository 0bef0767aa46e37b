//! Max pooling.

use super::window::{self, Pool};
use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::pool2d::{Windows, max, max_gradient};
use crate::shape::product;
use crate::storage::Bytes;
use crate::value::Value;

/// The maximum of each window of planes; NaN is greater than everything.
///
/// # Shapes
/// `x: [.., h, w]` → `[.., oh, ow]` with `oh = (h + 2 · padding - dilation · (kh - 1) - 1) / stride + 1`, rounded
/// down, and `ow` likewise.
///
/// # Formula
/// `y = max x` over the elements of the window that are not padding. `dx` of an element is the sum
/// of `g` over the windows whose first maximum is the element.
///
/// # Panics
/// If there are fewer than two axes, if the window is larger than the padded plane, or if the padding is more than half
/// a window.
///
/// # Source
/// PyTorch's `max_pool2d`.
///
/// # Example
/// ```
/// use training_loop::{Pool, Tensor, max_pool2d};
///
/// let x = Tensor::from([[1.0, 2.0, 5.0, 0.0], [4.0, 3.0, 1.0, 1.0]]);
/// assert_eq!(max_pool2d(&x, 2).as_slice(), [4.0, 5.0]);
/// assert_eq!(max_pool2d(&x, Pool::new(2).stride(1)).shape(), [1, 3]);
/// ```
#[track_caller]
pub fn max_pool2d(x: &Tensor, pool: impl Into<Pool>) -> Tensor {
    let pool = pool.into();
    let (shape, input, output) = window::pooled("max_pool2d", x.shape(), pool);
    let Pool { kernel, stride, padding, dilation } = pool;
    let windows = Windows { input, output, kernel, stride, padding, dilation };
    let from = x.value().shape().clone();
    let mut taps =
        Bytes::stale(product("max_pool2d: the bytes of the places", &[shape.count(), windows.tap_bytes()]));
    let output = Value::build(shape, |y| max(&windows, x.as_slice(), y, taps.as_mut_slice()));
    record(output, [x], move |gradient| {
        [Value::build(from.clone(), |dx| {
            max_gradient(&windows, gradient.as_slice(), taps.as_slice(), dx);
        })]
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 4, 6]], &[&[5, 7]], &[&[1, 2, 2]], &[&[0, 2, 4, 4]], &[&[2, 1, 17, 34]]], |x| {
        max_pool2d(&x[0], Pool::new(2))
    }),
    Case::new(&[&[&[2, 7, 6]], &[&[1, 1, 3, 2]]], |x| {
        max_pool2d(&x[0], Pool::new([3, 2]).stride([1, 2]).padding(1))
    }),
    Case::new(&[&[&[2, 2, 9, 8]]], |x| {
        max_pool2d(&x[0], Pool::new([2, 3]).stride(1).padding([1, 2]).dilation([3, 2]))
    }),
    Case::new(&[&[&[2, 18, 19]]], |x| max_pool2d(&x[0], Pool::new([17, 18]).stride(1))),
];

#[cfg(test)]
mod tests {
    use super::{Pool, max_pool2d};
    use crate::{Scalar, Tensor};

    #[test]
    fn padding_never_wins_and_a_nan_always_does() {
        let x = Tensor::from(ndarray::Array2::from_elem((3, 3), -5.0));
        assert_eq!(max_pool2d(&x, Pool::new(2).padding(1)).as_slice(), [-5.0; 4]);
        for pool in [Pool::new(2), Pool::new(2).stride(1)] {
            for place in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let mut x = ndarray::Array2::from_elem((2, 2), 1.0);
                x[place] = Scalar::NAN;
                assert!(max_pool2d(&Tensor::from(x), pool).item().is_nan());
            }
        }
        let x = Tensor::from(ndarray::Array2::from_elem((2, 2), Scalar::NEG_INFINITY));
        assert_eq!(max_pool2d(&x, Pool::new(2)).item(), Scalar::NEG_INFINITY);
    }

    #[test]
    fn a_plane_between_the_taps_of_a_window_is_not_seen() {
        let parameter = crate::Parameter::new(ndarray::Array4::ones((1, 1, 1, 1)));
        let y = max_pool2d(&parameter.tensor(), Pool::new(2).stride(1).dilation(3).padding(2));
        assert_eq!(y.as_slice(), [Scalar::NEG_INFINITY; 4]);
        y.sum().backward();
        assert_eq!(parameter.grad().unwrap()[[0, 0, 0, 0]], 0.0);
    }

    #[test]
    fn the_first_of_equals_gets_the_gradient() {
        for (pool, winner) in [(Pool::new(2), 0), (Pool::new(2).stride(1), 0)] {
            let x = crate::Parameter::new(ndarray::Array2::from_elem((2, 2), 3.0));
            max_pool2d(&x.tensor(), pool).sum().backward();
            let gradient = x.grad().unwrap();
            assert!(gradient.iter().enumerate().all(|(i, g)| *g == if i == winner { 1.0 } else { 0.0 }));
        }
    }

    #[test]
    #[should_panic(expected = "max_pool2d: the padding [2, 0] is more than half of the window [3, 2]")]
    fn more_padding_than_half_a_window_is_refused() {
        let _ = max_pool2d(&Tensor::zeros(&[4, 4]), Pool::new([3, 2]).padding([2, 0]));
    }
}
