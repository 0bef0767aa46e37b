//! Negative log-likelihood of a normal distribution.

use super::{NumberTarget, same_shape};
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

/// [`GaussianNll`] with the defaults.
///
/// # Shapes
/// `mean: [..]`, `target: [..]`, `variance: [..]`, of equal shape → `[]`
///
/// # Panics
/// If the shapes differ, or if a variance is negative.
#[track_caller]
pub fn gaussian_nll_loss(mean: &Tensor, target: &impl NumberTarget, variance: &Tensor) -> Tensor {
    GaussianNll::new().loss(mean, target, variance)
}

/// The negative log-likelihood of targets under normal distributions whose means and variances a model predicts.
///
/// # Formula
/// With `v = max(variance, ε)`, the mean of `½ (ln v + (m - t)² / v)`, plus `½ ln 2π` with [`full`](Self::full). The
/// gradient of the variance is that of `v`, also below `ε`, as in `PyTorch`.
///
/// # Source
/// PyTorch's `GaussianNLLLoss`. The variances have the shape of the means here: a single variance per sample is
/// written with [`expand`](Tensor::expand).
#[derive(Clone, Copy, Debug)]
pub struct GaussianNll {
    full: bool,
    eps: Scalar,
}

impl Default for GaussianNll {
    fn default() -> Self {
        Self { full: false, eps: 1e-6 }
    }
}

impl GaussianNll {
    /// The loss without the constant term, with `eps = 1e-6`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the constant term `½ ln 2π`.
    pub fn full(self) -> Self {
        Self { full: true, ..self }
    }

    /// The smallest variance, above 0.
    ///
    /// # Panics
    /// If `eps` is not above 0.
    #[track_caller]
    pub fn eps(self, eps: Scalar) -> Self {
        assert!(eps > 0.0, "eps: {eps} is not above 0");
        Self { eps, ..self }
    }

    /// The mean of the losses of all elements.
    ///
    /// # Panics
    /// If the shapes differ, or if a variance is negative.
    #[track_caller]
    pub fn loss(&self, mean: &Tensor, target: &impl NumberTarget, variance: &Tensor) -> Tensor {
        self.unreduced(mean, target, variance).mean()
    }

    /// The loss of each element, `reduction="none"` in `PyTorch`.
    ///
    /// # Shapes
    /// `mean: [..]`, `target: [..]`, `variance: [..]`, of equal shape → `[..]`
    ///
    /// # Panics
    /// As [`loss`](Self::loss).
    #[track_caller]
    pub fn unreduced(&self, mean: &Tensor, target: &impl NumberTarget, variance: &Tensor) -> Tensor {
        let target = target.numbers();
        same_shape("gaussian_nll_loss", mean.shape(), target.shape());
        assert!(
            variance.shape() == mean.shape(),
            "gaussian_nll_loss: the mean has the shape {:?} and the variance {:?}; they must be equal, `expand` one of \
             them",
            mean.shape(),
            variance.shape()
        );
        if let Some(wrong) = variance.as_slice().iter().find(|v| **v < 0.0) {
            panic!(
                "gaussian_nll_loss: a variance is {wrong}, and variances are at least 0; apply `softplus` or `exp`"
            );
        }
        // Lifted without a part in the gradient.
        let lift = (variance.clamp(self.eps, Scalar::INFINITY) - variance).detach();
        let v = variance + lift;
        let difference = mean - target;
        let costs = (v.ln() + &difference * &difference / v) * 0.5;
        if self.full { costs + (0.5 * std::f64::consts::TAU.ln()) as Scalar } else { costs }
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4], &[3, 4], &[3, 4]], &[&[], &[], &[]]], |x| gaussian_nll_loss(&x[0], &x[1], &x[2]))
        .within(0.2, 2.0),
    Case::new(&[&[&[3], &[3], &[3]]], |x| GaussianNll::new().full().unreduced(&x[0], &x[1], &x[2]))
        .within(0.2, 2.0),
];

#[cfg(test)]
mod tests {
    use super::gaussian_nll_loss;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "gaussian_nll_loss: a variance is -1, and variances are at least 0")]
    fn negative_variances_are_refused() {
        let _ = gaussian_nll_loss(&Tensor::zeros(&[1]), &Tensor::zeros(&[1]), &Tensor::from([-1.0]));
    }

    #[test]
    #[should_panic(expected = "the mean has the shape [2, 3] and the variance [2, 1]")]
    fn one_variance_for_all_is_expanded_by_hand() {
        let _ = gaussian_nll_loss(&Tensor::zeros(&[2, 3]), &Tensor::zeros(&[2, 3]), &Tensor::ones(&[2, 1]));
    }
}
