//! Binary cross-entropy of logits.

use super::by_pair;
use crate::Tensor;
use crate::gradcheck::Case;
use crate::kernel::math;

/// The mean binary cross-entropy of the sigmoid of `logits`, without overflow.
///
/// # Shapes
/// `logits: [..]`, `target: [..]` in [0, 1], equal → `[]`
///
/// # Formula
/// The mean of `max(x, 0) - x t + ln(1 + e^-|x|)`; `dx = g (σ(x) - t) / n`. The target has no gradient.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn bce_with_logits_loss(logits: &Tensor, target: &Tensor) -> Tensor {
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
    use crate::Tensor;

    #[test]
    fn certain_and_wrong_costs_the_distance() {
        let logits = Tensor::from(ndarray::arr1(&[1000.0, -1000.0]));
        assert_eq!(bce_with_logits_loss(&logits, &Tensor::from(ndarray::arr1(&[1.0, 0.0]))).item(), 0.0);
        assert_eq!(bce_with_logits_loss(&logits, &Tensor::from(ndarray::arr1(&[0.0, 1.0]))).item(), 1000.0);
    }
}
