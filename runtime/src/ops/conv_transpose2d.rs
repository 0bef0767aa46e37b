//! Two-dimensional transposed convolution.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::{
    add_rows,
    conv::{self, Finish, Sizes},
};
use crate::shape::{product, sum};
use crate::storage::Buffer;
use crate::parameter::InLayer;
use crate::value::Value;
use crate::{Pair, Tensor};

/// The options of a transposed convolution: by default stride 1, no padding, no output padding,
/// dilation 1 and one group.
///
/// An option is one number for both axes, or `[height, width]`.
///
/// # Example
/// ```
/// use training_loop::{ConvTranspose, Tensor, conv_transpose2d};
///
/// let (x, weight) = (Tensor::ones(&[1, 4, 8, 6]), Tensor::ones(&[4, 2, 3, 3]));
/// let options = ConvTranspose::new().stride(2).padding(1).output_padding(1);
/// assert_eq!(conv_transpose2d(&x, &weight, None, options).shape(), [1, 2, 16, 12]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvTranspose {
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
    pub(crate) output_padding: [usize; 2],
    pub(crate) dilation: [usize; 2],
    pub(crate) groups: usize,
}

impl ConvTranspose {
    /// Default options: stride 1, no padding, no output padding, dilation 1, one group.
    pub fn new() -> Self {
        Self { stride: [1, 1], padding: [0, 0], output_padding: [0, 0], dilation: [1, 1], groups: 1 }
    }

    /// Sets the distance between the windows in the output, at least 1.
    pub fn stride(self, stride: impl Into<Pair>) -> Self {
        Self { stride: stride.into().0, ..self }
    }

    /// Sets the number of elements that are removed on each side of the output.
    pub fn padding(self, padding: impl Into<Pair>) -> Self {
        Self { padding: padding.into().0, ..self }
    }

    /// Sets the number of elements that are added at the end of each axis of the output, less than
    /// the stride or the dilation.
    ///
    /// A convolution with a stride maps several input lengths to the same output length. The output padding
    /// selects one of these input lengths.
    pub fn output_padding(self, padding: impl Into<Pair>) -> Self {
        Self { output_padding: padding.into().0, ..self }
    }

    /// Sets the distance between the taps of a window, at least 1.
    pub fn dilation(self, dilation: impl Into<Pair>) -> Self {
        Self { dilation: dilation.into().0, ..self }
    }

    /// Sets the number of groups. Each group has its own input channels and output channels.
    pub fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }
}

impl Default for ConvTranspose {
    fn default() -> Self {
        Self::new()
    }
}

/// Transposed convolution of images: the derivative of [`conv2d`](crate::conv2d) with respect to its
/// input, as an operation.
///
/// # Shapes
/// `x: [batch, in, h, w]`, `weight: [in, out / groups, kh, kw]`, `bias: [out]` → `[batch, out, oh, ow]` with
/// `oh = (h - 1) · stride - 2 · padding + dilation · (kh - 1) + output_padding + 1`, and `ow` likewise.
///
/// # Formula
/// `y[n, k, i · stride + r · dilation - padding] += w[c, k, r] · x[n, c, i]` for all channels `c` in the
/// group of `k`, all positions `i` and all taps `r`, starting from `b[k]`. `dx` is the convolution of `g`
/// with the weight. If the window is 3 by 3, the stride is 1 and there are many channels, Winograd's scheme
/// is used, as in `conv2d`.
///
/// # Panics
/// If the shapes do not fit, if a stride or a dilation is 0, if the output padding is not less than the
/// stride or the dilation, or if the padding leaves no output.
///
/// # Source
/// PyTorch's `conv_transpose2d`.
///
/// # Example
/// ```
/// use training_loop::{ConvTranspose, Tensor, conv_transpose2d};
///
/// let (x, weight) = (Tensor::from([[[1.0, 2.0]]]).reshape(&[1, 1, 1, 2]), Tensor::ones(&[1, 1, 1, 2]));
/// let y = conv_transpose2d(&x, &weight, None, ConvTranspose::new());
/// assert_eq!(y.as_slice(), [1.0, 3.0, 2.0]);
/// ```
#[track_caller]
pub fn conv_transpose2d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvTranspose,
) -> Tensor {
    let sizes = check(InLayer::of("conv_transpose2d", weight), x.shape(), weight.shape(), bias.map(Tensor::shape), options);
    let (input, w) = (x.value().clone(), weight.value().clone());
    // `sizes` describes the convolution that is the adjoint of this operation: its input is the output here.
    let (planes, [height, width]) = (sizes.groups * sizes.channels, sizes.input);
    let output = Value::build([sizes.batch, planes, height, width], |y| {
        let mut workspace = Buffer::stale(conv::backward_workspace(&sizes, true, false));
        conv::input_gradient(&sizes, input.as_slice(), w.as_slice(), y, workspace.as_mut_slice());
        if let Some(bias) = bias {
            let all = y.chunks_exact_mut((height * width).max(1));
            for (plane, bias) in all.zip(bias.as_slice().iter().cycle()) {
                for y in plane {
                    *y += bias;
                }
            }
        }
    });
    let needs = [x.requires_grad(), weight.requires_grad(), bias.is_some_and(Tensor::requires_grad)];
    let backward = move |gradient: Value| {
        let g = gradient.as_slice();
        let dx = needs[0].then(|| {
            Value::build(input.shape().clone(), |dx| {
                let mut workspace = Buffer::stale(conv::forward_workspace(&sizes));
                let finish = Finish { bias: None, relu: false };
                conv::forward(&sizes, g, w.as_slice(), finish, dx, workspace.as_mut_slice());
            })
        });
        let dw = needs[1].then(|| {
            Value::build(w.shape().clone(), |dw| {
                let mut workspace = Buffer::stale(conv::backward_workspace(&sizes, false, true));
                let sides = [g, input.as_slice(), w.as_slice()];
                conv::backward(&sizes, sides, None, Some(dw), workspace.as_mut_slice());
            })
        });
        let db = needs[2].then(|| {
            let mut sums = Buffer::stale(sizes.batch * planes);
            let all = g.chunks_exact((height * width).max(1));
            sums.as_mut_slice().fill(0.0);
            for (total, plane) in sums.as_mut_slice().iter_mut().zip(all) {
                *total = crate::kernel::sum(plane);
            }
            let mut db = Value::filled([planes], 0.0);
            add_rows(sums.as_slice(), db.make_mut());
            db
        });
        [dx, dw, db]
    };
    match bias {
        Some(bias) => record(output, [x, weight, bias], backward),
        None => record(output, [x, weight], move |gradient| {
            let [dx, dw, _] = backward(gradient);
            [dx, dw]
        }),
    }
}

/// The sizes of the convolution that is the adjoint of the transposed convolution of `x`. Panics with a
/// description of the mismatch if the shapes do not fit.
#[track_caller]
pub(crate) fn check(
    op: InLayer<'_>,
    x: &[usize],
    weight: &[usize],
    bias: Option<&[usize]>,
    options: ConvTranspose,
) -> Sizes {
    let ConvTranspose { stride, padding, output_padding, dilation, groups } = options;
    let &[batch, channels, height, width] = x else {
        panic!("{op}: the input must be [batch, channels, height, width], and its shape is {x:?}");
    };
    let &[inputs, per_group, kernel_height, kernel_width] = weight else {
        panic!("{op}: the weight must be [in, out / groups, height, width], and its shape is {weight:?}");
    };
    assert!(
        channels == inputs,
        "{op}: the input {x:?} has {channels} channels, and the weight {weight:?} [in, out / groups, ..] needs {inputs}; \
         build the layer for {channels}, or `permute` the input to [batch, channels, ..]"
    );
    assert!(
        groups > 0 && channels.is_multiple_of(groups),
        "{op}: {groups} groups must divide the {channels} channels of the input {x:?}"
    );
    let outputs = product("the outputs of the weight", &[per_group, groups]);
    if let Some(bias) = bias {
        assert!(
            bias == [outputs],
            "{op}: the bias has the shape {bias:?}, and the weight {weight:?} with `groups({groups})` needs [{outputs}]"
        );
    }
    let (from, kernel) = ([height, width], [kernel_height, kernel_width]);
    assert!(
        !stride.contains(&0) && !dilation.contains(&0) && !kernel.contains(&0),
        "{op}: the stride {stride:?}, the dilation {dilation:?} and the window {kernel:?} must be at least 1"
    );
    assert!(
        (0..2).all(|i| output_padding[i] < stride[i].max(dilation[i])),
        "{op}: the output padding {output_padding:?} must be less than the stride {stride:?} or the dilation {dilation:?}"
    );
    assert!(!from.contains(&0), "{op}: the planes {from:?} of the input are empty");
    let what = format!("{}: the places of the output", op.name());
    let mut to = [0, 0];
    for i in [0, 1] {
        let apart = product(&what, &[dilation[i], kernel[i] - 1]);
        let all = sum(&what, &[product(&what, &[from[i] - 1, stride[i]]), apart, output_padding[i], 1]);
        // The kernels add the padding on both sides of the output.
        let both = product(&what, &[padding[i], 2]);
        sum(&what, &[all, both]);
        assert!(
            all > both,
            "{op}: the padding {padding:?} removes the whole output of the input {x:?}, which has {all} places along \
             this axis"
        );
        to[i] = all - both;
    }
    product(&what, &to);
    Sizes {
        batch,
        groups,
        channels: per_group,
        outputs: channels / groups,
        input: to,
        output: from,
        kernel,
        stride,
        padding,
        dilation,
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        &[
            &[&[2, 3, 3, 4], &[3, 2, 3, 2], &[2]],
            &[&[1, 1, 1, 1], &[1, 1, 1, 1], &[1]],
            &[&[0, 2, 4, 4], &[2, 3, 2, 2], &[3]],
            &[&[2, 2, 3, 3], &[2, 0, 2, 2], &[0]],
            &[&[2, 12, 5, 6], &[12, 13, 3, 3], &[13]],
        ],
        |x| conv_transpose2d(&x[0], &x[1], Some(&x[2]), ConvTranspose::new()),
    ),
    Case::new(&[&[&[2, 2, 3, 4], &[2, 3, 3, 4], &[3]], &[&[1, 1, 1, 1], &[1, 1, 3, 4], &[1]]], |x| {
        let options = ConvTranspose::new().stride([2, 3]).padding([1, 0]).output_padding([1, 2]);
        conv_transpose2d(&x[0], &x[1], Some(&x[2]), options)
    }),
    Case::new(&[&[&[2, 4, 3, 2], &[4, 3, 2, 2]]], |x| {
        let options = ConvTranspose::new().groups(2).dilation([3, 2]).padding([1, 0]).output_padding([2, 0]);
        conv_transpose2d(&x[0], &x[1], None, options)
    }),
];

#[cfg(test)]
mod tests {
    use super::{ConvTranspose, conv_transpose2d};
    use crate::Tensor;

    #[track_caller]
    fn refused(x: &[usize], weight: &[usize], options: ConvTranspose) {
        let _ = conv_transpose2d(&Tensor::zeros(x), &Tensor::zeros(weight), None, options);
    }

    #[test]
    #[should_panic(expected = "has 3 channels, and the weight [2, 4, 3, 3] [in, out / groups, ..] needs 2; build the layer for 3")]
    fn other_channels_are_named() {
        refused(&[1, 3, 4, 4], &[2, 4, 3, 3], ConvTranspose::new());
    }

    #[test]
    #[should_panic(expected = "the output padding [2, 0] must be less than the stride [2, 1] or the dilation [1, 1]")]
    fn an_output_padding_of_the_stride_is_refused() {
        refused(&[1, 1, 4, 4], &[1, 1, 3, 3], ConvTranspose::new().stride([2, 1]).output_padding([2, 0]));
    }

    #[test]
    #[should_panic(expected = "the padding [1, 0] removes the whole output of the input [1, 1, 1, 4]")]
    fn a_padding_that_leaves_nothing_is_refused() {
        refused(&[1, 1, 1, 4], &[1, 1, 2, 2], ConvTranspose::new().padding([1, 0]));
    }
}
