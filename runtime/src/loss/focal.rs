//! Focal loss.

use super::{NumberTarget, unreduced};
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

/// [`Focal`] with `alpha = 0.25` and `gamma = 2`.
///
/// # Shapes
/// `logits: [..]`, `target: [..]` in [0, 1], of equal shape → `[]`
///
/// # Panics
/// If the shapes differ, or if a target is outside [0, 1].
#[track_caller]
pub fn sigmoid_focal_loss(logits: &Tensor, target: &impl NumberTarget) -> Tensor {
    Focal::new().loss(logits, target)
}

/// Binary cross-entropy of logits that gives less weight to samples that are easy, for classes of very uneven size.
///
/// # Formula
/// With `p = σ(x)` and the probability `q = p t + (1 - p) (1 - t)` of the target, the mean of `a (1 - q)^γ` times the binary
/// cross-entropy, where `a = α t + (1 - α) (1 - t)`.
///
/// # Source
/// Lin et al. 2017; torchvision's `sigmoid_focal_loss`, which returns the loss of each element by default.
#[derive(Clone, Copy, Debug)]
pub struct Focal {
    alpha: Option<Scalar>,
    gamma: Scalar,
}

impl Default for Focal {
    fn default() -> Self {
        Self { alpha: Some(0.25), gamma: 2.0 }
    }
}

impl Focal {
    /// The loss with `alpha = 0.25` and `gamma = 2`.
    pub fn new() -> Self {
        Self::default()
    }

    /// The weight of the positive targets, in [0, 1]; the negative ones get `1 - alpha`.
    ///
    /// # Panics
    /// If `alpha` is out of range.
    #[track_caller]
    pub fn alpha(self, alpha: Scalar) -> Self {
        assert!((0.0..=1.0).contains(&alpha), "alpha: {alpha} is not in [0, 1]; `no_alpha` weights nothing");
        Self { alpha: Some(alpha), ..self }
    }

    /// The same weight for positive and negative targets.
    pub fn no_alpha(self) -> Self {
        Self { alpha: None, ..self }
    }

    /// The exponent, at least 0. With 0, easy samples count as much as others.
    ///
    /// # Panics
    /// If `gamma` is negative or not finite.
    #[track_caller]
    pub fn gamma(self, gamma: Scalar) -> Self {
        assert!(gamma >= 0.0 && gamma.is_finite(), "gamma: {gamma} is not at least 0 and finite");
        Self { gamma, ..self }
    }

    /// The mean of the losses of all elements.
    ///
    /// # Panics
    /// If the shapes differ, or if a target is outside [0, 1].
    #[track_caller]
    pub fn loss(&self, logits: &Tensor, target: &impl NumberTarget) -> Tensor {
        self.unreduced(logits, target).mean()
    }

    /// The loss of each element, `reduction="none"` in torchvision.
    ///
    /// # Shapes
    /// `logits: [..]`, `target: [..]` in [0, 1], of equal shape → `[..]`
    ///
    /// # Panics
    /// If the shapes differ, or if a target is outside [0, 1].
    #[track_caller]
    pub fn unreduced(&self, logits: &Tensor, target: &impl NumberTarget) -> Tensor {
        let costs = unreduced::bce_with_logits_loss(logits, target);
        let t = target.numbers().detach();
        // The probability of a miss, 1 - q, without the loss of digits of `1 - σ(x)`.
        let miss = logits.sigmoid() * (1.0 - &t) + (-logits).sigmoid() * &t;
        let focused = costs * miss.pow(self.gamma);
        match self.alpha {
            Some(alpha) => focused * (&t * alpha + (1.0 - &t) * (1.0 - alpha)),
            None => focused,
        }
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]]], |x| sigmoid_focal_loss(&x[0], &super::some_shares(&x[0]))),
    Case::new(&[&[&[3, 4]]], |x| {
        Focal::new().no_alpha().gamma(0.7).unreduced(&x[0], &super::some_shares(&x[0]))
    }),
];
