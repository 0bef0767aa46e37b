//! Sliding windows: pooling options and size checks.

use crate::shape::{self, Shape};

/// Two numbers, one for each axis of an image. A pair is converted from `[height, width]`, or from
/// one number that applies to both axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub(crate) [usize; 2]);

impl From<usize> for Pair {
    #[track_caller]
    fn from(both: usize) -> Self {
        Self([both; 2])
    }
}

impl From<[usize; 2]> for Pair {
    #[track_caller]
    fn from(each: [usize; 2]) -> Self {
        Self(each)
    }
}

impl From<(usize, usize)> for Pair {
    #[track_caller]
    fn from((height, width): (usize, usize)) -> Self {
        Self([height, width])
    }
}

/// Three numbers, one for each axis of a volume. A triple is converted from `[depth, height, width]`,
/// or from one number that applies to all axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Triple(pub(crate) [usize; 3]);

impl From<usize> for Triple {
    #[track_caller]
    fn from(all: usize) -> Self {
        Self([all; 3])
    }
}

impl From<[usize; 3]> for Triple {
    #[track_caller]
    fn from(each: [usize; 3]) -> Self {
        Self(each)
    }
}

/// The sizes of a window on padded planes.
pub(crate) struct Fit {
    /// The number of elements from the first tap of the window to the last, along each axis.
    pub(crate) covered: [usize; 2],
    /// The number of window positions along each axis.
    pub(crate) output: [usize; 2],
}

/// Computes the sizes of `window` on the padded `input`. The sizes are checked for overflow, so
/// that kernels may add and multiply them without checks.
#[track_caller]
pub(crate) fn fit(op: &str, input: [usize; 2], window: Pool) -> Fit {
    let Pool { kernel, stride, padding, dilation } = window;
    assert!(
        !stride.contains(&0) && !dilation.contains(&0) && !kernel.contains(&0),
        "{op}: the stride {stride:?}, the dilation {dilation:?} and the window {kernel:?} must be at least 1"
    );
    let (mut padded, mut covered) = (input, kernel);
    for i in [0, 1] {
        padded[i] =
            shape::sum(&format!("{op}: the places of the padded input"), &[input[i], padding[i], padding[i]]);
        let apart = shape::product(&format!("{op}: the places of the window"), &[dilation[i], kernel[i] - 1]);
        covered[i] = shape::sum(&format!("{op}: the places of the window"), &[apart, 1]);
    }
    shape::product(&format!("{op}: the places of the padded input"), &padded);
    assert!(
        covered[0] <= padded[0] && covered[1] <= padded[1],
        "{op}: the window {kernel:?} with dilation {dilation:?} covers {covered:?} places, and the padded input \
         {padded:?} is smaller; pad more, or use a smaller window"
    );
    Fit { covered, output: [0, 1].map(|i| (padded[i] - covered[i]) / stride[i] + 1) }
}

/// The options of pooling. By default the stride is the window's size, and there is no padding and no
/// dilation.
///
/// # Example
/// ```
/// use training_loop::{Pool, Tensor, max_pool2d};
///
/// let x = Tensor::ones(&[1, 8, 9]);
/// assert_eq!(max_pool2d(&x, Pool::new([2, 3]).stride(2).padding([0, 1])).shape(), [1, 4, 5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
    pub(crate) dilation: [usize; 2],
}

impl Pool {
    /// Options for windows of this size. The stride is the size of a window.
    pub fn new(kernel: impl Into<Pair>) -> Self {
        let kernel = kernel.into().0;
        Self { kernel, stride: kernel, padding: [0, 0], dilation: [1, 1] }
    }

    /// Sets the step between windows, at least 1.
    pub fn stride(self, stride: impl Into<Pair>) -> Self {
        Self { stride: stride.into().0, ..self }
    }

    /// Sets the padding on each side, at most half a window.
    pub fn padding(self, padding: impl Into<Pair>) -> Self {
        Self { padding: padding.into().0, ..self }
    }

    /// Sets the distance between the taps of a window, at least 1; for max pooling only.
    pub fn dilation(self, dilation: impl Into<Pair>) -> Self {
        Self { dilation: dilation.into().0, ..self }
    }
}

impl From<usize> for Pool {
    fn from(kernel: usize) -> Self {
        Self::new(kernel)
    }
}

impl From<[usize; 2]> for Pool {
    fn from(kernel: [usize; 2]) -> Self {
        Self::new(kernel)
    }
}

/// The height and the width of the planes of an input: the last two lengths of `shape`.
#[track_caller]
pub(crate) fn planes(op: &str, shape: &[usize]) -> [usize; 2] {
    let [.., height, width] = *shape else {
        panic!(
            "{op}: the input must have two axes at least, [.., height, width], and its shape is {shape:?}"
        );
    };
    [height, width]
}

/// The shape of the output of a pooling operation, and the sizes of the input and output planes.
#[track_caller]
pub(crate) fn pooled(op: &str, shape: &[usize], pool: Pool) -> (Shape, [usize; 2], [usize; 2]) {
    let input = planes(op, shape);
    let Fit { covered, output: to } = fit(op, input, pool);
    assert!(
        pool.padding[0] <= covered[0] / 2 && pool.padding[1] <= covered[1] / 2,
        "{op}: the padding {:?} is more than half of the window {:?}",
        pool.padding,
        pool.kernel
    );
    assert!(!input.contains(&0), "{op}: the planes {input:?} are empty");
    let rank = shape.len();
    (Shape::new(shape).with(rank - 2, to[0]).with(rank - 1, to[1]), input, to)
}
