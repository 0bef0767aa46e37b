//! Mean absolute error.

use super::{NumberTarget, by_difference};
use crate::{Scalar, Tensor};
use crate::gradcheck::Case;

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
    let target = target.numbers();
    let sign = |d| if d > 0.0 { 1.0 } else if d < 0.0 { -1.0 } else { 0.0 * d };
    by_difference("l1_loss", output, target, Scalar::abs, sign)
}

pub(crate) const CASES: &[Case] = &[Case::new(super::PAIRS, |x| l1_loss(&x[0], &x[1]))];
