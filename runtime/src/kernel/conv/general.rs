//! Convolution of any sizes over unfolded blocks of positions.
//!
//! With columns `u[(c, r, s)][p]` (see `unfold`): `y = w · u`, `du = wᵀ · g` folded back into `dx`, and
//! `dwᵀ = u · gᵀ`. A block has up to [`BLOCK`] positions and [`DEPTH`] rows of columns, 200 KB that stay in the second
//! cache while all output channels pass over it; one panel of it stays in the first. Nothing of the size of the
//! unfolded input is ever stored. The bound is the arithmetic, plus one copy of the input for each tap.

use super::square::{Square, on_registers};
use super::tile::{Matrix, Panels, product, width};
use super::unfold::{fold, unfold};
use super::{Finish, Sizes, carve, with_scratch};
use crate::Scalar;
use crate::kernel::lines::LINE;
use crate::kernel::pool::{self, Pieces};
use crate::kernel::simd::{Level, dispatch, level};

/// Positions that are unfolded at once.
const BLOCK: usize = 128;
/// The distance of two rows of columns: whole cache lines, an odd number of them, so that the rows of one panel do
/// not drive each other out of the first cache.
const PITCH: usize = BLOCK + 16;
/// Rows of columns that are unfolded at once, about.
const DEPTH: usize = 400;
/// Sums of the weight's gradient over so many groups of blocks are kept side by side.
const SUMS: usize = 8;
/// The most numbers that all those sums may take beyond the first.
const SUMS_LEN: usize = 1 << 21;

/// How the channels of a group are cut into blocks of about [`DEPTH`] rows.
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

    /// First channel and number of channels of a block.
    fn at(self, block: usize) -> (usize, usize) {
        let first = block * self.size;
        (first, self.size.min(self.channels - first))
    }
}

/// First position, number of positions, and that number filled up to whole panels.
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
                product(level, shape, a, b, (sums, PITCH), channel_block > 0);
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

/// Adds the bias, rectifies, and writes.
fn store(sums: &[Scalar], bias: Scalar, relu: bool, to: &mut [Scalar]) {
    #[inline(always)]
    fn body(sums: &[Scalar], bias: Scalar, relu: bool, to: &mut [Scalar]) {
        let finish = Finish { bias: None, relu };
        for (to, sum) in to.iter_mut().zip(sums) {
            *to = finish.apply(*sum + bias);
        }
    }
    dispatch!(level(), [] body(sums: &[Scalar], bias: Scalar, relu: bool, to: &mut [Scalar]));
}

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
                product(level, shape, a, b, (columns, PITCH), false);
                fold(sizes, columns, (first, count), PITCH, x);
            }
        });
    });
}

/// How the sums of the weight's gradient are cut: blocks of positions of all images, in `count` groups.
fn sums(sizes: &Sizes) -> (usize, usize) {
    let blocks = sizes.batch * sizes.positions().div_ceil(BLOCK);
    let count = (SUMS_LEN / sizes.w_len().max(1)).clamp(1, SUMS).min(blocks);
    (blocks, count)
}

/// Outputs of a group, filled up to whole panels of any level.
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
        // SAFETY: the sums are borrowed until `run` returns, and each part has its own number, group and channels.
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
                product(level, shape, a, b, (sum, outputs), block > from);
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

/// `to[p][k] = from[k][p]` for `k < rows` and `p < columns`; rows of `to` are filled up with zeros.
fn transpose(
    from: &[Scalar],
    from_row: usize,
    [rows, columns]: [usize; 2],
    to: &mut [Scalar],
    to_row: usize,
) {
    #[inline(always)]
    unsafe fn body<V: Square>(
        from: &[Scalar],
        from_row: usize,
        [rows, columns]: [usize; 2],
        to: &mut [Scalar],
        to_row: usize,
    ) {
        assert!(from.len() >= (rows - 1) * from_row + columns && to.len() >= columns * to_row);
        if rows < V::WIDTH || columns < V::WIDTH {
            for k in 0..rows {
                for p in 0..columns {
                    to[p * to_row + k] = from[k * from_row + p];
                }
            }
            return;
        }
        // The last squares overlap those before them, so that no tail is left.
        for k in (0..rows).step_by(V::WIDTH).map(|k| k.min(rows - V::WIDTH)) {
            for p in (0..columns).step_by(V::WIDTH).map(|p| p.min(columns - V::WIDTH)) {
                let (from, to) = (from[k * from_row + p..].as_ptr(), to[p * to_row + k..].as_mut_ptr());
                // SAFETY: the caller has the instructions, and the square is inside by the lengths checked above.
                unsafe { V::turn(from, from_row, to, to_row) };
            }
        }
    }
    let sizes = [rows, columns];
    on_registers!(
        level(),
        body(from: &[Scalar], from_row: usize, sizes: [usize; 2], to: &mut [Scalar], to_row: usize)
    );
    if rows < to_row {
        to.chunks_exact_mut(to_row).take(columns).for_each(|row| row[rows..].fill(0.0));
    }
}
