//! Mean absolute error.

use super::{NumberTarget, Reduce, by_difference};
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

/// The mean of the absolute differences between output and target.
///
/// # Shapes
/// `output: [..]`, `target: [..]`, of equal shape → `[]`
///
/// # Formula
/// `L = Σ |o - t| / n`; `do = ±g / n` by the sign of `o - t`, and 0 where `o = t`; `dt = -do`.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn l1_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    reduced(Reduce::Mean, output, target.numbers())
}

/// The loss of each element, or their mean.
#[track_caller]
pub(super) fn reduced(reduce: Reduce, output: &Tensor, target: &Tensor) -> Tensor {
    let sign = |d| {
        if d > 0.0 {
            1.0
        } else if d < 0.0 {
            -1.0
        } else {
            0.0 * d
        }
    };
    by_difference(reduce, "l1_loss", output, target, Scalar::abs, sign)
}

pub(crate) const CASES: &[Case] = &[
    Case::new(super::PAIRS, |x| l1_loss(&x[0], &x[1])),
    Case::new(super::PAIRS, |x| super::unreduced::l1_loss(&x[0], &x[1])),
];
