//! Binary cross-entropy of probabilities.

use super::{NumberTarget, Reduce, by_pair};
use crate::Tensor;
use crate::gradcheck::Case;

/// The mean binary cross-entropy of probabilities. For logits,
/// [`bce_with_logits_loss`](crate::bce_with_logits_loss) is more accurate.
///
/// # Shapes
/// `output: [..]` in [0, 1], `target: [..]` in [0, 1], of equal shape → `[]`
///
/// # Formula
/// The mean of `-(t ln o + (1 - t) ln (1 - o))`, each logarithm clamped to at least -100;
/// `do = g (o - t) / (o (1 - o)) / n`, the divisor clamped to at least 1e-12, as in `PyTorch`. The target has no
/// gradient.
///
/// # Panics
/// If the shapes differ, or if an output or a target is outside [0, 1].
#[track_caller]
pub fn bce_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    reduced(Reduce::Mean, output, target.numbers())
}

/// The loss of each element, or their mean.
#[track_caller]
pub(super) fn reduced(reduce: Reduce, output: &Tensor, target: &Tensor) -> Tensor {
    super::same_shape("bce_loss", output.shape(), target.shape());
    let outside = output.as_slice().iter().position(|o| !(0.0..=1.0).contains(o) && !o.is_nan());
    if let Some(place) = outside {
        panic!(
            "bce_loss: output number {place} is {}, and probabilities lie in [0, 1]; apply `sigmoid` first, or use \
             `bce_with_logits_loss`",
            output.as_slice()[place]
        );
    }
    by_pair(
        reduce,
        "bce_loss",
        output,
        target,
        |o, t| -(t * o.ln().max(-100.0) + (1.0 - t) * (1.0 - o).ln().max(-100.0)),
        |o, t| (o - t) / (o * (1.0 - o)).max(1e-12),
    )
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[]]], |x| bce_loss(&x[0], &super::some_shares(&x[0]))).within(0.1, 0.9),
    Case::new(&[&[&[3, 4]]], |x| super::unreduced::bce_loss(&x[0], &super::some_shares(&x[0]))).within(0.1, 0.9)];

#[cfg(test)]
mod tests {
    use super::bce_loss;
    use crate::Tensor;

    #[test]
    fn certain_and_wrong_costs_a_hundred() {
        let certain = Tensor::from(ndarray::arr1(&[1.0, 0.0]));
        assert_eq!(bce_loss(&certain, &certain).item(), 0.0);
        assert_eq!(bce_loss(&certain, &Tensor::from(ndarray::arr1(&[0.0, 1.0]))).item(), 100.0);
    }

    #[test]
    #[should_panic(expected = "bce_loss: target number 1 is 3, and the targets are probabilities")]
    fn targets_that_are_no_probabilities_are_refused() {
        let _ = bce_loss(&Tensor::ones(&[2]), &Tensor::from(ndarray::arr1(&[1.0, 3.0])));
    }

    #[test]
    #[should_panic(expected = "output number 1 is 1.5, and probabilities lie in [0, 1]")]
    fn logits_are_refused() {
        let _ = bce_loss(&Tensor::from(ndarray::arr1(&[0.5, 1.5])), &Tensor::zeros(&[2]));
    }
}
