//! Binary cross-entropy of logits.

use super::{NumberTarget, by_pair};
use crate::Tensor;
use crate::gradcheck::Case;
use crate::kernel::math;

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
    let target = target.numbers();
    by_pair(
        "bce_with_logits_loss",
        logits,
        target,
        |x, t| x.max(0.0) - x * t + math::ln_1p(math::exp(-x.abs())),
        |x, t| math::sigmoid(x) - t,
    )
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]]], |x| {
    bce_with_logits_loss(&x[0], &super::some_shares(&x[0]))
})];

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
