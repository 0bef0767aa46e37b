//! Binary cross-entropy of logits.

use super::{NumberTarget, Reduce, by_pair, check_shares, same_shape};
use crate::gradcheck::Case;
use crate::kernel::math;
use crate::{Scalar, Tensor, broadcast};

/// The mean binary cross-entropy of the sigmoid of `logits`, without overflow.
///
/// # Shapes
/// `logits: [..]`, `target: [..]` in [0, 1], of equal shape → `[]`
///
/// # Formula
/// The mean of `max(x, 0) - x t + ln(1 + e^-|x|)`; `dx = g (σ(x) - t) / n`. The target has no gradient.
///
/// # Panics
/// If the shapes differ, or if a target is outside [0, 1].
#[track_caller]
pub fn bce_with_logits_loss(logits: &Tensor, target: &impl NumberTarget) -> Tensor {
    reduced(Reduce::Mean, logits, target.numbers())
}

/// The loss of each element, or their mean.
#[track_caller]
pub(super) fn reduced(reduce: Reduce, logits: &Tensor, target: &Tensor) -> Tensor {
    by_pair(
        reduce,
        "bce_with_logits_loss",
        logits,
        target,
        |x, t| x.max(0.0) - x * t + math::ln_1p(math::exp(-x.abs())),
        |x, t| math::sigmoid(x) - t,
    )
}

/// [`bce_with_logits_loss`] with weights of the positive targets, for rare classes.
///
/// # Formula
/// The mean of `(1 - t) x + (1 + (w - 1) t) ln(1 + e⁻ˣ)`, where `w` is the positive weight.
///
/// # Source
/// PyTorch's `BCEWithLogitsLoss(pos_weight=..)`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// // The second label is rare: it counts five times.
/// let loss = BceWithLogits::new().pos_weight(Tensor::from([1.0, 5.0]));
/// let (logits, target) = (Tensor::zeros(&[3, 2]), Tensor::from([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]));
/// assert!(loss.loss(&logits, &target).item() > bce_with_logits_loss(&logits, &target).item());
/// ```
#[derive(Clone, Debug, Default)]
pub struct BceWithLogits {
    pos_weight: Option<Tensor>,
}

impl BceWithLogits {
    /// The loss without weights.
    pub fn new() -> Self {
        Self::default()
    }

    /// Weights the positive targets by `weight`, a number or one weight per label: a tensor that broadcasts to the
    /// shape of the logits.
    ///
    /// # Panics
    /// If a weight is negative or not finite.
    #[track_caller]
    pub fn pos_weight(self, weight: impl Into<Tensor>) -> Self {
        let weight = weight.into().detach();
        if let Some(wrong) = weight.as_slice().iter().find(|w| !(**w >= 0.0 && w.is_finite())) {
            panic!("pos_weight: a weight is {wrong}, but must be at least 0 and finite");
        }
        Self { pos_weight: Some(weight) }
    }

    /// The mean of the losses of all elements.
    ///
    /// # Panics
    /// If the shapes differ or do not fit the weights, or if a target is outside [0, 1].
    #[track_caller]
    pub fn loss(&self, logits: &Tensor, target: &impl NumberTarget) -> Tensor {
        match &self.pos_weight {
            Some(_) => self.unreduced(logits, target).mean(),
            None => bce_with_logits_loss(logits, target),
        }
    }

    /// The loss of each element, `reduction="none"` in `PyTorch`.
    ///
    /// # Shapes
    /// `logits: [..]`, `target: [..]` in [0, 1], of equal shape → `[..]`
    ///
    /// # Panics
    /// As [`loss`](Self::loss).
    #[track_caller]
    pub fn unreduced(&self, logits: &Tensor, target: &impl NumberTarget) -> Tensor {
        let target = target.numbers();
        let Some(weight) = &self.pos_weight else { return reduced(Reduce::Not, logits, target) };
        same_shape("bce_with_logits_loss", logits.shape(), target.shape());
        check_shares("bce_with_logits_loss", target);
        let shape = broadcast::shape("pos_weight", logits.value().shape(), weight.value().shape());
        assert!(
            shape[..] == *logits.shape(),
            "pos_weight: weights of shape {:?} do not broadcast to the logits {:?}",
            weight.shape(),
            logits.shape()
        );
        let target = target.detach();
        let factor = (weight - 1.0) * &target + 1.0;
        (1.0 - &target) * logits + factor * (-logits).softplus()
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]]], |x| bce_with_logits_loss(&x[0], &super::some_shares(&x[0]))),
    Case::new(&[&[&[3, 4]]], |x| super::unreduced::bce_with_logits_loss(&x[0], &super::some_shares(&x[0]))),
    Case::new(&[&[&[3, 4]], &[&[4]]], |x| {
        let weight = Tensor::from([0.5, 2.0, 1.0, 3.0 as Scalar]);
        BceWithLogits::new().pos_weight(weight).unreduced(&x[0], &super::some_shares(&x[0]))
    }),
];

#[cfg(test)]
mod tests {
    use super::bce_with_logits_loss;
    use crate::{Scalar, Tensor};

    #[test]
    fn certain_and_wrong_costs_the_distance() {
        let logits = Tensor::from(ndarray::arr1(&[1000.0, -1000.0]));
        assert_eq!(bce_with_logits_loss(&logits, &Tensor::from(ndarray::arr1(&[1.0, 0.0]))).item(), 0.0);
        assert_eq!(bce_with_logits_loss(&logits, &Tensor::from(ndarray::arr1(&[0.0, 1.0]))).item(), 1000.0);
    }

    #[test]
    fn targets_are_probabilities_but_for_rounding() {
        let loss = |target: Scalar| {
            bce_with_logits_loss(&Tensor::zeros(&[1]), &Tensor::from(ndarray::arr1(&[target]))).item()
        };
        assert!(loss(1.0 + Scalar::EPSILON).is_finite() && loss(-Scalar::EPSILON).is_finite());
        for wrong in [1.001, -0.001, Scalar::NAN, Scalar::INFINITY] {
            assert!(std::panic::catch_unwind(|| loss(wrong)).is_err(), "{wrong}");
        }
    }
}
