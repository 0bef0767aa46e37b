//! The weights of batches in an epoch's loss and in the update of an accumulation window.

use crate::reduction::Reduction;
use crate::{Error, Result, Scalar, Tensor};

/// The weight of a batch relative to other batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Weight {
    /// The loss of the batch is a mean with this denominator (at least 0). The denominator is the
    /// number of samples or the sum of their class weights.
    Mean(f64),
    /// The loss of the batch is a sum, which is added to the losses of the other batches.
    Sum,
}

/// The reason why the denominator of a loss is unknown. Such a loss is weighted by the number of
/// samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Guess {
    /// The loss is a sum times a factor. The factor is neither `1 / samples` nor `1 / elements`.
    ScaledSum,
    /// The loss is neither a mean nor a sum, or combines several losses with different
    /// denominators.
    Unknown,
}

impl Weight {
    /// The weight of a batch, derived from the reduction of its loss. If the denominator is
    /// unknown, the weight is the number of samples, and the reason is returned too.
    pub(super) fn of(loss: &Tensor, samples: usize) -> (Self, Option<Guess>) {
        /// The maximum relative error of a factor that is treated as `1 / samples` or
        /// `1 / elements`.
        const ROUNDING: f64 = 1e-6;
        let by_samples = Self::Mean(samples as f64);
        match loss.reduction() {
            Reduction::Mean(denominator) => (Self::Mean(denominator), None),
            Reduction::Sum { .. } => (Self::Sum, None),
            Reduction::Scaled { count, factor } => {
                let is_mean = |count: usize| (factor * count as f64 - 1.0).abs() < ROUNDING;
                match [samples, count].into_iter().find(|&count| is_mean(count)) {
                    Some(count) => (Self::Mean(count as f64), None),
                    None => (by_samples, Some(Guess::ScaledSum)),
                }
            }
            Reduction::None | Reduction::Unknown => (by_samples, Some(Guess::Unknown)),
        }
    }

    /// The weight of a batch for which the function of the clause `loss_weight` returned `weight`.
    ///
    /// # Errors
    /// [`Error::Rule`] if the weight is negative or not finite.
    pub(super) fn given(weight: f64) -> Result<Self> {
        if weight >= 0.0 && weight.is_finite() {
            return Ok(Self::Mean(weight));
        }
        Err(Error::Rule {
            clause: "loss_weight",
            value: weight.to_string(),
            rule: "must be finite and at least 0",
            help: "give what the batch's loss is divided by",
        })
    }
}

impl Guess {
    /// The error for a loop with `accumulate` if the denominator of the loss is unknown. The
    /// message depends on the reason `self`.
    pub(super) fn refused(self) -> Error {
        let (rule, help) = match self {
            Self::ScaledSum => (
                "`accumulate` needs the denominator of the loss, and this loss is a sum times a factor",
                "put the factor before `.sum()`, or write `loss_weight = |batch| batch.len()` for a mean over samples",
            ),
            Self::Unknown => (
                "`accumulate` needs the denominator of the loss, which is unknown",
                "write `loss_weight = |batch| batch.len()` for a mean over samples",
            ),
        };
        Error::Rule { clause: "loss_weight", value: "missing".to_owned(), rule, help }
    }
}

/// The loss over all batches so far.
///
/// # Formula
/// `Σ lossᵢ wᵢ / Σ wᵢ` for means with the weights `wᵢ`, and `Σ lossᵢ` for sums, in f64.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Total {
    sum: f64,
    weight: f64,
    /// Whether the losses are sums, as determined by the first batch.
    is_sum: bool,
}

impl Total {
    /// Adds the loss of a batch. A batch with weight 0 changes nothing.
    pub(super) fn add(&mut self, loss: f64, weight: Weight) {
        let weight = match weight {
            Weight::Mean(0.0) => return,
            Weight::Mean(weight) => weight,
            Weight::Sum => {
                self.is_sum |= self.weight == 0.0;
                1.0
            }
        };
        self.sum += if self.is_sum { loss } else { loss * weight };
        self.weight += weight;
    }

    /// The sum, the weight, and whether the losses are sums.
    pub(super) fn parts(self) -> (f64, f64, bool) {
        (self.sum, self.weight, self.is_sum)
    }

    /// The total with these [`parts`](Self::parts).
    pub(super) fn from_parts(sum: f64, weight: f64, is_sum: bool) -> Self {
        Self { sum, weight, is_sum }
    }

    /// The loss over all batches, or `None` before the first batch with a weight above 0.
    pub(super) fn value(self) -> Option<f64> {
        let divisor = if self.is_sum { 1.0 } else { self.weight };
        (self.weight > 0.0).then(|| self.sum / divisor)
    }
}

/// An accumulation window: the batches whose gradients are accumulated for one update. `weight` is
/// the total weight of these batches so far.
///
/// # Formula
/// The loss of each batch is scaled by `wᵢ / n`, where `wᵢ` is the weight of the batch and `n` is the number
/// of samples of the window. The accumulated gradients are scaled by `n / Σ wᵢ`, which is 1 for a plain mean
/// over samples. If the losses are sums, nothing is scaled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    samples: f64,
    weight: f64,
    is_sum: bool,
}

impl Window {
    pub(super) fn new(samples: usize) -> Self {
        Self { samples: samples as f64, weight: 0.0, is_sum: false }
    }

    /// Adds a batch and returns the factor that its loss is multiplied by.
    pub(super) fn add(&mut self, weight: Weight) -> Scalar {
        match weight {
            Weight::Mean(weight) => {
                self.weight += weight;
                (weight / self.samples) as Scalar
            }
            Weight::Sum => {
                self.weight += 1.0;
                self.is_sum = true;
                1.0
            }
        }
    }

    /// The total weight of the window's batches.
    pub(super) fn weight(self) -> f64 {
        self.weight
    }

    /// The factor that the accumulated gradients are multiplied by.
    pub(super) fn scale(self) -> Scalar {
        if self.is_sum || self.weight == 0.0 { 1.0 } else { (self.samples / self.weight) as Scalar }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_made_by_hand_is_one() {
        let x = Tensor::ones(&[6, 3]);
        let weight = |loss: &Tensor| Weight::of(loss, 6);
        assert_eq!(weight(&(x.sum() / 6.0)), (Weight::Mean(6.0), None));
        assert_eq!(weight(&(x.sum() * (1.0 / 18.0))), (Weight::Mean(18.0), None));
        assert_eq!(weight(&x.sum()), (Weight::Sum, None));
        assert_eq!(weight(&(x.sum() * 0.5)), (Weight::Mean(6.0), Some(Guess::ScaledSum)));
        assert_eq!(weight(&x.mean().exp()), (Weight::Mean(6.0), Some(Guess::Unknown)));
    }

    #[test]
    fn totals_are_those_of_all_the_data() {
        let total = |batches: &[(f64, Weight)]| {
            let mut total = Total::default();
            for &(loss, weight) in batches {
                total.add(loss, weight);
            }
            total.value()
        };
        assert_eq!(total(&[(1.0, Weight::Mean(4.0)), (6.0, Weight::Mean(1.0))]), Some(2.0));
        assert_eq!(total(&[(f64::NAN, Weight::Mean(0.0)), (6.0, Weight::Mean(2.0))]), Some(6.0));
        assert_eq!(total(&[(1.0, Weight::Sum), (6.0, Weight::Sum)]), Some(7.0));
        assert_eq!(total(&[(f64::NAN, Weight::Mean(0.0))]), None);
    }

    #[test]
    fn a_window_of_plain_means_needs_no_scaling_in_the_end() {
        let mut window = Window::new(10);
        assert_eq!(window.add(Weight::Mean(8.0)), 0.8);
        assert_eq!(window.add(Weight::Mean(2.0)), 0.2);
        assert_eq!(window.scale(), 1.0);
        let mut window = Window::new(8);
        assert_eq!(window.add(Weight::Mean(1.0)) + window.add(Weight::Mean(0.0)), 0.125);
        assert_eq!((window.weight(), window.scale()), (1.0, 8.0));
    }
}
