//! Two-dimensional convolution.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::{
    add_rows,
    conv::{self, Finish, Sizes},
};
use crate::storage::Buffer;
use crate::shape;
use crate::parameter::InLayer;
use crate::value::Value;
use crate::{Pair, Pool, Tensor};

/// The options of a convolution: by default stride 1, no padding, dilation 1 and one group.
///
/// An option is one number for both axes, or `[height, width]`.
///
/// # Example
/// ```
/// use training_loop::{Conv, Tensor, conv2d};
///
/// let (x, weight) = (Tensor::ones(&[1, 4, 8, 6]), Tensor::ones(&[2, 2, 3, 3]));
/// let options = Conv::new().stride(2).padding([1, 0]).groups(2);
/// assert_eq!(conv2d(&x, &weight, None, options).shape(), [1, 2, 4, 2]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
    pub(crate) dilation: [usize; 2],
    pub(crate) groups: usize,
}

impl Conv {
    /// Default options: stride 1, no padding, dilation 1, one group.
    pub fn new() -> Self {
        Self { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }
    }

    /// Sets the step between windows, at least 1.
    pub fn stride(self, stride: impl Into<Pair>) -> Self {
        Self { stride: stride.into().0, ..self }
    }

    /// Sets the number of zeros that are added on each side of the input.
    pub fn padding(self, padding: impl Into<Pair>) -> Self {
        Self { padding: padding.into().0, ..self }
    }

    /// Sets the distance between the taps of a window, at least 1.
    pub fn dilation(self, dilation: impl Into<Pair>) -> Self {
        Self { dilation: dilation.into().0, ..self }
    }

    /// Sets the number of groups. Each group has its own input channels and outputs.
    pub fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }
}

impl Default for Conv {
    fn default() -> Self {
        Self::new()
    }
}

/// Convolves images with a weight.
///
/// # Shapes
/// `x: [batch, in, h, w]`, `weight: [out, in / groups, kh, kw]`, `bias: [out]` → `[batch, out, oh, ow]` with
/// `oh = (h + 2 · padding - dilation · (kh - 1) - 1) / stride + 1`, rounded down, and `ow` likewise.
///
/// # Formula
/// `y[n, k, i] = b[k] + Σ w[k, c, r] · x[n, c, i · stride + r · dilation - padding]`. The sum is
/// over the channels `c` in the group of `k` and over the taps `r` of the window. Elements outside
/// the image count as 0. If the window is 3 by 3, the stride is 1 and there are many channels,
/// Winograd's scheme F(4×4, 3×3) is used, which rounds differently. The error of an output element
/// is less than `1e-5` times the largest output element of the same image.
///
/// # Panics
/// If the shapes do not fit, if a stride or a dilation is 0, or if the window is larger than the padded image.
///
/// # Source
/// PyTorch's `conv2d`; Lavin and Gray 2015 for Winograd's scheme.
///
/// # Example
/// ```
/// use training_loop::{Conv, Tensor, conv2d};
///
/// let (x, weight) = (Tensor::ones(&[1, 1, 3, 3]), Tensor::ones(&[1, 1, 2, 2]));
/// assert_eq!(conv2d(&x, &weight, None, Conv::new()).as_slice(), [4.0; 4]);
/// ```
#[track_caller]
pub fn conv2d(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, options: Conv) -> Tensor {
    convolved(x, weight, bias, options, false)
}

/// As [`conv2d`]. If `relu` is set, a ReLU is fused into the operation.
#[track_caller]
pub(crate) fn convolved(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: Conv,
    relu: bool,
) -> Tensor {
    let sizes = check(InLayer::of("conv2d", weight), x.shape(), weight.shape(), bias.map(Tensor::shape), options);
    let (input, w) = (x.value().clone(), weight.value().clone());
    let planes = sizes.groups * sizes.outputs;
    let output = Value::build([sizes.batch, planes, sizes.output[0], sizes.output[1]], |y| {
        let finish = Finish { bias: bias.map(|bias| bias.value().as_slice()), relu };
        let mut workspace = Buffer::stale(conv::forward_workspace(&sizes));
        conv::forward(&sizes, input.as_slice(), w.as_slice(), finish, y, workspace.as_mut_slice());
    });
    let needs = [x.requires_grad(), weight.requires_grad(), bias.is_some_and(Tensor::requires_grad)];
    let kept = relu.then(|| output.clone());
    let backward = move |mut gradient: Value| {
        let db = (relu || needs[2]).then(|| {
            let mut sums = Buffer::stale(sizes.batch * planes);
            // Without a ReLU the gradient is not changed, because other tensors may share the
            // gradient.
            match &kept {
                Some(y) => {
                    conv::mask_and_sum(&sizes, gradient.make_mut(), y.as_slice(), sums.as_mut_slice());
                }
                None => conv::sum_planes(&sizes, gradient.as_slice(), sums.as_mut_slice()),
            }
            let mut db = Value::filled([planes], 0.0);
            add_rows(sums.as_slice(), db.make_mut());
            db
        });
        let stale = |value: &Value| Buffer::stale(value.len());
        let (mut dx, mut dw) = (needs[0].then(|| stale(&input)), needs[1].then(|| stale(&w)));
        let mut workspace = Buffer::stale(conv::backward_workspace(&sizes, needs[0], needs[1]));
        conv::backward(
            &sizes,
            [input.as_slice(), gradient.as_slice(), w.as_slice()],
            dx.as_mut().map(Buffer::as_mut_slice),
            dw.as_mut().map(Buffer::as_mut_slice),
            workspace.as_mut_slice(),
        );
        let dx = dx.map(|dx| Value::new(input.shape().clone(), dx));
        let dw = dw.map(|dw| Value::new(w.shape().clone(), dw));
        [dx, dw, db.filter(|_| needs[2])]
    };
    match bias {
        Some(bias) => record(output, [x, weight, bias], backward),
        None => record(output, [x, weight], move |gradient| {
            let [dx, dw, _] = backward(gradient);
            [dx, dw]
        }),
    }
}

/// The sizes of a convolution of `x`. Panics with a description of the mismatch if the shapes do
/// not fit.
#[track_caller]
pub(crate) fn check(
    op: InLayer<'_>,
    x: &[usize],
    weight: &[usize],
    bias: Option<&[usize]>,
    options: Conv,
) -> Sizes {
    let Conv { stride, padding, dilation, groups } = options;
    let &[batch, channels, height, width] = x else {
        let help = match x {
            [_, _, _] => {
                "; with one channel write `x.reshape(&[x.shape()[0], 1, x.shape()[1], x.shape()[2]])`"
            }
            _ => "",
        };
        panic!("{op}: the input must be [batch, channels, height, width], and its shape is {x:?}{help}");
    };
    let &[outputs, per_group, kernel_height, kernel_width] = weight else {
        panic!("{op}: the weight must be [out, in / groups, height, width], and its shape is {weight:?}");
    };
    assert!(
        groups > 0 && channels.is_multiple_of(groups) && outputs.is_multiple_of(groups),
        "{op}: {groups} groups must divide the {channels} channels of the input {x:?} and the {outputs} outputs of the \
         weight {weight:?}"
    );
    let needed = shape::product("the channels of the weight", &[per_group, groups]);
    assert!(
        channels == needed,
        "{op}: the input {x:?} has {channels} channels, and the weight {weight:?} with `groups({groups})` needs {needed}; \
         build the layer for {channels}, or `permute` the input to [batch, channels, ..]"
    );
    if let Some(bias) = bias {
        assert!(
            bias == [outputs],
            "{op}: the bias has the shape {bias:?}, and the weight {weight:?} needs [{outputs}]"
        );
    }
    let (input, kernel) = ([height, width], [kernel_height, kernel_width]);
    let output = super::window::fit(op.name(), input, Pool { kernel, stride, padding, dilation }).output;
    Sizes {
        batch,
        groups,
        channels: per_group,
        outputs: outputs / groups,
        input,
        output,
        kernel,
        stride,
        padding,
        dilation,
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        &[
            &[&[2, 3, 5, 4], &[2, 3, 3, 2], &[2]],
            &[&[1, 1, 1, 1], &[1, 1, 1, 1], &[1]],
            &[&[2, 2, 3, 3], &[1, 2, 3, 3], &[1]],
            &[&[0, 2, 4, 4], &[3, 2, 2, 2], &[3]],
            &[&[2, 2, 4, 4], &[0, 2, 2, 2], &[0]],
            &[&[1, 1, 13, 12], &[2, 1, 2, 1], &[2]],
        ],
        |x| conv2d(&x[0], &x[1], Some(&x[2]), Conv::new()),
    ),
    Case::new(&[&[&[2, 2, 4, 5], &[3, 2, 3, 3]], &[&[1, 1, 1, 1], &[1, 1, 3, 3]]], |x| {
        conv2d(&x[0], &x[1], None, Conv::new().padding(1))
    }),
    Case::new(&[&[&[2, 2, 7, 6], &[2, 2, 3, 2], &[2]], &[&[1, 1, 2, 9], &[1, 1, 1, 4], &[1]]], |x| {
        conv2d(&x[0], &x[1], Some(&x[2]), Conv::new().stride([2, 3]).padding([1, 2]))
    }),
    Case::new(&[&[&[2, 4, 7, 6], &[6, 2, 3, 2], &[6]], &[&[1, 2, 6, 5], &[2, 1, 2, 2], &[2]]], |x| {
        conv2d(&x[0], &x[1], Some(&x[2]), Conv::new().dilation([2, 3]).padding([0, 1]).groups(2))
    }),
    Case::new(&[&[&[2, 3, 6, 5], &[3, 1, 2, 3]]], |x| {
        conv2d(&x[0], &x[1], None, Conv::new().groups(3).stride([3, 1]).padding([3, 4]).dilation([1, 2]))
    }),
    Case::new(&[&[&[2, 2, 5, 6], &[3, 2, 3, 3], &[3]]], |x| {
        convolved(&x[0], &x[1], Some(&x[2]), Conv::new().padding([2, 0]), true)
    }),
    // Enough channels for Winograd's scheme, with whole and partial tiles and several images in a group.
    Case::new(&[&[&[3, 13, 6, 7], &[14, 13, 3, 3], &[14]], &[&[2, 12, 10, 6], &[12, 12, 3, 3], &[12]]], |x| {
        conv2d(&x[0], &x[1], Some(&x[2]), Conv::new())
    }),
    Case::new(&[&[&[2, 12, 3, 2], &[16, 12, 3, 3], &[16]], &[&[2, 12, 5, 6], &[13, 12, 3, 3], &[13]]], |x| {
        conv2d(&x[0], &x[1], Some(&x[2]), Conv::new().padding([1, 2]))
    }),
    Case::new(&[&[&[2, 2, 5, 6], &[3, 2, 3, 3]]], |x| convolved(&x[0], &x[1], None, Conv::new(), true)),
];

#[cfg(test)]
mod tests {
    use super::{Conv, conv2d};
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "the window [3, 2] with dilation [2, 1] covers [5, 2] places, and the padded input [4, 9]")]
    fn a_window_larger_than_the_picture_is_refused() {
        let (x, w) = (Tensor::zeros(&[1, 1, 4, 7]), Tensor::zeros(&[1, 1, 3, 2]));
        let _ = conv2d(&x, &w, None, Conv::new().dilation([2, 1]).padding([0, 1]));
    }

    #[test]
    #[should_panic(expected = "2 groups must divide the 3 channels of the input [1, 3, 4, 4]")]
    fn groups_that_do_not_divide_are_refused() {
        let (x, w) = (Tensor::zeros(&[1, 3, 4, 4]), Tensor::zeros(&[2, 1, 3, 3]));
        let _ = conv2d(&x, &w, None, Conv::new().groups(2));
    }

    #[test]
    #[should_panic(expected = "has 3 channels, and the weight [2, 4, 3, 3] with `groups(1)` needs 4; build the layer for 3")]
    fn other_channels_are_named() {
        let _ = conv2d(&Tensor::zeros(&[1, 3, 4, 4]), &Tensor::zeros(&[2, 4, 3, 3]), None, Conv::new());
    }

    #[test]
    #[should_panic(expected = "conv2d: the stride [1, 0]")]
    fn a_stride_of_nothing_is_refused() {
        let (x, w) = (Tensor::zeros(&[1, 1, 4, 4]), Tensor::zeros(&[1, 1, 3, 3]));
        let _ = conv2d(&x, &w, None, Conv::new().stride([1, 0]));
    }
}
