//! Three-dimensional convolution.

use super::conv2d::{Conv, convolved};
use crate::gradcheck::Case;
use crate::parameter::InLayer;
use crate::shape::{product, sum};
use crate::{Tensor, Triple, cat};

/// The options of a three-dimensional convolution: by default stride 1, no padding, dilation 1 and
/// one group.
///
/// An option is one number for all axes, or `[depth, height, width]`.
///
/// # Example
/// ```
/// use training_loop::{Conv3, Tensor, conv3d};
///
/// let (x, weight) = (Tensor::ones(&[1, 4, 5, 8, 6]), Tensor::ones(&[2, 2, 3, 3, 3]));
/// let options = Conv3::new().stride([1, 2, 2]).padding(1).groups(2);
/// assert_eq!(conv3d(&x, &weight, None, options).shape(), [1, 2, 5, 4, 3]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv3 {
    pub(crate) stride: [usize; 3],
    pub(crate) padding: [usize; 3],
    pub(crate) dilation: [usize; 3],
    pub(crate) groups: usize,
}

impl Conv3 {
    /// Default options: stride 1, no padding, dilation 1, one group.
    pub fn new() -> Self {
        Self { stride: [1; 3], padding: [0; 3], dilation: [1; 3], groups: 1 }
    }

    /// Sets the step between windows, at least 1.
    pub fn stride(self, stride: impl Into<Triple>) -> Self {
        Self { stride: stride.into().0, ..self }
    }

    /// Sets the number of zeros that are added on each side of the input.
    pub fn padding(self, padding: impl Into<Triple>) -> Self {
        Self { padding: padding.into().0, ..self }
    }

    /// Sets the distance between the taps of a window, at least 1.
    pub fn dilation(self, dilation: impl Into<Triple>) -> Self {
        Self { dilation: dilation.into().0, ..self }
    }

    /// Sets the number of groups. Each group has its own input channels and output channels.
    pub fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }
}

impl Default for Conv3 {
    fn default() -> Self {
        Self::new()
    }
}

/// Convolves volumes with a weight.
///
/// # Shapes
/// `x: [batch, in, d, h, w]`, `weight: [out, in / groups, kd, kh, kw]`, `bias: [out]` →
/// `[batch, out, od, oh, ow]` with `od = (d + 2 · padding - dilation · (kd - 1) - 1) / stride + 1`, rounded
/// down, and `oh` and `ow` likewise.
///
/// # Formula
/// `y[n, k, i] = b[k] + Σ w[k, c, r] · x[n, c, i · stride + r · dilation - padding]`, as in
/// [`conv2d`](crate::conv2d). The planes that the window covers along the depth become channels of one
/// two-dimensional convolution. This copies the input `kd` times.
///
/// # Panics
/// If the shapes do not fit, if a stride or a dilation is 0, or if the window is larger than the padded
/// volume.
///
/// # Source
/// PyTorch's `conv3d`.
///
/// # Example
/// ```
/// use training_loop::{Conv3, Tensor, conv3d};
///
/// let (x, weight) = (Tensor::ones(&[1, 1, 3, 3, 3]), Tensor::ones(&[1, 1, 2, 2, 2]));
/// assert_eq!(conv3d(&x, &weight, None, Conv3::new()).as_slice(), [8.0; 8]);
/// ```
#[track_caller]
pub fn conv3d(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, options: Conv3) -> Tensor {
    let op = InLayer::of("conv3d", weight);
    let &[batch, channels, depth, height, width] = x.shape() else {
        panic!(
            "{op}: the input must be [batch, channels, depth, height, width], and its shape is {:?}",
            x.shape()
        );
    };
    let &[outputs, per_group, taps, kernel_height, kernel_width] = weight.shape() else {
        panic!(
            "{op}: the weight must be [out, in / groups, depth, height, width], and its shape is {:?}",
            weight.shape()
        );
    };
    let needed = product("the channels of the weight", &[per_group, options.groups]);
    assert!(
        channels == needed,
        "{op}: the input {:?} has {channels} channels, and the weight {:?} with `groups({})` needs {needed}",
        x.shape(),
        weight.shape(),
        options.groups
    );
    let places = planes(depth, taps, options);
    let positions = places.len() / taps.max(1);
    let padding = options.padding[0];
    let padded = if padding > 0 && !x.is_empty() {
        let zeros = Tensor::zeros(&[batch, channels, padding, height, width]);
        cat(&[&zeros, x, &zeros], 2)
    } else {
        x.clone()
    };
    let picked = padded.index_select(2, &places).reshape(&[batch, channels, positions, taps, height, width]);
    let stacked = picked.permute(&[0, 2, 1, 3, 4, 5]);
    let merged = product("conv3d: the channels of all planes of a window", &[channels, taps]);
    let images = stacked.reshape(&[batch * positions, merged, height, width]);
    let weight = weight.reshape(&[outputs, per_group * taps, kernel_height, kernel_width]);
    let along = |of: [usize; 3]| [of[1], of[2]];
    let options = Conv {
        stride: along(options.stride),
        padding: along(options.padding),
        dilation: along(options.dilation),
        groups: options.groups,
    };
    let y = convolved(&images, &weight, bias, options, false);
    let (rows, columns) = (y.shape()[2], y.shape()[3]);
    y.reshape(&[batch, positions, outputs, rows, columns]).permute(&[0, 2, 1, 3, 4])
}

/// The padded planes that the window covers along the depth: `taps` planes for each position of the window.
#[track_caller]
fn planes(depth: usize, taps: usize, options: Conv3) -> Vec<usize> {
    let ([stride, ..], [padding, ..], [dilation, ..]) = (options.stride, options.padding, options.dilation);
    assert!(
        stride > 0 && dilation > 0 && taps > 0,
        "conv3d: the stride {:?}, the dilation {:?} and the window must be at least 1",
        options.stride,
        options.dilation
    );
    let padded = sum("conv3d: the planes of the padded input", &[depth, padding, padding]);
    let apart = product("conv3d: the planes of the window", &[dilation, taps - 1]);
    let covered = sum("conv3d: the planes of the window", &[apart, 1]);
    assert!(
        covered <= padded,
        "conv3d: the window with dilation {dilation} covers {covered} planes, and the padded input has {padded}; pad more, \
         or use a smaller window"
    );
    let positions = (padded - covered) / stride + 1;
    let mut places = Vec::new();
    let count = product("conv3d: the planes of all windows", &[positions, taps]);
    assert!(places.try_reserve_exact(count).is_ok(), "out of memory: the windows of conv3d cover {count} planes");
    places.extend((0..positions).flat_map(|i| (0..taps).map(move |tap| i * stride + tap * dilation)));
    places
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 2, 3, 4, 3], &[3, 2, 2, 3, 2], &[3]], &[&[1, 1, 1, 1, 1], &[1, 1, 1, 1, 1], &[1]]], |x| {
        conv3d(&x[0], &x[1], Some(&x[2]), Conv3::new())
    }),
    Case::new(&[&[&[1, 4, 5, 3, 4], &[2, 2, 2, 2, 3]]], |x| {
        let options = Conv3::new().stride([2, 1, 2]).padding([1, 0, 2]).dilation([3, 1, 1]).groups(2);
        conv3d(&x[0], &x[1], None, options)
    }),
];

#[cfg(test)]
mod tests {
    use super::{Conv3, conv3d};
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "the window with dilation 2 covers 5 planes, and the padded input has 4")]
    fn a_window_deeper_than_the_volume_is_refused() {
        let (x, w) = (Tensor::zeros(&[1, 1, 4, 4, 4]), Tensor::zeros(&[1, 1, 3, 1, 1]));
        let _ = conv3d(&x, &w, None, Conv3::new().dilation(2));
    }

    #[test]
    #[should_panic(expected = "conv3d: the input [1, 3, 4, 4, 4] has 3 channels, and the weight [1, 2, 1, 1, 1] with `groups(1)` needs 2")]
    fn other_channels_are_named() {
        let _ = conv3d(&Tensor::zeros(&[1, 3, 4, 4, 4]), &Tensor::zeros(&[1, 2, 1, 1, 1]), None, Conv3::new());
    }
}
