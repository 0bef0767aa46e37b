//! One-dimensional convolution.

use super::conv2d::{self, Conv, check};
use crate::Tensor;
use crate::gradcheck::Case;
use crate::parameter::InLayer;

/// Convolves sequences with a weight.
///
/// Each option is a pair of numbers. Only the second number is used. `Conv::new().stride(2)` sets
/// both numbers.
///
/// # Shapes
/// `x: [batch, in, length]`, `weight: [out, in / groups, k]`, `bias: [out]` → `[batch, out, ol]` with
/// `ol = (length + 2 · padding - dilation · (k - 1) - 1) / stride + 1`, rounded down.
///
/// # Formula
/// `y[n, k, i] = b[k] + Σ w[k, c, r] · x[n, c, i · stride + r · dilation - padding]`
///
/// # Panics
/// As [`conv2d`](crate::conv2d).
///
/// # Source
/// PyTorch's `conv1d`.
///
/// # Example
/// ```
/// use training_loop::{Conv, Tensor, conv1d};
///
/// let (x, weight) = (Tensor::ones(&[1, 1, 5]), Tensor::ones(&[1, 1, 3]));
/// assert_eq!(conv1d(&x, &weight, None, Conv::new().padding(1)).as_slice(), [2.0, 3.0, 3.0, 3.0, 2.0]);
/// ```
#[track_caller]
pub fn conv1d(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, options: Conv) -> Tensor {
    convolved(x, weight, bias, options, false)
}

/// As [`conv1d`]. If `relu` is set, a ReLU is fused into the operation.
#[track_caller]
pub(crate) fn convolved(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: Conv,
    relu: bool,
) -> Tensor {
    let op = InLayer::of("conv1d", weight);
    let (x, weight, options) = as_pictures(x, weight, options);
    let _ = check(op, x.shape(), weight.shape(), bias.map(Tensor::shape), options);
    without_height(&conv2d::convolved(&x, &weight, bias, options, relu))
}

/// Reshapes sequences to images with one row, and adapts the weight and the options to these
/// images.
#[track_caller]
fn as_pictures(x: &Tensor, weight: &Tensor, options: Conv) -> (Tensor, Tensor, Conv) {
    let &[batch, channels, length] = x.shape() else {
        panic!("conv1d: the input must be [batch, channels, length], and its shape is {:?}", x.shape());
    };
    let &[outputs, inputs, taps] = weight.shape() else {
        panic!("conv1d: the weight must be [out, in / groups, taps], and its shape is {:?}", weight.shape());
    };
    let along = |pair: [usize; 2], first| [first, pair[1]];
    let options = Conv {
        stride: along(options.stride, 1),
        padding: along(options.padding, 0),
        dilation: along(options.dilation, 1),
        ..options
    };
    (x.reshape(&[batch, channels, 1, length]), weight.reshape(&[outputs, inputs, 1, taps]), options)
}

/// Reshapes images of one row to sequences.
#[track_caller]
fn without_height(y: &Tensor) -> Tensor {
    let shape = y.shape();
    y.reshape(&[shape[0], shape[1], shape[3]])
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 7], &[2, 3, 3], &[2]], &[&[1, 1, 1], &[1, 1, 1], &[1]]], |x| {
        conv1d(&x[0], &x[1], Some(&x[2]), Conv::new())
    }),
    Case::new(&[&[&[2, 4, 9], &[6, 2, 3]]], |x| {
        conv1d(&x[0], &x[1], None, Conv::new().stride(2).padding(3).dilation(2).groups(2))
    }),
];

#[cfg(test)]
mod tests {
    use super::{Conv, conv1d};
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "conv1d: the input must be [batch, channels, length], and its shape is [3, 4]")]
    fn a_sequence_has_three_axes() {
        let _ = conv1d(&Tensor::zeros(&[3, 4]), &Tensor::zeros(&[1, 3, 2]), None, Conv::new());
    }
}
