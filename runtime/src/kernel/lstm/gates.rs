//! The elementwise part of a step for one row. The forward pass and the backward pass each process
//! the gates and the cell in one loop.
//!
//! Each stream of elements is a parameter of its own. The compiler then knows that the streams do not
//! overlap, and vectorises the loops. With an array of slices the compiler would not vectorise.
//!
//! The forward pass is limited by its divisions and polynomials, and the backward pass is limited
//! by the memory traffic of the gates.
#![expect(clippy::too_many_arguments, reason = "see above")]

use crate::Scalar;
use crate::kernel::math::{sigmoid, tanh};
use crate::kernel::simd::multiversioned;

/// Computes gates, cell and state of one row.
///
/// `gates: [4, hidden]` contains the pre-activations `i f g o` without the bias and receives the
/// gates. `next_cell`, `bounded` and `state` receive the cell after the step, its `tanh` and the
/// state.
pub(super) fn forward(
    bias: &[Scalar],
    gates: &mut [Scalar],
    cell: &[Scalar],
    next_cell: &mut [Scalar],
    bounded: &mut [Scalar],
    state: &mut [Scalar],
) {
    multiversioned!(
        fn body(
            bi: &[Scalar],
            bf: &[Scalar],
            bg: &[Scalar],
            bo: &[Scalar],
            i: &mut [Scalar],
            f: &mut [Scalar],
            g: &mut [Scalar],
            o: &mut [Scalar],
            cell: &[Scalar],
            next_cell: &mut [Scalar],
            bounded: &mut [Scalar],
            state: &mut [Scalar],
        ) {
            let n = cell.len();
            let (i, f, g, o) = (&mut i[..n], &mut f[..n], &mut g[..n], &mut o[..n]);
            let (next_cell, bounded, state) = (&mut next_cell[..n], &mut bounded[..n], &mut state[..n]);
            let (bi, bf, bg, bo) = (&bi[..n], &bf[..n], &bg[..n], &bo[..n]);
            for u in 0..n {
                i[u] = sigmoid(i[u] + bi[u]);
                f[u] = sigmoid(f[u] + bf[u]);
                g[u] = tanh(g[u] + bg[u]);
                o[u] = sigmoid(o[u] + bo[u]);
                next_cell[u] = f[u] * cell[u] + i[u] * g[u];
                bounded[u] = tanh(next_cell[u]);
                state[u] = o[u] * bounded[u];
            }
        }
    );
    let [bi, bf, bg, bo] = quarters(bias);
    let [i, f, g, o] = quarters_mut(gates);
    body(bi, bf, bg, bo, i, f, g, o, cell, next_cell, bounded, state);
}

/// Back-propagates through the gates of one row.
///
/// The gradient of the state is `output + state`: `output` is the gradient from the step's output,
/// and `state` is the gradient from the following step. `carry` contains the gradient of the cell
/// and receives the gradient of the previous cell. `sums: [4, hidden]` receives the gradient of the
/// pre-activations.
pub(super) fn backward(
    gates: &[Scalar],
    cell: &[Scalar],
    bounded: &[Scalar],
    output: &[Scalar],
    state: &[Scalar],
    carry: &mut [Scalar],
    sums: &mut [Scalar],
) {
    multiversioned!(
        fn body(
            i: &[Scalar],
            f: &[Scalar],
            g: &[Scalar],
            o: &[Scalar],
            cell: &[Scalar],
            bounded: &[Scalar],
            output: &[Scalar],
            state: &[Scalar],
            carry: &mut [Scalar],
            di: &mut [Scalar],
            df: &mut [Scalar],
            dg: &mut [Scalar],
            d_o: &mut [Scalar],
        ) {
            let n = cell.len();
            let (i, f, g, o) = (&i[..n], &f[..n], &g[..n], &o[..n]);
            let (bounded, output, state, carry) = (&bounded[..n], &output[..n], &state[..n], &mut carry[..n]);
            let (di, df, dg, d_o) = (&mut di[..n], &mut df[..n], &mut dg[..n], &mut d_o[..n]);
            for u in 0..n {
                let (i, f, g, o, t) = (i[u], f[u], g[u], o[u], bounded[u]);
                let dh = output[u] + state[u];
                let dc = carry[u] + dh * o * (1.0 - t * t);
                di[u] = dc * g * i * (1.0 - i);
                df[u] = dc * cell[u] * f * (1.0 - f);
                dg[u] = dc * i * (1.0 - g * g);
                d_o[u] = dh * t * o * (1.0 - o);
                carry[u] = dc * f;
            }
        }
    );
    let [i, f, g, o] = quarters(gates);
    let [di, df, dg, d_o] = quarters_mut(sums);
    body(i, f, g, o, cell, bounded, output, state, carry, di, df, dg, d_o);
}

fn quarters(all: &[Scalar]) -> [&[Scalar]; 4] {
    let size = all.len() / 4;
    std::array::from_fn(|quarter| &all[quarter * size..][..size])
}

fn quarters_mut(all: &mut [Scalar]) -> [&mut [Scalar]; 4] {
    let (front, back) = all.split_at_mut(all.len() / 2);
    let size = front.len() / 2;
    let ((i, f), (g, o)) = (front.split_at_mut(size), back.split_at_mut(size));
    [i, f, g, o]
}
