//! Huber loss.

use super::{NumberTarget, Reduce, by_difference};
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

/// [`Huber`] with `delta = 1`.
///
/// # Shapes
/// `output: [..]`, `target: [..]`, of equal shape → `[]`
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn huber_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    let target = target.numbers();
    Huber::new(1.0).loss(output, target)
}

/// Squared error for differences up to `delta`, and absolute error for larger differences, so that
/// outliers have less influence.
///
/// # Formula
/// With `d = o - t`, the mean of `d² / 2` where `|d| ≤ δ`, else of `δ (|d| - δ/2)`;
/// `do = g d / n`, or `±g δ / n`; `dt = -do`.
#[derive(Clone, Copy, Debug)]
pub struct Huber {
    delta: Scalar,
}

impl Huber {
    /// The loss whose error changes from squared to absolute at the difference `delta`.
    ///
    /// # Panics
    /// If `delta` is not above 0 and finite.
    #[track_caller]
    pub fn new(delta: Scalar) -> Self {
        assert!(
            delta > 0.0 && delta.is_finite(),
            "Huber: delta is {delta}, and it must be above 0 and finite"
        );
        Self { delta }
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
        let delta = self.delta;
        by_difference(
            reduce,
            "huber_loss",
            output,
            target,
            move |d| if d.abs() <= delta { 0.5 * d * d } else { delta * (d.abs() - 0.5 * delta) },
            move |d| d.clamp(-delta, delta),
        )
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(super::PAIRS, |x| huber_loss(&x[0], &x[1])),
    Case::new(super::PAIRS, |x| Huber::new(0.7).loss(&x[0], &x[1])),
    Case::new(super::PAIRS, |x| Huber::new(0.7).unreduced(&x[0], &x[1])),
];
