//! The passes that convert between images and transformed points, for the tiles of one image in a group.
//!
//! A band of the image is loaded into registers of channels (`layout`), and each of its tiles is transformed
//! to points or from points (`transforms`). Points are stored as `[point][tile][channel]`, so that each point
//! is a matrix. The bound is L2.

use super::Finish;
use super::layout::{load, store};
use super::plan::{POINTS, Piece, Plan};
use super::square::{Square, on_registers};
use super::tile::width;
use super::transforms::{Input, InputGradient, Output, OutputGradient, Weight, WeightGradient, square};
use crate::Scalar;
use crate::kernel::lines::LINE;
use crate::kernel::pool::{self, Pieces};
use crate::kernel::simd::Level;

/// Transforms the weight to points. For each point the result is the right-hand side `[depth, columns]` of a
/// GEMM, in panels. Tap `t` of the kernel for row `l` and column `j` is
/// `w[l · strides.0 + j · strides.1 + t]`.
pub(super) fn windows(
    level: Level,
    [depth, columns]: [usize; 2],
    strides: (usize, usize),
    w: &[Scalar],
    points: &mut [Scalar],
) {
    on_registers!(
        fn body<V: Square>(
            sizes: [usize; 3],
            strides: (usize, usize),
            w: &[Scalar],
            panel: &mut [Scalar],
            width: usize,
        ) {
            let [depth, first, count] = sizes;
            assert!(panel.len() >= POINTS * depth * width && width.is_multiple_of(V::WIDTH));
            for l in 0..depth {
                for block in (0..width).step_by(V::WIDTH) {
                    let mut taps = [[0.0; LINE]; 9];
                    for column in block..(block + V::WIDTH).min(count) {
                        let from = &w[l * strides.0 + (first + column) * strides.1..][..9];
                        for (tap, from) in taps.iter_mut().zip(from) {
                            tap[column - block] = *from;
                        }
                    }
                    let panel = panel.as_mut_ptr();
                    // SAFETY: `V` is the register type that this version was compiled for. A row of `taps` holds a
                    // register, and all points of this row and block are within the panel, by the assertion above.
                    unsafe {
                        square::<V, Weight, 6, 3>(
                            |r, s| V::load(taps[3 * r + s].as_ptr()),
                            |i, j, u| u.store(panel.add(((6 * i + j) * depth + l) * width + block)),
                        );
                    }
                }
            }
        }
    );
    let width = width(level);
    pool::chunks([points], POINTS * depth * width, |number, [panel]| {
        let sizes = [depth, number * width, width.min(columns - number * width)];
        body(sizes, strides, w, panel, width);
    });
}

on_registers!(
    /// Transforms the input's tiles to points, `[point][tile][channel]`.
    pub(super) fn input_points<V: Square>(
        plan: &Plan,
        piece: Piece,
        x: &[Scalar],
        stage: &mut [Scalar],
        points: &mut [Scalar],
    ) {
        let (channels, pixels) = (plan.sizes.channels, plan.sizes.pixels());
        let tiles = piece.rows * plan.tiles[1];
        assert!(
            points.len() >= (POINTS - 1) * plan.channel_points + (piece.tile + tiles) * plan.channels
                && stage.len() >= (4 * piece.rows + 2) * plan.columns() * V::WIDTH
        );
        for channel in (0..channels).step_by(V::WIDTH) {
            let x = &x[(piece.image * channels + channel) * pixels..];
            // SAFETY: `V` is the register type that this version was compiled for. By the assertions above every tile
            // is within the stage, and every point within `points`.
            unsafe {
                load::<V>(plan.input_band(piece, channel), x, stage);
                for tile in 0..tiles {
                    let (ty, tx) = (tile / plan.tiles[1], tile % plan.tiles[1]);
                    let from = stage.as_ptr().add((4 * ty * plan.columns() + 4 * tx) * V::WIDTH);
                    let to = points.as_mut_ptr().add((piece.tile + tile) * plan.channels + channel);
                    square::<V, Input, 6, 6>(
                        |i, j| V::load(from.add((i * plan.columns() + j) * V::WIDTH)),
                        |i, j, v| v.store(to.add((6 * i + j) * plan.channel_points)),
                    );
                }
            }
        }
    }
);

on_registers!(
    /// Transforms the tiles of the output's gradient to points, `[point][tile][output]`.
    pub(super) fn gradient_points<V: Square>(
        plan: &Plan,
        piece: Piece,
        g: &[Scalar],
        stage: &mut [Scalar],
        points: &mut [Scalar],
    ) {
        let (outputs, positions) = (plan.sizes.outputs, plan.sizes.positions());
        let (tiles, columns) = (piece.rows * plan.tiles[1], 4 * plan.tiles[1]);
        assert!(
            points.len() >= (POINTS - 1) * plan.output_points + (piece.tile + tiles) * plan.outputs
                && stage.len() >= 4 * piece.rows * columns * V::WIDTH
        );
        for output in (0..outputs).step_by(V::WIDTH) {
            let g = &g[(piece.image * outputs + output) * positions..];
            // SAFETY: `V` is the register type that this version was compiled for. By the assertions above every tile
            // is within the stage, and every point within `points`.
            unsafe {
                load::<V>(plan.output_band(piece, output), g, stage);
                for tile in 0..tiles {
                    let (ty, tx) = (tile / plan.tiles[1], tile % plan.tiles[1]);
                    let from = stage.as_ptr().add((4 * ty * columns + 4 * tx) * V::WIDTH);
                    let to = points.as_mut_ptr().add((piece.tile + tile) * plan.outputs + output);
                    square::<V, OutputGradient, 6, 4>(
                        |i, j| V::load(from.add((i * columns + j) * V::WIDTH)),
                        |i, j, v| v.store(to.add((6 * i + j) * plan.output_points)),
                    );
                }
            }
        }
    }
);

on_registers!(
    /// Transforms summed points to output tiles, adds the bias and applies the ReLU.
    pub(super) fn outputs<V: Square>(
        plan: &Plan,
        piece: Piece,
        sums: &[Scalar],
        finish: Finish<'_>,
        stage: &mut [Scalar],
        y: Pieces<Scalar>,
    ) {
        let (outputs, positions) = (plan.sizes.outputs, plan.sizes.positions());
        let (tiles, columns) = (piece.rows * plan.tiles[1], 4 * plan.tiles[1]);
        assert!(
            sums.len() >= (POINTS - 1) * plan.output_points + (piece.tile + tiles) * plan.outputs
                && stage.len() >= 4 * piece.rows * columns * V::WIDTH
        );
        for output in (0..outputs).step_by(V::WIDTH) {
            let mut biases = [0.0; LINE];
            for (number, bias) in biases.iter_mut().enumerate().take(V::WIDTH.min(outputs - output)) {
                *bias = finish.bias_of(output + number);
            }
            let band = plan.output_band(piece, output);
            // SAFETY: `V` is the register type that this version was compiled for. By the assertions above every point
            // is within the sums, and every tile within the stage. Only this part accesses the output rows of this
            // piece.
            unsafe {
                let bias = V::load(biases.as_ptr());
                for tile in 0..tiles {
                    let (ty, tx) = (tile / plan.tiles[1], tile % plan.tiles[1]);
                    let from = sums.as_ptr().add((piece.tile + tile) * plan.outputs + output);
                    let to = stage.as_mut_ptr().add((4 * ty * columns + 4 * tx) * V::WIDTH);
                    square::<V, Output, 4, 6>(
                        |i, j| V::load(from.add((6 * i + j) * plan.output_points)),
                        |i, j, v| {
                            let v = v.add(bias);
                            let v = if finish.relu { v.rectify() } else { v };
                            v.store(to.add((i * columns + j) * V::WIDTH));
                        },
                    );
                }
                let start = (piece.image * outputs + output) * positions;
                store::<V>(band, stage, y, start);
            }
        }
    }
);

on_registers!(
    /// Transforms points to the input's gradient. The values of overlapping tiles are added. The
    /// last two rows of a band overlap the next band of the image, and are carried over to that
    /// band.
    pub(super) fn input_gradient<V: Square>(
        plan: &Plan,
        piece: Piece,
        points: &[Scalar],
        stage: &mut [Scalar],
        carry: &mut [Scalar],
        dx: Pieces<Scalar>,
    ) {
        let (channels, pixels) = (plan.sizes.channels, plan.sizes.pixels());
        let (tiles, row) = (piece.rows * plan.tiles[1], plan.columns() * V::WIDTH);
        let stage = &mut stage[..(4 * piece.rows + 2) * row];
        assert!(points.len() >= (POINTS - 1) * plan.channel_points + (piece.tile + tiles) * plan.channels);
        let is_last = piece.row + piece.rows == plan.tiles[0];
        for (block, carry) in carry.chunks_exact_mut(2 * row).enumerate() {
            let channel = block * V::WIDTH;
            let mut band = plan.input_band(piece, channel);
            stage.fill(0.0);
            if piece.row > 0 {
                stage[..2 * row].copy_from_slice(carry);
            }
            // SAFETY: `V` is the register type that this version was compiled for. By the assertions above every point
            // is within `points`, and every tile within the stage. Only this part accesses the gradient rows of this
            // image.
            unsafe {
                for tile in 0..tiles {
                    let (ty, tx) = (tile / plan.tiles[1], tile % plan.tiles[1]);
                    let from = points.as_ptr().add((piece.tile + tile) * plan.channels + channel);
                    let to = stage.as_mut_ptr().add((4 * ty * plan.columns() + 4 * tx) * V::WIDTH);
                    square::<V, InputGradient, 6, 6>(
                        |i, j| V::load(from.add((6 * i + j) * plan.channel_points)),
                        |i, j, v| {
                            let to = to.add((i * plan.columns() + j) * V::WIDTH);
                            V::load(to).add(v).store(to);
                        },
                    );
                }
                if !is_last {
                    carry.copy_from_slice(&stage[stage.len() - 2 * row..]);
                    band.rows -= 2;
                }
                store::<V>(band, stage, dx, (piece.image * channels + channel) * pixels);
            }
        }
    }
);

/// Computes the weight's gradient: adds the partial sums of all runs in order, and transforms the total.
pub(super) fn weight_gradient(plan: &Plan, sums: &[Scalar], dw: &mut [Scalar]) {
    on_registers!(
        fn body<V: Square>(plan: &Plan, sums: &[Scalar], channel: usize, dw: Pieces<Scalar>) {
            let (channels, outputs) = (plan.sizes.channels, plan.sizes.outputs);
            assert!(sums.len() >= plan.sums() * plan.sum_len());
            for output in (0..outputs).step_by(V::WIDTH) {
                let mut taps = [[0.0; LINE]; 9];
                // SAFETY: `V` is the register type that this version was compiled for. The sums are long enough by the
                // assertion above, and a row of `taps` holds a register.
                unsafe {
                    square::<V, WeightGradient, 3, 6>(
                        |i, j| {
                            let from =
                                sums.as_ptr().add(((6 * i + j) * channels + channel) * plan.outputs + output);
                            let mut total = V::load(from);
                            for number in 1..plan.sums() {
                                total = total.add(V::load(from.add(number * plan.sum_len())));
                            }
                            total
                        },
                        |r, s, v| v.store(taps[3 * r + s].as_mut_ptr()),
                    );
                }
                for number in 0..V::WIDTH.min(outputs - output) {
                    // SAFETY: the gradient is borrowed until `run` returns, and each part has its own channel.
                    let to = unsafe { dw.piece(((output + number) * channels + channel) * 9, 9) };
                    to.iter_mut().zip(&taps).for_each(|(to, tap)| *to = tap[number]);
                }
            }
        }
    );
    let (sums, dw) = (&sums[..plan.sums() * plan.sum_len()], Pieces::new(dw));
    pool::run(plan.sizes.channels, |channel| {
        body(plan, sums, channel, dw);
    });
}
