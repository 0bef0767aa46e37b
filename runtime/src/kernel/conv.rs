//! Two-dimensional convolution: forward, and the gradients of input and weight.
//!
//! `y[n][k][p] = bias[k] + Σ w[k][c][r, s] · x[n][c][p · stride + (r, s) · dilation - padding]`
//!
//! All arrays have the row-major layout `[batch, channels, height, width]`. There are three
//! algorithms. `general` supports all sizes, and is GEMM over unfolded blocks of positions.
//! `winograd` supports 3 by 3 kernels with enough channels, and needs a quarter of the multiplications.
//! `direct` is for groups of few channels, and does not unfold. The work is split into parts by image and by block. Sums over images are added in a
//! fixed order, so that a result is bitwise equal for any number of threads.

mod direct;
mod general;
mod gradient;
mod indirect;
mod layout;
mod phases;
mod plan;
mod points;
mod square;
mod tile;
mod transforms;
mod unfold;
mod winograd;

use std::cell::RefCell;

pub(crate) use gradient::{mask_and_sum, sum_planes};

use super::lines::{LINE, Lines};
use crate::Scalar;

/// The sizes of a convolution. `channels` and `outputs` are the numbers of input and output
/// channels of one group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) batch: usize,
    pub(crate) groups: usize,
    pub(crate) channels: usize,
    pub(crate) outputs: usize,
    pub(crate) input: [usize; 2],
    pub(crate) output: [usize; 2],
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
    pub(crate) dilation: [usize; 2],
}

impl Sizes {
    /// The number of elements in an input plane.
    fn pixels(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// The number of elements in an output plane.
    fn positions(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// The number of taps of the kernel: its height times its width.
    fn field(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    fn x_len(&self) -> usize {
        self.batch * self.groups * self.channels * self.pixels()
    }

    fn y_len(&self) -> usize {
        self.batch * self.groups * self.outputs * self.positions()
    }

    fn w_len(&self) -> usize {
        self.groups * self.outputs * self.channels * self.field()
    }

    /// Whether the input, the output or the weight has no elements, so that there is nothing to multiply.
    fn is_empty(&self) -> bool {
        self.x_len() == 0 || self.y_len() == 0 || self.w_len() == 0
    }
}

/// The epilogue of a convolution: the bias and the ReLU, applied to each sum before it is stored.
#[derive(Clone, Copy)]
pub(crate) struct Finish<'a> {
    pub(crate) bias: Option<&'a [Scalar]>,
    pub(crate) relu: bool,
}

impl Finish<'_> {
    /// The bias of an output channel, or 0 if the convolution has no biases.
    fn bias_of(&self, output: usize) -> Scalar {
        self.bias.map_or(0.0, |bias| bias[output])
    }

    /// Applies the ReLU to a sum if `relu` is set. NaN is kept.
    #[inline(always)]
    fn apply(self, value: Scalar) -> Scalar {
        if self.relu && value <= 0.0 { 0.0 } else { value }
    }
}

/// The length of the workspace that [`forward`] needs.
pub(crate) fn forward_workspace(sizes: &Sizes) -> usize {
    if !sizes.is_empty() && winograd::pays(sizes) { winograd::forward_workspace(sizes) } else { 0 }
}

/// Computes `y = finish(x ∗ w)`. The workspace has [`forward_workspace`] elements.
pub(crate) fn forward(
    sizes: &Sizes,
    x: &[Scalar],
    w: &[Scalar],
    finish: Finish<'_>,
    y: &mut [Scalar],
    workspace: &mut [Scalar],
) {
    assert!(x.len() == sizes.x_len() && w.len() == sizes.w_len() && y.len() == sizes.y_len());
    if y.is_empty() {
    } else if sizes.is_empty() {
        for (number, plane) in y.chunks_exact_mut(sizes.positions()).enumerate() {
            plane.fill(finish.apply(finish.bias_of(number % (sizes.groups * sizes.outputs))));
        }
    } else if winograd::pays(sizes) {
        winograd::forward(sizes, x, w, finish, y, workspace);
    } else if direct::pays(sizes) {
        direct::forward(sizes, x, w, finish, y);
    } else {
        general::forward(sizes, x, w, finish, y);
    }
}

/// The length of the workspace that [`backward`] needs for the requested gradients of input and weight.
pub(crate) fn backward_workspace(sizes: &Sizes, dx: bool, dw: bool) -> usize {
    if sizes.is_empty() {
        0
    } else if winograd::pays_backward(sizes) {
        winograd::backward_workspace(sizes, dx, dw)
    } else if dw && direct::pays(sizes) {
        direct::partials(sizes)
    } else if dw {
        general::partials(sizes)
    } else {
        0
    }
}

/// Computes the requested gradients of input and weight from the gradient `g` of the output. The workspace
/// has [`backward_workspace`] elements.
pub(crate) fn backward(
    sizes: &Sizes,
    [x, g, w]: [&[Scalar]; 3],
    dx: Option<&mut [Scalar]>,
    dw: Option<&mut [Scalar]>,
    workspace: &mut [Scalar],
) {
    assert!(x.len() == sizes.x_len() && w.len() == sizes.w_len() && g.len() == sizes.y_len());
    assert!(dx.as_ref().is_none_or(|dx| dx.len() == x.len()));
    assert!(dw.as_ref().is_none_or(|dw| dw.len() == w.len()));
    if sizes.is_empty() {
        dx.into_iter().chain(dw).for_each(|gradient| gradient.fill(0.0));
    } else if winograd::pays_backward(sizes) {
        winograd::backward(sizes, [x, g, w], dx, dw, workspace);
    } else if direct::pays(sizes) {
        if let Some(dw) = dw {
            direct::weight_gradient(sizes, x, g, dw, workspace);
        }
        if let Some(dx) = dx {
            direct::input_gradient(sizes, g, w, dx);
        }
    } else {
        if let Some(dw) = dw {
            general::weight_gradient(sizes, x, g, dw, workspace);
        }
        if let Some(dx) = dx {
            general::input_gradient(sizes, g, w, dx);
        }
    }
}

/// Computes the gradient `dx` of the input from the gradient `g` of the output. This is also the
/// forward pass of a transposed convolution. The workspace has the length that
/// [`backward_workspace`] returns for `dx` alone.
pub(crate) fn input_gradient(
    sizes: &Sizes,
    g: &[Scalar],
    w: &[Scalar],
    dx: &mut [Scalar],
    workspace: &mut [Scalar],
) {
    assert!(dx.len() == sizes.x_len() && w.len() == sizes.w_len() && g.len() == sizes.y_len());
    if sizes.is_empty() {
        dx.fill(0.0);
    } else if winograd::pays_backward(sizes) {
        // Only the gradient of the weight reads the input.
        winograd::backward(sizes, [&[], g, w], Some(dx), None, workspace);
    } else if direct::pays(sizes) {
        direct::input_gradient(sizes, g, w, dx);
    } else {
        general::input_gradient(sizes, g, w, dx);
    }
}

thread_local! {
    static SCRATCH: RefCell<Lines> = RefCell::new(Lines::zeroed(0));
}

/// Runs `work` with a thread-local buffer of arbitrary contents.
fn with_scratch<R>(len: usize, work: impl FnOnce(&mut [Scalar]) -> R) -> R {
    SCRATCH.with_borrow_mut(|lines| {
        let count = len.div_ceil(LINE);
        if lines.count() < count {
            *lines = Lines::zeroed(count);
        }
        work(lines.as_mut_slice(len))
    })
}

/// Splits `workspace` into its first `len` elements and a rest that starts at the next cache line.
fn carve(workspace: &mut [Scalar], len: usize) -> (&mut [Scalar], &mut [Scalar]) {
    let (head, tail) = workspace.split_at_mut(len.next_multiple_of(LINE));
    (&mut head[..len], tail)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod winograd_tests;
