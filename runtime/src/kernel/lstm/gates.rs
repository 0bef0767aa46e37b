//! What happens to one row between the products: the gates and the cell, forward and back, in one pass each.
//!
//! The loops take every stream of numbers as an argument of its own. That way the compiler knows that none overlaps
//! another and vectorises them whole; a table of slices would make it give up. The bound is that of the divisions and
//! polynomials forward, and of reading and writing the gates back.
#![expect(clippy::too_many_arguments, reason = "see above")]

use crate::Scalar;
use crate::kernel::math::{sigmoid, tanh};
use crate::kernel::simd::{dispatch, level};

/// Opens the gates of one row: `gates: [4, hidden]` are the sums `i f g o` but for the bias, and become the gates;
/// from the cell before they make the cell, its `tanh` and the state after the step.
pub(super) fn open(
    bias: &[Scalar],
    gates: &mut [Scalar],
    cell: &[Scalar],
    next_cell: &mut [Scalar],
    bounded: &mut [Scalar],
    state: &mut [Scalar],
) {
    #[inline(always)]
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
    let [bi, bf, bg, bo] = quarters(bias);
    let [i, f, g, o] = quarters_mut(gates);
    dispatch!(level(), [] body(
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
    ));
}

/// Brings gradients back through the gates of one row.
///
/// The state's gradient comes in two parts, from the step's output and from the step behind it; the cell's is
/// replaced by that of the cell before. `sums: [4, hidden]` becomes the gradient of the sums under the gates.
pub(super) fn close(
    gates: &[Scalar],
    cell: &[Scalar],
    bounded: &[Scalar],
    output: &[Scalar],
    state: &[Scalar],
    carry: &mut [Scalar],
    sums: &mut [Scalar],
) {
    #[inline(always)]
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
    let [i, f, g, o] = quarters(gates);
    let [di, df, dg, d_o] = quarters_mut(sums);
    dispatch!(level(), [] body(
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
    ));
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
