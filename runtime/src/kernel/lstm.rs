//! LSTM over a whole sequence, and back-propagation through time.
//!
//! **Formula.** `(i f g o) = x·W_ihᵀ + h·W_hhᵀ + b`, followed by the sigmoid for `i f o` and by
//! `tanh` for `g`; `c' = f c + i g`, `h' = o tanh c'`.
//!
//! **Layout.** Before the loop, one matmul multiplies the inputs of all steps by the input weight.
//! After the loop, one matmul per weight computes the weight's gradient. Within the loop, rows are
//! [sorted](Sizes::sort): the batch is split into blocks, and each block stores its steps one after
//! another, so that a step is contiguous. The stored state and cell are the values *before* each
//! step. The step and the gradient of the recurrent weight read them.
//!
//! **Blocking.** Rows of a batch are independent within the recurrence. One thread therefore runs a
//! block through the whole sequence, and threads do not synchronise per step. The bound is the
//! step's matmul: the recurrent weight is read from L2 once per step, for all rows of the block.

mod gates;
mod layout;

pub(crate) use layout::Sizes;

use super::gemm::{Panels, plain, transposed};
use super::pool::{self, Pieces};
use crate::Scalar;

/// The arguments of the forward pass over all steps.
pub(crate) struct Forward<'a> {
    pub(crate) sizes: Sizes,
    /// The recurrent weight, `[4 hidden, hidden]`.
    pub(crate) weight: &'a [Scalar],
    /// A buffer for the packed weight, of length [`Sizes::workspace`].
    pub(crate) workspace: &'a mut [Scalar],
    /// The sum of both biases, `[4 hidden]`.
    pub(crate) bias: &'a [Scalar],
    /// The initial state and the initial cell, `[batch, hidden]` each.
    pub(crate) start: [&'a [Scalar]; 2],
    /// Contains the part of the pre-activations that depends on the inputs, and receives the gates.
    /// The rows are in the order of `Sizes::sort`, `[.., 4 hidden]`.
    pub(crate) gates: &'a mut [Scalar],
    /// Receives the state and the cell from before each step. The rows are in the order of
    /// `Sizes::sort`, `[.., hidden]` each.
    pub(crate) before: [&'a mut [Scalar]; 2],
    /// Receives `tanh` of the cell after each step. The rows are in the order of `Sizes::sort`,
    /// `[.., hidden]`.
    pub(crate) bounded: &'a mut [Scalar],
    /// Receives the state after each step, `[batch, time, hidden]`.
    pub(crate) output: &'a mut [Scalar],
    /// Receives state and cell after the last step, `[batch, hidden]` each.
    pub(crate) last: [&'a mut [Scalar]; 2],
}

impl Forward<'_> {
    pub(crate) fn run(self) {
        let sizes = self.sizes;
        let Sizes { time, hidden, .. } = sizes;
        let (gates, bounded) = (Pieces::new(self.gates), Pieces::new(self.bounded));
        let (before, last) = (self.before.map(Pieces::new), self.last.map(Pieces::new));
        let output = Pieces::new(self.output);
        let weight = Panels::pack(hidden, 4 * hidden, transposed(self.weight), self.workspace);
        let (bias, start) = (self.bias, self.start);
        pool::run(sizes.blocks(), |number| {
            let block = sizes.block(number);
            let all = block.first * time;
            // SAFETY: the slices are borrowed until `run` returns, and the blocks have disjoint rows in all of them.
            let piece = |pieces: Pieces<Scalar>, row: usize, rows: usize, width: usize| unsafe {
                pieces.piece(row * width, rows * width)
            };
            let steps = ForwardSteps {
                sizes,
                rows: block.rows,
                weight,
                bias,
                start: start.map(|start| part(start, block.first * hidden, block.rows * hidden)),
                gates: piece(gates, all, block.rows * time, 4 * hidden),
                before: before.map(|pieces| piece(pieces, all, block.rows * time, hidden)),
                bounded: piece(bounded, all, block.rows * time, hidden),
                output: piece(output, all, block.rows * time, hidden),
                last: last.map(|pieces| piece(pieces, block.first, block.rows, hidden)),
            };
            steps.run();
        });
    }
}

/// The forward pass of one block of rows over all steps. The fields contain the block's parts of
/// the slices of [`Forward`].
struct ForwardSteps<'a> {
    sizes: Sizes,
    rows: usize,
    weight: Panels<'a>,
    bias: &'a [Scalar],
    start: [&'a [Scalar]; 2],
    gates: &'a mut [Scalar],
    before: [&'a mut [Scalar]; 2],
    bounded: &'a mut [Scalar],
    output: &'a mut [Scalar],
    last: [&'a mut [Scalar]; 2],
}

impl ForwardSteps<'_> {
    fn run(self) {
        let Self { sizes, rows, weight, bias, start, gates, before, bounded, output, last } = self;
        let ([states, cells], [last_state, last_cell]) = (before, last);
        let Sizes { time, hidden, .. } = sizes;
        let size = rows * hidden;
        if time == 0 {
            last_state.copy_from_slice(start[0]);
            last_cell.copy_from_slice(start[1]);
            return;
        }
        states[..size].copy_from_slice(start[0]);
        cells[..size].copy_from_slice(start[1]);
        for step in 0..time {
            let gates = &mut gates[step * 4 * size..][..4 * size];
            let (state, next_states) = states[step * size..].split_at_mut(size);
            let (cell, next_cells) = cells[step * size..].split_at_mut(size);
            weight.matmul(rows, plain(state), gates, true);
            let is_last = step + 1 == time;
            let next_states = if is_last { &mut *last_state } else { &mut next_states[..size] };
            let next_cells = if is_last { &mut *last_cell } else { &mut next_cells[..size] };
            let bounded = &mut bounded[step * size..][..size];
            let position = sizes.position(step);
            for row in 0..rows {
                let units = row * hidden..(row + 1) * hidden;
                gates::forward(
                    bias,
                    &mut gates[row * 4 * hidden..][..4 * hidden],
                    &cell[units.clone()],
                    &mut next_cells[units.clone()],
                    &mut bounded[units.clone()],
                    &mut next_states[units.clone()],
                );
                output[(row * time + position) * hidden..][..hidden].copy_from_slice(&next_states[units]);
            }
        }
    }
}

/// The arguments of the backward pass over all steps.
pub(crate) struct Backward<'a> {
    pub(crate) sizes: Sizes,
    /// The recurrent weight, `[4 hidden, hidden]`.
    pub(crate) weight: &'a [Scalar],
    /// A buffer for the packed weight, of length [`Sizes::workspace`].
    pub(crate) workspace: &'a mut [Scalar],
    /// The gates that [`Forward`] computed. The rows are in the order of `Sizes::sort`.
    pub(crate) gates: &'a [Scalar],
    /// The cells before each step, which [`Forward`] stored. The rows are in the order of
    /// `Sizes::sort`.
    pub(crate) cells: &'a [Scalar],
    /// The `tanh` of the cell after each step, which [`Forward`] stored. The rows are in the order
    /// of `Sizes::sort`.
    pub(crate) bounded: &'a [Scalar],
    /// The gradient of the states after each step, `[batch, time, hidden]`.
    pub(crate) output: &'a [Scalar],
    /// Contains the gradients of the last state and cell, and receives the gradients of the initial
    /// state and cell. Each has the shape `[batch, hidden]`.
    pub(crate) carry: [&'a mut [Scalar]; 2],
    /// Whether the gradient of the initial state is needed.
    pub(crate) to_the_start: bool,
    /// Receives the gradients of the pre-activations. The rows are in the order of `Sizes::sort`,
    /// `[.., 4 hidden]`.
    pub(crate) sums: &'a mut [Scalar],
}

impl Backward<'_> {
    pub(crate) fn run(self) {
        let sizes = self.sizes;
        let Sizes { time, hidden, .. } = sizes;
        let (sums, carry) = (Pieces::new(self.sums), self.carry.map(Pieces::new));
        let weight = Panels::pack(4 * hidden, hidden, plain(self.weight), self.workspace);
        let to_the_start = self.to_the_start;
        let (gates, cells, bounded, output) = (self.gates, self.cells, self.bounded, self.output);
        pool::run(sizes.blocks(), |number| {
            let block = sizes.block(number);
            let part = |slice, width| part(slice, block.first * time * width, block.rows * time * width);
            // SAFETY: the slices are borrowed until `run` returns, and the blocks have disjoint rows in all of them.
            let sums = unsafe { sums.piece(block.first * time * 4 * hidden, block.rows * time * 4 * hidden) };
            // SAFETY: the gradients are borrowed until `run` returns, and the blocks have disjoint rows.
            let carry = carry.map(|c| unsafe { c.piece(block.first * hidden, block.rows * hidden) });
            let steps = BackwardSteps {
                sizes,
                rows: block.rows,
                weight,
                gates: part(gates, 4 * hidden),
                cells: part(cells, hidden),
                bounded: part(bounded, hidden),
                output: part(output, hidden),
                carry,
                to_the_start,
                sums,
            };
            steps.run();
        });
    }
}

fn part(slice: &[Scalar], start: usize, len: usize) -> &[Scalar] {
    &slice[start..][..len]
}

/// The backward pass of one block of rows, from the last step to the first. The fields contain the
/// block's parts of the slices of [`Backward`].
struct BackwardSteps<'a> {
    sizes: Sizes,
    rows: usize,
    weight: Panels<'a>,
    gates: &'a [Scalar],
    cells: &'a [Scalar],
    bounded: &'a [Scalar],
    output: &'a [Scalar],
    carry: [&'a mut [Scalar]; 2],
    to_the_start: bool,
    sums: &'a mut [Scalar],
}

impl BackwardSteps<'_> {
    fn run(self) {
        let Self { sizes, rows, weight, gates, cells, bounded, output, carry, to_the_start, sums } = self;
        let [state_carry, cell_carry] = carry;
        let Sizes { time, hidden, .. } = sizes;
        let size = rows * hidden;
        for step in (0..time).rev() {
            let position = sizes.position(step);
            let sums = &mut sums[step * 4 * size..][..4 * size];
            for row in 0..rows {
                let units = row * hidden..(row + 1) * hidden;
                gates::backward(
                    part(gates, (step * rows + row) * 4 * hidden, 4 * hidden),
                    part(cells, (step * rows + row) * hidden, hidden),
                    part(bounded, (step * rows + row) * hidden, hidden),
                    part(output, (row * time + position) * hidden, hidden),
                    &state_carry[units.clone()],
                    &mut cell_carry[units],
                    &mut sums[row * 4 * hidden..][..4 * hidden],
                );
            }
            if step > 0 || to_the_start {
                weight.matmul(rows, plain(sums), state_carry, false);
            }
        }
    }
}
