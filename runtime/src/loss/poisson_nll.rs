//! Negative log-likelihood of a Poisson distribution.

use super::{NumberTarget, same_shape};
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

/// [`PoissonNll`] with the defaults: the output is the logarithm of the rate.
///
/// # Shapes
/// `output: [..]`, `target: [..]` of counts, of equal shape → `[]`
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn poisson_nll_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    PoissonNll::new().loss(output, target)
}

/// The negative log-likelihood of counts under Poisson distributions whose rates a model predicts.
///
/// # Formula
/// The mean of `eˣ - t x` for logarithms of rates, and of `x - t ln (x + ε)` for [`rates`](Self::rates). With
/// [`full`](Self::full), Stirling's `t ln t - t + ½ ln 2πt` is added where `t > 1`. The target has no gradient.
///
/// # Source
/// PyTorch's `PoissonNLLLoss`; `rates` is `log_input=False`.
#[derive(Clone, Copy, Debug)]
pub struct PoissonNll {
    rates: bool,
    full: bool,
    eps: Scalar,
}

impl Default for PoissonNll {
    fn default() -> Self {
        Self { rates: false, full: false, eps: 1e-8 }
    }
}

impl PoissonNll {
    /// The loss for logarithms of rates, without the term of the target alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// The outputs are rates, at least 0, not logarithms of rates.
    pub fn rates(self) -> Self {
        Self { rates: true, ..self }
    }

    /// Adds Stirling's approximation of the term of the target alone.
    pub fn full(self) -> Self {
        Self { full: true, ..self }
    }

    /// The number that is added to rates before the logarithm, at least 0.
    ///
    /// # Panics
    /// If `eps` is negative or not finite.
    #[track_caller]
    pub fn eps(self, eps: Scalar) -> Self {
        assert!(eps >= 0.0 && eps.is_finite(), "eps: {eps} is not at least 0 and finite");
        Self { eps, ..self }
    }

    /// The mean of the losses of all elements.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn loss(&self, output: &Tensor, target: &impl NumberTarget) -> Tensor {
        self.unreduced(output, target).mean()
    }

    /// The loss of each element, `reduction="none"` in `PyTorch`.
    ///
    /// # Shapes
    /// `output: [..]`, `target: [..]` of counts, of equal shape → `[..]`
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn unreduced(&self, output: &Tensor, target: &impl NumberTarget) -> Tensor {
        let t = target.numbers().detach();
        same_shape("poisson_nll_loss", output.shape(), t.shape());
        let costs =
            if self.rates { output - &t * (output + self.eps).ln() } else { output.exp() - &t * output };
        if !self.full {
            return costs;
        }
        let large = t.gt(1.0);
        let safe = large.choose(&t, &Tensor::from(1.0));
        let stirling = &safe * safe.ln() - &safe + (&safe * std::f64::consts::TAU as Scalar).ln() * 0.5;
        costs + large.choose(&stirling, &Tensor::from(0.0))
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]]], |x| poisson_nll_loss(&x[0], &super::some_shares(&x[0]))),
    Case::new(&[&[&[3, 4]]], |x| {
        PoissonNll::new().rates().full().unreduced(&x[0], &(super::some_shares(&x[0]) * 3.0))
    })
    .within(0.2, 3.0),
];
