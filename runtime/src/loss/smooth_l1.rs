//! Smooth mean absolute error.

use super::{NumberTarget, Reduce, by_difference};
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

/// [`SmoothL1`] with `beta = 1`.
///
/// # Shapes
/// `output: [..]`, `target: [..]`, of equal shape → `[]`
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn smooth_l1_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    let target = target.numbers();
    SmoothL1::new(1.0).loss(output, target)
}

/// Absolute error, smoothed for differences below `beta`. This is the loss of
/// [`Huber`](crate::Huber) with `delta = beta`, divided by `beta`.
///
/// # Formula
/// With `d = o - t`, the mean of `d² / 2β` where `|d| < β`, else of `|d| - β/2`;
/// `do = g d / βn`, or `±g / n`; `dt = -do`.
#[derive(Clone, Copy, Debug)]
pub struct SmoothL1 {
    beta: Scalar,
}

impl SmoothL1 {
    /// The loss that is smoothed for differences below `beta`. As `beta` approaches 0, the loss
    /// approaches [`l1_loss`](crate::l1_loss).
    ///
    /// # Panics
    /// If `beta` is not above 0 and finite.
    #[track_caller]
    pub fn new(beta: Scalar) -> Self {
        assert!(
            beta > 0.0 && beta.is_finite(),
            "SmoothL1: beta is {beta}, and it must be above 0 and finite; `l1_loss` is the case 0"
        );
        Self { beta }
    }

    /// The loss of an output and a target of the same shape.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn loss(&self, output: &Tensor, target: &impl NumberTarget) -> Tensor {
        self.reduced(Reduce::Mean, output, target.numbers())
    }

    /// The loss of each element, `reduction="none"` in `PyTorch`.
    ///
    /// # Shapes
    /// `output: [..]`, `target: [..]`, of equal shape → `[..]`
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn unreduced(&self, output: &Tensor, target: &impl NumberTarget) -> Tensor {
        self.reduced(Reduce::Not, output, target.numbers())
    }

    #[track_caller]
    fn reduced(self, reduce: Reduce, output: &Tensor, target: &Tensor) -> Tensor {
        let beta = self.beta;
        by_difference(
            reduce,
            "smooth_l1_loss",
            output,
            target,
            move |d| if d.abs() < beta { 0.5 * d * d / beta } else { d.abs() - 0.5 * beta },
            move |d| (d / beta).clamp(-1.0, 1.0),
        )
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(super::PAIRS, |x| smooth_l1_loss(&x[0], &x[1])),
    Case::new(super::PAIRS, |x| SmoothL1::new(0.7).loss(&x[0], &x[1])),
    Case::new(super::PAIRS, |x| SmoothL1::new(0.7).unreduced(&x[0], &x[1])),
];
