//! The reduction that computed a scalar from a batch: a mean with a known denominator, or a sum.
//!
//! Losses, `sum` and `mean` set the reduction of their result. Arithmetic with numbers keeps the
//! reduction. The loop uses the reduction to weight batches. This module changes no value and no
//! gradient.

use crate::Tensor;

/// How a scalar was computed from the elements of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reduction {
    /// The tensor is not reduced: it is data, or the output of layers.
    None,
    /// The scalar is a sum of terms divided by this number, which is at least 0.
    Mean(f64),
    /// The scalar is a sum of `count` elements, possibly negated.
    Sum { count: usize },
    /// The scalar is `factor` times a sum of `count` elements. The sign of the factor does not
    /// matter. If the factor is `1 / n` for the number `n` of samples or elements, the scalar is a
    /// mean.
    Scaled { count: usize, factor: f64 },
    /// The scalar was computed from reduced scalars in a way that no other variant describes.
    Unknown,
}

impl Reduction {
    /// The reduction of an operation's result, if the operation does not set a reduction itself.
    pub(crate) fn of_operation(inputs: &[&Tensor]) -> Self {
        let reduced = inputs.iter().any(|input| input.reduction() != Self::None);
        if reduced { Self::Unknown } else { Self::None }
    }

    /// The reduction of a sum over all elements of `x`.
    pub(crate) fn of_sum(x: &Tensor) -> Self {
        match x.reduction() {
            Self::None => Self::Sum { count: x.len() },
            own if x.rank() == 0 => own,
            _ => Self::Unknown,
        }
    }

    /// The reduction of a mean over all elements of `x`. The rows of `x` are the samples.
    pub(crate) fn of_mean(x: &Tensor) -> Self {
        match x.reduction() {
            Self::None => Self::Mean(rows(x.shape())),
            own if x.rank() == 0 => own,
            _ => Self::Unknown,
        }
    }

    /// The reduction of `a + b` or `a - b`.
    pub(crate) fn of_addition(a: &Tensor, b: &Tensor) -> Self {
        match (a.reduction(), b.reduction()) {
            (Self::None, Self::None) => Self::None,
            // A term without reduction, such as a penalty on parameters, is the same for every batch.
            (Self::Mean(count), Self::None) | (Self::None, Self::Mean(count)) => Self::Mean(count),
            (Self::Mean(a), Self::Mean(b)) if a == b => Self::Mean(a),
            (Self::Sum { count }, Self::Sum { count: other }) => {
                Self::Sum { count: count.saturating_add(other) }
            }
            (Self::Scaled { count, factor }, Self::Scaled { count: other, factor: same })
                if factor == same =>
            {
                Self::Scaled { count: count.saturating_add(other), factor }
            }
            _ => Self::Unknown,
        }
    }

    /// The reduction of `a · b`.
    pub(crate) fn of_product(a: &Tensor, b: &Tensor) -> Self {
        match (a.reduction(), b.reduction()) {
            (own, Self::None) if is_number(b) => own.scaled(f64::from(b.item())),
            (Self::None, own) if is_number(a) => own.scaled(f64::from(a.item())),
            _ => Self::of_operation(&[a, b]),
        }
    }

    /// The reduction of `a / b`. A sum divided by a sum of weights is a mean. The weights may be a
    /// mask.
    pub(crate) fn of_quotient(a: &Tensor, b: &Tensor) -> Self {
        match (a.reduction(), b.reduction()) {
            (own, Self::None) if is_number(b) => own.scaled(1.0 / f64::from(b.item())),
            (Self::Sum { .. }, Self::Sum { .. }) if is_number(b) && b.item() >= 0.0 => {
                Self::Mean(f64::from(b.item()))
            }
            _ => Self::of_operation(&[a, b]),
        }
    }

    /// The reduction of the product of `by` and a scalar whose reduction is `self`.
    fn scaled(self, by: f64) -> Self {
        match self {
            Self::Sum { count } => Self::Scaled { count, factor: by.abs() },
            Self::Scaled { count, factor } => Self::Scaled { count, factor: (factor * by).abs() },
            other => other,
        }
    }
}

/// Whether `x` is a scalar without a gradient, such as a number.
fn is_number(x: &Tensor) -> bool {
    x.rank() == 0 && !x.requires_grad()
}

/// The number of samples: the length of the first axis, or 1 for a scalar.
pub(crate) fn rows(shape: &[usize]) -> f64 {
    shape.first().map_or(1.0, |&rows| rows as f64)
}

#[cfg(test)]
mod tests {
    use super::Reduction;
    use crate::{CrossEntropy, Labels, Tensor, cross_entropy, mse_loss, no_grad, stack};

    fn sum(count: usize) -> Reduction {
        Reduction::Sum { count }
    }

    #[test]
    fn losses_and_means_tell_their_denominator() {
        let (x, y) = (Tensor::ones(&[6, 3]), Tensor::zeros(&[6, 3]));
        let labels = Labels::from(vec![0_u32, 1, 2, 2, 1, 2]);
        assert_eq!(mse_loss(&x, &y).reduction(), Reduction::Mean(6.0));
        assert_eq!((&x - &y).pow(2.0).mean().reduction(), Reduction::Mean(6.0));
        assert_eq!(cross_entropy(&x, &labels).reduction(), Reduction::Mean(6.0));
        assert_eq!(CrossEntropy::new().ignore(2).loss(&x, &labels).reduction(), Reduction::Mean(3.0));
        let weighted = CrossEntropy::new().class_weights([1.0, 0.5, 2.0]);
        assert_eq!(weighted.loss(&x, &labels).reduction(), Reduction::Mean(8.0));
        assert_eq!(no_grad(|| mse_loss(&x, &y)).reduction(), Reduction::Mean(6.0));
        assert_eq!(mse_loss(&x, &y).denominator(), Some(6.0));
        assert_eq!(x.sum().denominator(), None);
    }

    #[test]
    fn arithmetic_with_numbers_keeps_it() {
        let (x, y) = (Tensor::ones(&[6, 3]), Tensor::zeros(&[6, 3]));
        let mean = || mse_loss(&x, &y);
        assert_eq!((mean() * 0.5 + 1.0).reduction(), Reduction::Mean(6.0));
        assert_eq!((mean() + 0.1 * x.mean()).reduction(), Reduction::Mean(6.0));
        assert_eq!((-(1.0 - mean()) / 3.0).reduction(), Reduction::Mean(6.0));
        assert_eq!((-x.sum()).reduction(), sum(18));
        assert_eq!((x.sum() + y.sum()).reduction(), sum(36));
        assert_eq!(x.sum().reshape(&[]).sum().mean().reduction(), sum(18));
        assert_eq!((x.sum() / 6.0).reduction(), Reduction::Scaled { count: 18, factor: 1.0 / 6.0 });
        let mask = Tensor::from(ndarray::arr1(&[1.0, 0.0, 1.0]));
        assert_eq!((x.sum() / mask.sum()).reduction(), Reduction::Mean(2.0));
    }

    #[test]
    fn what_cannot_be_followed_is_unknown() {
        let (x, y) = (Tensor::ones(&[6, 3]), Tensor::zeros(&[6, 3]));
        let other = Tensor::ones(&[4]);
        for unknown in [
            mse_loss(&x, &y) + other.mean(),
            mse_loss(&x, &y) + x.sum(),
            mse_loss(&x, &y) * x.mean(),
            mse_loss(&x, &y).exp(),
            stack(&[&mse_loss(&x, &y), &x.mean()], 0).sum(),
            (&x / x.sum()).sum(),
        ] {
            assert_eq!(unknown.reduction(), Reduction::Unknown);
        }
    }
}
