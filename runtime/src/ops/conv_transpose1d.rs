//! One-dimensional transposed convolution.

use super::conv_transpose2d::{ConvTranspose, check, conv_transpose2d};
use crate::Tensor;
use crate::gradcheck::Case;
use crate::parameter::InLayer;

/// Transposed convolution of sequences: the derivative of [`conv1d`](crate::conv1d) with respect to
/// its input, as an operation.
///
/// Each option is a pair of numbers. Only the second number is used. `ConvTranspose::new().stride(2)`
/// sets both numbers.
///
/// # Shapes
/// `x: [batch, in, length]`, `weight: [in, out / groups, k]`, `bias: [out]` → `[batch, out, ol]` with
/// `ol = (length - 1) · stride - 2 · padding + dilation · (k - 1) + output_padding + 1`.
///
/// # Formula
/// `y[n, k, i · stride + r · dilation - padding] += w[c, k, r] · x[n, c, i]`, starting from `b[k]`.
///
/// # Panics
/// As [`conv_transpose2d`](crate::conv_transpose2d).
///
/// # Source
/// PyTorch's `conv_transpose1d`.
///
/// # Example
/// ```
/// use training_loop::{ConvTranspose, Tensor, conv_transpose1d};
///
/// let (x, weight) = (Tensor::from([[[1.0, 2.0]]]), Tensor::ones(&[1, 1, 2]));
/// let y = conv_transpose1d(&x, &weight, None, ConvTranspose::new().stride(2));
/// assert_eq!(y.as_slice(), [1.0, 1.0, 2.0, 2.0]);
/// ```
#[track_caller]
pub fn conv_transpose1d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvTranspose,
) -> Tensor {
    let op = InLayer::of("conv_transpose1d", weight);
    let &[batch, channels, length] = x.shape() else {
        panic!("{op}: the input must be [batch, channels, length], and its shape is {:?}", x.shape());
    };
    let &[inputs, outputs, taps] = weight.shape() else {
        panic!(
            "{op}: the weight must be [in, out / groups, taps], and its shape is {:?}",
            weight.shape()
        );
    };
    let along = |pair: [usize; 2], first| [first, pair[1]];
    let options = ConvTranspose {
        stride: along(options.stride, 1),
        padding: along(options.padding, 0),
        output_padding: along(options.output_padding, 0),
        dilation: along(options.dilation, 1),
        ..options
    };
    let (x, weight) = (x.reshape(&[batch, channels, 1, length]), weight.reshape(&[inputs, outputs, 1, taps]));
    let _ = check(op, x.shape(), weight.shape(), bias.map(Tensor::shape), options);
    let y = conv_transpose2d(&x, &weight, bias, options);
    y.reshape(&[batch, y.shape()[1], y.shape()[3]])
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 4], &[3, 2, 3], &[2]], &[&[0, 2, 3], &[2, 1, 2], &[1]]], |x| {
        conv_transpose1d(&x[0], &x[1], Some(&x[2]), ConvTranspose::new())
    }),
    Case::new(&[&[&[2, 4, 3], &[4, 1, 4]]], |x| {
        let options = ConvTranspose::new().stride(3).padding(2).output_padding(1).dilation(2).groups(2);
        conv_transpose1d(&x[0], &x[1], None, options)
    }),
];

#[cfg(test)]
mod tests {
    use super::{ConvTranspose, conv_transpose1d};
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "conv_transpose1d: the input must be [batch, channels, length], and its shape is [3, 4]")]
    fn another_rank_is_named() {
        let _ = conv_transpose1d(&Tensor::zeros(&[3, 4]), &Tensor::zeros(&[3, 2, 3]), None, ConvTranspose::new());
    }
}
