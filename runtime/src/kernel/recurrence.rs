//! A recurrence with one state over a whole sequence, and back-propagation through time: GRU and the plain
//! recurrent cell.
//!
//! **Formula.** With `i = x·W_ihᵀ + b_ih` and `r = h·W_hhᵀ + b_hh`, a [`Cell`] computes the next state from
//! `i`, `r` and `h`.
//!
//! **Layout and blocking** are those of `lstm`: one matmul before the loop computes `i` for all steps, rows
//! are [sorted](Sizes::sort), and one thread runs a block of rows through the whole sequence. The bottleneck
//! is the matmul with the recurrent weight in each step.

mod gru;
mod rnn;

pub(crate) use gru::Gru;
pub(crate) use rnn::{Relu, Tanh};

use super::gemm::{Panels, plain, transposed};
pub(crate) use super::lstm::Sizes;
use super::pool::{self, Pieces};
use crate::Scalar;

/// The elementwise part of a step for one row.
pub(crate) trait Cell: Copy + Send + Sync + 'static {
    /// The number of pre-activations per hidden unit.
    const GATES: usize;

    /// Computes the next state of a row.
    ///
    /// On entry `gates: [GATES, hidden]` contains the contribution of the input to the pre-activations; on
    /// return it contains the values that `backward` needs. `recurrent: [GATES, hidden]` contains the
    /// contribution of the state.
    fn forward(gates: &mut [Scalar], recurrent: &[Scalar], state: &[Scalar], next: &mut [Scalar]);

    /// Back-propagates through the step of a row.
    ///
    /// `gates`, `recurrent` and `state` are the arguments of `forward` after the call. `output` is the
    /// gradient of the step's output. On entry `carry` contains the gradient from the following step. On
    /// return it contains the gradient of the previous state, without the path through the recurrent weight.
    /// `to_gates` and `to_recurrent` receive the gradients of the two contributions to the pre-activations.
    fn backward(
        saved: [&[Scalar]; 3],
        output: &[Scalar],
        carry: &mut [Scalar],
        to_gates: &mut [Scalar],
        to_recurrent: &mut [Scalar],
    );
}

/// The lengths of the packed recurrent weight in the forward pass and in the backward pass.
pub(crate) fn workspace<C: Cell>(hidden: usize) -> [usize; 2] {
    [Panels::packed_len(hidden, C::GATES * hidden), Panels::packed_len(C::GATES * hidden, hidden)]
}

/// The arguments of the forward pass over all steps.
pub(crate) struct Forward<'a> {
    pub(crate) sizes: Sizes,
    /// The recurrent weight, `[GATES hidden, hidden]`.
    pub(crate) weight: &'a [Scalar],
    /// A buffer for the packed weight, of the length of [`workspace`].
    pub(crate) workspace: &'a mut [Scalar],
    /// The recurrent bias, `[GATES hidden]`.
    pub(crate) bias: &'a [Scalar],
    /// The initial state, `[batch, hidden]`.
    pub(crate) start: &'a [Scalar],
    /// On entry the contribution of the inputs to the pre-activations; on return the gates. The rows are in
    /// the order of `Sizes::sort`, `[.., GATES hidden]`.
    pub(crate) gates: &'a mut [Scalar],
    /// Receives the contribution of the states to the pre-activations. The rows are in the order of
    /// `Sizes::sort`, `[.., GATES hidden]`.
    pub(crate) recurrent: &'a mut [Scalar],
    /// Receives the state before each step. The rows are in the order of `Sizes::sort`, `[.., hidden]`.
    pub(crate) before: &'a mut [Scalar],
    /// Receives the state after each step, `[batch, time, hidden]`.
    pub(crate) output: &'a mut [Scalar],
    /// Receives the state after the last step, `[batch, hidden]`.
    pub(crate) last: &'a mut [Scalar],
}

impl Forward<'_> {
    pub(crate) fn run<C: Cell>(self) {
        let sizes = self.sizes;
        let Sizes { time, hidden, .. } = sizes;
        let width = C::GATES * hidden;
        let weight = Panels::pack(hidden, width, transposed(self.weight), self.workspace);
        let [gates, recurrent, before, output, last] =
            [self.gates, self.recurrent, self.before, self.output, self.last].map(Pieces::new);
        let (bias, start) = (self.bias, self.start);
        pool::run(sizes.blocks(), |number| {
            let block = sizes.block(number);
            let (all, rows) = (block.first * time, block.rows);
            // SAFETY: the slices are borrowed until `run` returns, and the blocks have disjoint rows in all
            // of them.
            let piece = |pieces: Pieces<Scalar>, row: usize, rows: usize, width: usize| unsafe {
                pieces.piece(row * width, rows * width)
            };
            let gates = piece(gates, all, rows * time, width);
            let recurrent = piece(recurrent, all, rows * time, width);
            let before = piece(before, all, rows * time, hidden);
            let output = piece(output, all, rows * time, hidden);
            let last = piece(last, block.first, rows, hidden);
            last.copy_from_slice(&start[block.first * hidden..][..rows * hidden]);
            for step in 0..time {
                let state = &mut before[step * rows * hidden..][..rows * hidden];
                state.copy_from_slice(last);
                let recurrent = &mut recurrent[step * rows * width..][..rows * width];
                recurrent.chunks_exact_mut(width.max(1)).for_each(|row| row.copy_from_slice(bias));
                weight.matmul(rows, plain(state), recurrent, true);
                for row in 0..rows {
                    let units = row * hidden..(row + 1) * hidden;
                    let gates = &mut gates[(step * rows + row) * width..][..width];
                    let recurrent = &recurrent[row * width..][..width];
                    C::forward(gates, recurrent, &state[units.clone()], &mut last[units.clone()]);
                    let to = (row * time + sizes.position(step)) * hidden;
                    output[to..][..hidden].copy_from_slice(&last[units]);
                }
            }
        });
    }
}

/// The arguments of the backward pass over all steps.
pub(crate) struct Backward<'a> {
    pub(crate) sizes: Sizes,
    /// The recurrent weight, `[GATES hidden, hidden]`.
    pub(crate) weight: &'a [Scalar],
    /// A buffer for the packed weight, of the length of [`workspace`].
    pub(crate) workspace: &'a mut [Scalar],
    /// The gates, the recurrent contributions and the states before each step, which [`Forward`] stored.
    pub(crate) saved: [&'a [Scalar]; 3],
    /// The gradient of the states after each step, `[batch, time, hidden]`.
    pub(crate) output: &'a [Scalar],
    /// On entry the gradient of the last state; on return the gradient of the initial state,
    /// `[batch, hidden]`.
    pub(crate) carry: &'a mut [Scalar],
    /// Receive the gradients of the two contributions to the pre-activations. The rows are in the order of
    /// `Sizes::sort`, `[.., GATES hidden]` each.
    pub(crate) sums: [&'a mut [Scalar]; 2],
}

impl Backward<'_> {
    pub(crate) fn run<C: Cell>(self) {
        let sizes = self.sizes;
        let Sizes { time, hidden, .. } = sizes;
        let width = C::GATES * hidden;
        let weight = Panels::pack(width, hidden, plain(self.weight), self.workspace);
        let ([to_gates, to_recurrent], carry) = (self.sums.map(Pieces::new), Pieces::new(self.carry));
        let ([gates, recurrent, before], output) = (self.saved, self.output);
        pool::run(sizes.blocks(), |number| {
            let block = sizes.block(number);
            let (all, rows) = (block.first * time, block.rows);
            // SAFETY: the slices are borrowed until `run` returns, and the blocks have disjoint rows in all
            // of them.
            let piece = |pieces: Pieces<Scalar>, row: usize, rows: usize, width: usize| unsafe {
                pieces.piece(row * width, rows * width)
            };
            let to_gates = piece(to_gates, all, rows * time, width);
            let to_recurrent = piece(to_recurrent, all, rows * time, width);
            let carry = piece(carry, block.first, rows, hidden);
            for step in (0..time).rev() {
                let to_recurrent = &mut to_recurrent[step * rows * width..][..rows * width];
                for row in 0..rows {
                    let sorted = all + step * rows + row;
                    let given = all + row * time + sizes.position(step);
                    C::backward(
                        [
                            &gates[sorted * width..][..width],
                            &recurrent[sorted * width..][..width],
                            &before[sorted * hidden..][..hidden],
                        ],
                        &output[given * hidden..][..hidden],
                        &mut carry[row * hidden..][..hidden],
                        &mut to_gates[(step * rows + row) * width..][..width],
                        &mut to_recurrent[row * width..][..width],
                    );
                }
                weight.matmul(rows, plain(to_recurrent), carry, true);
            }
        });
    }
}
