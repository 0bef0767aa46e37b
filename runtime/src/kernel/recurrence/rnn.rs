//! The elementwise part of a plain recurrent step: `h' = tanh(i + h W_hhᵀ + b)`, or with ReLU in place of
//! `tanh`.

use super::Cell;
use crate::Scalar;
use crate::kernel::math::tanh;
use crate::kernel::simd::multiversioned;

/// The plain cell with `tanh`.
#[derive(Clone, Copy)]
pub(crate) struct Tanh;

/// The plain cell with a ReLU.
#[derive(Clone, Copy)]
pub(crate) struct Relu;

impl Cell for Tanh {
    const GATES: usize = 1;

    fn forward(gates: &mut [Scalar], recurrent: &[Scalar], _: &[Scalar], next: &mut [Scalar]) {
        forward(tanh, recurrent, gates, next);
    }

    fn backward(
        [gates, ..]: [&[Scalar]; 3],
        output: &[Scalar],
        carry: &mut [Scalar],
        to_gates: &mut [Scalar],
        to_recurrent: &mut [Scalar],
    ) {
        backward(|g, y| g * (1.0 - y * y), gates, output, carry, to_gates);
        to_recurrent.copy_from_slice(to_gates);
    }
}

impl Cell for Relu {
    const GATES: usize = 1;

    fn forward(gates: &mut [Scalar], recurrent: &[Scalar], _: &[Scalar], next: &mut [Scalar]) {
        forward(|x| if x <= 0.0 { 0.0 } else { x }, recurrent, gates, next);
    }

    fn backward(
        [gates, ..]: [&[Scalar]; 3],
        output: &[Scalar],
        carry: &mut [Scalar],
        to_gates: &mut [Scalar],
        to_recurrent: &mut [Scalar],
    ) {
        backward(|g, y| if y <= 0.0 { 0.0 } else { g }, gates, output, carry, to_gates);
        to_recurrent.copy_from_slice(to_gates);
    }
}

multiversioned!(
    fn forward<F: Copy + Fn(Scalar) -> Scalar>(
        f: F,
        recurrent: &[Scalar],
        gates: &mut [Scalar],
        next: &mut [Scalar],
    ) {
        for ((gate, next), recurrent) in gates.iter_mut().zip(next).zip(recurrent) {
            *next = f(*gate + recurrent);
            *gate = *next;
        }
    }
);

multiversioned!(
    fn backward<F: Copy + Fn(Scalar, Scalar) -> Scalar>(
        slope: F,
        gates: &[Scalar],
        output: &[Scalar],
        carry: &mut [Scalar],
        sums: &mut [Scalar],
    ) {
        for (((sum, gate), output), carry) in sums.iter_mut().zip(gates).zip(output).zip(carry) {
            *sum = slope(output + *carry, *gate);
            *carry = 0.0;
        }
    }
);
