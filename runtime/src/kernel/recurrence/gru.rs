//! The elementwise part of a GRU's step: `r = σ(i_r + h_r)`, `z = σ(i_z + h_z)`, `n = tanh(i_n + r h_n)`,
//! `h' = (1 - z) n + z h`.
//!
//! Each array is a separate parameter, so that the compiler knows that the arrays do not overlap, and
//! vectorises the loops.
#![expect(clippy::too_many_arguments, reason = "see above")]

use super::Cell;
use crate::Scalar;
use crate::kernel::math::{sigmoid, tanh};
use crate::kernel::simd::multiversioned;

/// The cell of a GRU, with the gates in PyTorch's order `r z n`.
#[derive(Clone, Copy)]
pub(crate) struct Gru;

impl Cell for Gru {
    const GATES: usize = 3;

    fn forward(gates: &mut [Scalar], recurrent: &[Scalar], state: &[Scalar], next: &mut [Scalar]) {
        let size = state.len();
        let ([hr, hz, hn], [r, z, n]) = (thirds(recurrent, size), thirds_mut(gates, size));
        forward(hr, hz, hn, r, z, n, state, next);
    }

    fn backward(
        [gates, recurrent, state]: [&[Scalar]; 3],
        output: &[Scalar],
        carry: &mut [Scalar],
        to_gates: &mut [Scalar],
        to_recurrent: &mut [Scalar],
    ) {
        let size = state.len();
        let ([r, z, n], [_, _, hn]) = (thirds(gates, size), thirds(recurrent, size));
        let [dr, dz, dn] = thirds_mut(to_gates, size);
        let [_, _, dhn] = thirds_mut(to_recurrent, size);
        backward(r, z, n, hn, state, output, carry, dr, dz, dn, dhn);
        to_recurrent[..2 * size].copy_from_slice(&to_gates[..2 * size]);
    }
}

fn thirds(all: &[Scalar], size: usize) -> [&[Scalar]; 3] {
    std::array::from_fn(|third| &all[third * size..][..size])
}

fn thirds_mut(all: &mut [Scalar], size: usize) -> [&mut [Scalar]; 3] {
    let (r, rest) = all.split_at_mut(size);
    let (z, n) = rest.split_at_mut(size);
    [r, z, n]
}

multiversioned!(
    fn forward(
        hr: &[Scalar],
        hz: &[Scalar],
        hn: &[Scalar],
        r: &mut [Scalar],
        z: &mut [Scalar],
        n: &mut [Scalar],
        state: &[Scalar],
        next: &mut [Scalar],
    ) {
        let size = state.len();
        let (hr, hz, hn) = (&hr[..size], &hz[..size], &hn[..size]);
        let (r, z, n, next) = (&mut r[..size], &mut z[..size], &mut n[..size], &mut next[..size]);
        for u in 0..size {
            r[u] = sigmoid(r[u] + hr[u]);
            z[u] = sigmoid(z[u] + hz[u]);
            n[u] = tanh(n[u] + r[u] * hn[u]);
            next[u] = (1.0 - z[u]) * n[u] + z[u] * state[u];
        }
    }
);

multiversioned!(
    fn backward(
        r: &[Scalar],
        z: &[Scalar],
        n: &[Scalar],
        hn: &[Scalar],
        state: &[Scalar],
        output: &[Scalar],
        carry: &mut [Scalar],
        dr: &mut [Scalar],
        dz: &mut [Scalar],
        dn: &mut [Scalar],
        dhn: &mut [Scalar],
    ) {
        let size = state.len();
        let (r, z, n, hn, output) = (&r[..size], &z[..size], &n[..size], &hn[..size], &output[..size]);
        let (dr, dz, dn, dhn) = (&mut dr[..size], &mut dz[..size], &mut dn[..size], &mut dhn[..size]);
        let carry = &mut carry[..size];
        for u in 0..size {
            let (r, z, n) = (r[u], z[u], n[u]);
            let g = output[u] + carry[u];
            let to_n = g * (1.0 - z) * (1.0 - n * n);
            dn[u] = to_n;
            dhn[u] = to_n * r;
            dr[u] = to_n * hn[u] * r * (1.0 - r);
            dz[u] = g * (state[u] - n) * z * (1.0 - z);
            carry[u] = g * z;
        }
    }
);
