//! im2col: copies the receptive field of each output position to a column, and adds columns back to the
//! image.
//!
//! `columns[(c, r, s)][p] = x[c][oy · stride + r · dilation - padding][ox · stride + s · dilation - padding]`
//! for the position `p = (oy, ox)`, and 0 outside the image. A convolution is therefore a matmul
//! over `(c, r, s)`. Only a block of positions is unfolded at a time, so that `columns` stays in
//! L2. Consecutive positions read consecutive pixels, so whole ranges of pixels are copied at once.

use super::Sizes;
use crate::Scalar;

/// A run of output positions within one output row, and the inputs that one tap of the kernel reads
/// for these positions.
struct Run {
    /// The first position of the run, counted from the first position of the block.
    start: usize,
    len: usize,
    /// The tap is outside the image for the first `before` and the last `after` positions of the
    /// run. At the first position inside the image, the tap reads the element `from` of the plane.
    before: usize,
    after: usize,
    from: usize,
}

/// Splits the `count` output positions from `first` on into runs, one for each output row, and
/// calls `each` for each run. The run describes the elements that the tap `[r, s]` of the kernel
/// reads.
fn runs(sizes: &Sizes, [r, s]: [usize; 2], first: usize, count: usize, mut each: impl FnMut(Run)) {
    let [height, width] = sizes.input;
    let row = sizes.output[1];
    let mut start = 0;
    while start < count {
        let (oy, ox) = ((first + start) / row, (first + start) % row);
        let len = (row - ox).min(count - start);
        let y = (oy * sizes.stride[0] + r * sizes.dilation[0]).wrapping_sub(sizes.padding[0]);
        // `low..high` are the positions in the output row at which the tap is inside the image.
        let shift = s * sizes.dilation[1];
        let low = sizes.padding[1].saturating_sub(shift).div_ceil(sizes.stride[1]);
        let high = (width + sizes.padding[1]).saturating_sub(shift).div_ceil(sizes.stride[1]);
        let (low, high) = (low.clamp(ox, ox + len), high.clamp(ox, ox + len));
        if y >= height || low >= high {
            each(Run { start, len, before: len, after: 0, from: 0 });
        } else {
            let x = low * sizes.stride[1] + shift - sizes.padding[1];
            each(Run { start, len, before: low - ox, after: ox + len - high, from: y * width + x });
        }
        start += len;
    }
}

/// Fills `columns` with the elements of `x` that `count` output positions read. `first` is the
/// first of these positions. The rows of `columns` have stride `pitch`, and are padded with zeros
/// to `padded` positions.
pub(super) fn unfold(
    sizes: &Sizes,
    x: &[Scalar],
    (first, count, padded): (usize, usize, usize),
    pitch: usize,
    columns: &mut [Scalar],
) {
    let (plane, field) = (sizes.pixels(), sizes.field());
    let step = sizes.stride[1];
    for tap in 0..field {
        runs(sizes, [tap / sizes.kernel[1], tap % sizes.kernel[1]], first, count, |run| {
            let inside = run.len - run.before - run.after;
            for (channel, x) in x.chunks_exact(plane).enumerate() {
                let to = &mut columns[(channel * field + tap) * pitch + run.start..][..run.len];
                to[..run.before].fill(0.0);
                to[run.len - run.after..].fill(0.0);
                let to = &mut to[run.before..][..inside];
                if step == 1 {
                    to.copy_from_slice(&x[run.from..][..inside]);
                } else {
                    for (to, from) in to.iter_mut().zip(x[run.from..].iter().step_by(step)) {
                        *to = *from;
                    }
                }
            }
        });
    }
    if count < padded {
        for row in columns.chunks_mut(pitch).take(x.len() / plane * field) {
            row[count..padded].fill(0.0);
        }
    }
}

/// The transpose of [`unfold`]: adds each element of `columns` to the element of `x` from which
/// `unfold` copies it.
pub(super) fn fold(
    sizes: &Sizes,
    columns: &[Scalar],
    (first, count): (usize, usize),
    pitch: usize,
    x: &mut [Scalar],
) {
    let (plane, field) = (sizes.pixels(), sizes.field());
    let step = sizes.stride[1];
    for tap in 0..field {
        runs(sizes, [tap / sizes.kernel[1], tap % sizes.kernel[1]], first, count, |run| {
            let inside = run.len - run.before - run.after;
            if inside == 0 {
                return;
            }
            for (channel, x) in x.chunks_exact_mut(plane).enumerate() {
                let from = &columns[(channel * field + tap) * pitch + run.start + run.before..][..inside];
                if step == 1 {
                    for (to, from) in x[run.from..][..inside].iter_mut().zip(from) {
                        *to += *from;
                    }
                } else {
                    for (to, from) in x[run.from..].iter_mut().step_by(step).zip(from) {
                        *to += *from;
                    }
                }
            }
        });
    }
}
