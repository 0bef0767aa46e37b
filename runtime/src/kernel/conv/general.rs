//! Convolution of any size, as GEMM over unfolded blocks of positions.
//!
//! With the unfolded columns `u[(c, r, s)][p]` (see `unfold`): `y = w · u`, `du = wᵀ · g` and
//! `dwᵀ = u · gᵀ`. `du` is folded back into `dx`. A block has up to [`BLOCK`] positions and about
//! [`DEPTH`] rows of `u`, which take 200 KB. The block stays in L2 while the positions are
//! multiplied by the weights of all output channels. One panel at a time is in L1. The whole
//! unfolded input is never stored. The bound is arithmetic, plus one copy of the input for each
//! tap.

use super::square::{Square, on_registers};
use super::tile::{Matrix, Panels, matmul, width};
use super::unfold::{fold, unfold};
use super::{Finish, Sizes, carve, with_scratch};
use crate::Scalar;
use crate::kernel::lines::LINE;
use crate::kernel::pool::{self, Pieces};
use crate::kernel::simd::{Level, level, multiversioned};

/// The number of positions that are unfolded at once.
const BLOCK: usize = 128;
/// The stride between the rows of `u`: an odd number of whole cache lines, so that the rows of a
/// panel do not evict each other from L1.
const PITCH: usize = BLOCK + 16;
/// The approximate number of rows of `u` that are unfolded at once.
const DEPTH: usize = 400;
/// The maximum number of partial sums of the weight's gradient. Each group of blocks has its own
/// partial sum.
const SUMS: usize = 8;
/// The maximum total length of the partial sums. A single partial sum may be longer.
const SUMS_LEN: usize = 1 << 21;

/// The split of a group's channels into blocks of about [`DEPTH`] rows.
#[derive(Clone, Copy)]
struct ChannelBlocks {
    channels: usize,
    size: usize,
}

impl ChannelBlocks {
    fn of(sizes: &Sizes) -> Self {
        Self { channels: sizes.channels, size: (DEPTH / sizes.field()).clamp(1, sizes.channels) }
    }

    fn count(self) -> usize {
        self.channels.div_ceil(self.size)
    }

    /// The first channel of block `block`, and the number of channels in the block.
    fn at(self, block: usize) -> (usize, usize) {
        let first = block * self.size;
        (first, self.size.min(self.channels - first))
    }
}

/// The first position of block `block`, the number of positions in the block, and the number of
/// positions rounded up to whole panels.
fn positions(sizes: &Sizes, block: usize, level: Level) -> (usize, usize, usize) {
    let first = block * BLOCK;
    let count = BLOCK.min(sizes.positions() - first);
    (first, count, count.next_multiple_of(width(level)))
}

pub(super) fn forward(sizes: &Sizes, x: &[Scalar], w: &[Scalar], finish: Finish<'_>, y: &mut [Scalar]) {
    let level = level();
    let (blocks, channel_blocks) = (sizes.positions().div_ceil(BLOCK), ChannelBlocks::of(sizes));
    let depth = sizes.channels * sizes.field();
    let most = channel_blocks.size * sizes.field();
    let outputs = Pieces::new(y);
    pool::run(sizes.batch * sizes.groups * blocks, |part| {
        let (image, block) = (part / blocks, part % blocks);
        let group = image % sizes.groups;
        let (first, count, padded) = positions(sizes, block, level);
        let x = &x[image * sizes.channels * sizes.pixels()..][..sizes.channels * sizes.pixels()];
        let w = &w[group * sizes.outputs * depth..][..sizes.outputs * depth];
        with_scratch((most + sizes.outputs) * PITCH, |scratch| {
            let (columns, sums) = scratch.split_at_mut(most * PITCH);
            for channel_block in 0..channel_blocks.count() {
                let (channel, channels) = channel_blocks.at(channel_block);
                let x = &x[channel * sizes.pixels()..][..channels * sizes.pixels()];
                unfold(sizes, x, (first, count, padded), PITCH, columns);
                let a = Matrix { data: &w[channel * sizes.field()..], row: depth, column: 1 };
                let b = Panels { data: columns, row: PITCH, panel: width(level) };
                let shape = [sizes.outputs, channels * sizes.field(), padded];
                matmul(level, shape, a, b, (sums, PITCH), channel_block > 0);
            }
            for (output, sums) in sums.chunks_exact(PITCH).enumerate() {
                let start = (image * sizes.outputs + output) * sizes.positions() + first;
                // SAFETY: the output is borrowed until `run` returns, and each part has its own image, group and
                // positions.
                let to = unsafe { outputs.piece(start, count) };
                store(&sums[..count], finish.bias_of(group * sizes.outputs + output), finish.relu, to);
            }
        });
    });
}

multiversioned!(
    /// Adds `bias` to `sums`, applies the ReLU if `relu` is set, and writes the results to `to`.
    fn store(sums: &[Scalar], bias: Scalar, relu: bool, to: &mut [Scalar]) {
        let finish = Finish { bias: None, relu };
        for (to, sum) in to.iter_mut().zip(sums) {
            *to = finish.apply(*sum + bias);
        }
    }
);

pub(super) fn input_gradient(sizes: &Sizes, g: &[Scalar], w: &[Scalar], dx: &mut [Scalar]) {
    let level = level();
    let channel_blocks = ChannelBlocks::of(sizes);
    let depth = sizes.channels * sizes.field();
    let most = channel_blocks.size * sizes.field();
    let inputs = Pieces::new(dx);
    pool::run(sizes.batch * sizes.groups * channel_blocks.count(), |part| {
        let (image, channel_block) = (part / channel_blocks.count(), part % channel_blocks.count());
        let (channel, channels) = channel_blocks.at(channel_block);
        let start = (image * sizes.channels + channel) * sizes.pixels();
        // SAFETY: the gradient is borrowed until `run` returns, and each part has its own image, group and channels.
        let x = unsafe { inputs.piece(start, channels * sizes.pixels()) };
        x.fill(0.0);
        let w = &w[image % sizes.groups * sizes.outputs * depth..][channel * sizes.field()..];
        with_scratch((most + sizes.outputs) * PITCH, |scratch| {
            let (columns, gradient) = scratch.split_at_mut(most * PITCH);
            for block in 0..sizes.positions().div_ceil(BLOCK) {
                let (first, count, padded) = positions(sizes, block, level);
                for (output, to) in gradient.chunks_exact_mut(PITCH).enumerate() {
                    let from = (image * sizes.outputs + output) * sizes.positions() + first;
                    to[..count].copy_from_slice(&g[from..][..count]);
                    to[count..padded].fill(0.0);
                }
                let a = Matrix { data: w, row: 1, column: depth };
                let b = Panels { data: gradient, row: PITCH, panel: width(level) };
                let shape = [channels * sizes.field(), sizes.outputs, padded];
                matmul(level, shape, a, b, (columns, PITCH), false);
                fold(sizes, columns, (first, count), PITCH, x);
            }
        });
    });
}

/// The number of blocks of positions over all images, and the number of partial sums of the weight's
/// gradient.
fn sums(sizes: &Sizes) -> (usize, usize) {
    let blocks = sizes.batch * sizes.positions().div_ceil(BLOCK);
    let count = (SUMS_LEN / sizes.w_len().max(1)).clamp(1, SUMS).min(blocks);
    (blocks, count)
}

/// The number of outputs of a group, rounded up to whole panels.
fn padded_outputs(sizes: &Sizes) -> usize {
    sizes.outputs.next_multiple_of(width(level()))
}

pub(super) fn partials(sizes: &Sizes) -> usize {
    sums(sizes).1 * sizes.groups * sizes.channels * sizes.field() * padded_outputs(sizes)
}

pub(super) fn weight_gradient(
    sizes: &Sizes,
    x: &[Scalar],
    g: &[Scalar],
    dw: &mut [Scalar],
    partials: &mut [Scalar],
) {
    let level = level();
    let (blocks, count) = sums(sizes);
    let outputs = padded_outputs(sizes);
    let depth = sizes.channels * sizes.field();
    let channel_blocks = ChannelBlocks::of(sizes);
    let most = channel_blocks.size * sizes.field();
    let pieces = Pieces::new(partials);
    pool::run(count * sizes.groups * channel_blocks.count(), |part| {
        let (part, channel_block) = (part / channel_blocks.count(), part % channel_blocks.count());
        let (number, group) = (part / sizes.groups, part % sizes.groups);
        let (channel, channels) = channel_blocks.at(channel_block);
        let start = (part * depth + channel * sizes.field()) * outputs;
        // SAFETY: the sums are borrowed until `run` returns, and each part has its own sum, group and channels.
        let sum = unsafe { pieces.piece(start, channels * sizes.field() * outputs) };
        with_scratch(most * PITCH + (BLOCK * outputs).next_multiple_of(LINE), |scratch| {
            let (columns, scratch) = carve(scratch, most * PITCH);
            let (gradient, _) = carve(scratch, BLOCK * outputs);
            let (from, to) = (number * blocks / count, (number + 1) * blocks / count);
            for block in from..to {
                let per_image = sizes.positions().div_ceil(BLOCK);
                let image = block / per_image * sizes.groups + group;
                let (first, many, _) = positions(sizes, block % per_image, level);
                let x =
                    &x[(image * sizes.channels + channel) * sizes.pixels()..][..channels * sizes.pixels()];
                unfold(sizes, x, (first, many, many), PITCH, columns);
                let g = &g[image * sizes.outputs * sizes.positions() + first..];
                transpose(g, sizes.positions(), [sizes.outputs, many], gradient, outputs);
                let a = Matrix { data: columns, row: PITCH, column: 1 };
                let b = Panels { data: gradient, row: outputs, panel: width(level) };
                let shape = [channels * sizes.field(), many, outputs];
                matmul(level, shape, a, b, (sum, outputs), block > from);
            }
        });
    });
    let whole = depth * outputs * sizes.groups;
    let (first, rest) = partials.split_at_mut(whole);
    for sums in rest.chunks_exact(whole).take(count - 1) {
        crate::kernel::zip_in_place(first, sums, |a, b| a + b);
    }
    for (dw, sums) in dw.chunks_exact_mut(sizes.outputs * depth).zip(first.chunks_exact(depth * outputs)) {
        for (l, sums) in sums.chunks_exact(outputs).enumerate() {
            for (output, sum) in sums[..sizes.outputs].iter().enumerate() {
                dw[output * depth + l] = *sum;
            }
        }
    }
}

/// Computes `to[p][k] = from[k][p]` for `k < rows` and `p < columns`, and pads the rows of `to`
/// with zeros.
fn transpose(
    from: &[Scalar],
    from_row: usize,
    [rows, columns]: [usize; 2],
    to: &mut [Scalar],
    to_row: usize,
) {
    on_registers!(
        fn body<V: Square>(
            from: &[Scalar],
            from_row: usize,
            sizes: [usize; 2],
            to: &mut [Scalar],
            to_row: usize,
        ) {
            let [rows, columns] = sizes;
            assert!(from.len() >= (rows - 1) * from_row + columns && to.len() >= columns * to_row);
            if rows < V::WIDTH || columns < V::WIDTH {
                for k in 0..rows {
                    for p in 0..columns {
                        to[p * to_row + k] = from[k * from_row + p];
                    }
                }
                return;
            }
            // The last square overlaps its predecessor, so that there is no tail.
            for k in (0..rows).step_by(V::WIDTH).map(|k| k.min(rows - V::WIDTH)) {
                for p in (0..columns).step_by(V::WIDTH).map(|p| p.min(columns - V::WIDTH)) {
                    let (from, to) = (from[k * from_row + p..].as_ptr(), to[p * to_row + k..].as_mut_ptr());
                    // SAFETY: `V` is the register type that this version was compiled for, and the square is in bounds
                    // by the assertion above.
                    unsafe { V::turn(from, from_row, to, to_row) };
                }
            }
        }
    );
    let sizes = [rows, columns];
    body(from, from_row, sizes, to, to_row);
    if rows < to_row {
        to.chunks_exact_mut(to_row).take(columns).for_each(|row| row[rows..].fill(0.0));
    }
}
