//! What happens to one row between the products: the gates and the cell, forward and back, in one pass each.
//!
//! Everything is done in lanes as wide as a cache line, held in local arrays: with ten slices at hand the compiler
//! could not prove that they do not overlap, and would not vectorise. The bound is that of `exp` and the divisions.

use crate::Scalar;
use crate::kernel::lines::LINE;
use crate::kernel::math::{sigmoid, tanh};
use crate::kernel::simd::{dispatch, level};

type Lanes = [Scalar; LINE];

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
        bias: &[Scalar],
        gates: &mut [Scalar],
        cell: &[Scalar],
        next_cell: &mut [Scalar],
        bounded: &mut [Scalar],
        state: &mut [Scalar],
    ) {
        let hidden = cell.len();
        for at in (0..hidden).step_by(LINE) {
            let count = LINE.min(hidden - at);
            let [mut i, mut f, mut g, mut o] = quarters(gates, hidden, at, count);
            let [bi, bf, bg, bo] = quarters(bias, hidden, at, count);
            let mut c = load(cell, at, count);
            let (mut t, mut h) = ([0.0; LINE], [0.0; LINE]);
            for l in 0..LINE {
                i[l] = sigmoid(i[l] + bi[l]);
                f[l] = sigmoid(f[l] + bf[l]);
                g[l] = tanh(g[l] + bg[l]);
                o[l] = sigmoid(o[l] + bo[l]);
                c[l] = f[l] * c[l] + i[l] * g[l];
                t[l] = tanh(c[l]);
                h[l] = o[l] * t[l];
            }
            for (quarter, lanes) in [i, f, g, o].iter().enumerate() {
                store(gates, quarter * hidden + at, count, lanes);
            }
            store(next_cell, at, count, &c);
            store(bounded, at, count, &t);
            store(state, at, count, &h);
        }
    }
    dispatch!(level(), [] body(
        bias: &[Scalar],
        gates: &mut [Scalar],
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
        gates: &[Scalar],
        cell: &[Scalar],
        bounded: &[Scalar],
        output: &[Scalar],
        state: &[Scalar],
        carry: &mut [Scalar],
        sums: &mut [Scalar],
    ) {
        let hidden = cell.len();
        for at in (0..hidden).step_by(LINE) {
            let count = LINE.min(hidden - at);
            let [mut i, mut f, mut g, mut o] = quarters(gates, hidden, at, count);
            let (c, t) = (load(cell, at, count), load(bounded, at, count));
            let (y, h) = (load(output, at, count), load(state, at, count));
            let mut dc = load(carry, at, count);
            for l in 0..LINE {
                let dh = y[l] + h[l];
                let d = dc[l] + dh * o[l] * (1.0 - t[l] * t[l]);
                o[l] = dh * t[l] * o[l] * (1.0 - o[l]);
                dc[l] = d * f[l];
                f[l] = d * c[l] * f[l] * (1.0 - f[l]);
                let di = d * g[l] * i[l] * (1.0 - i[l]);
                g[l] = d * i[l] * (1.0 - g[l] * g[l]);
                i[l] = di;
            }
            for (quarter, lanes) in [i, f, g, o].iter().enumerate() {
                store(sums, quarter * hidden + at, count, lanes);
            }
            store(carry, at, count, &dc);
        }
    }
    dispatch!(level(), [] body(
        gates: &[Scalar], cell: &[Scalar], bounded: &[Scalar], output: &[Scalar], state: &[Scalar],
        carry: &mut [Scalar], sums: &mut [Scalar],
    ));
}

/// The same lanes of all four gates.
#[inline(always)]
fn quarters(gates: &[Scalar], hidden: usize, at: usize, count: usize) -> [Lanes; 4] {
    std::array::from_fn(|quarter| load(gates, quarter * hidden + at, count))
}

#[inline(always)]
fn load(from: &[Scalar], at: usize, count: usize) -> Lanes {
    let mut lanes = [0.0; LINE];
    if count == LINE {
        lanes.copy_from_slice(&from[at..at + LINE]);
    } else {
        lanes[..count].copy_from_slice(&from[at..at + count]);
    }
    lanes
}

#[inline(always)]
fn store(to: &mut [Scalar], at: usize, count: usize, lanes: &Lanes) {
    if count == LINE {
        to[at..at + LINE].copy_from_slice(lanes);
    } else {
        to[at..at + count].copy_from_slice(&lanes[..count]);
    }
}
