//! Losses without a reduction: the loss of each element or of each sample, `reduction="none"` in `PyTorch`.
//!
//! `sum` and `mean` reduce them further; a loop weights batches by the [`denominator`](crate::Tensor::denominator) of
//! the mean. The losses with options, such as [`Huber`](crate::Huber), have a method `unreduced` too.
//!
//! ```
//! use training_loop::{Tensor, unreduced};
//!
//! let each = unreduced::mse_loss(&Tensor::from([1.0, 2.0, 5.0]), &Tensor::from([1.0, 0.0, 2.0]));
//! assert_eq!((each.as_slice(), each.sum().item()), (&[0.0, 4.0, 9.0][..], 13.0));
//! // A weight for each sample.
//! let weights = Tensor::from([1.0, 0.5, 0.0]);
//! assert_eq!(((&each * &weights).sum() / weights.sum()).denominator(), Some(1.5));
//! ```

use super::{
    ClassTarget, CrossEntropy, Huber, NumberTarget, Reduce, SmoothL1, bce, bce_with_logits, by_difference,
    check_labels, check_shares, l1, log_probability, same_shape,
};
use crate::{Labels, Tensor};

/// The squared difference of each element; see [`mse_loss`](crate::mse_loss).
///
/// # Shapes
/// `output: [..]`, `target: [..]`, of equal shape → `[..]`
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn mse_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    by_difference(Reduce::Not, "mse_loss", output, target.numbers(), |d| d * d, |d| 2.0 * d)
}

/// The absolute difference of each element; see [`l1_loss`](crate::l1_loss).
///
/// # Shapes
/// `output: [..]`, `target: [..]`, of equal shape → `[..]`
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn l1_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    l1::reduced(Reduce::Not, output, target.numbers())
}

/// The loss of each element; see [`huber_loss`](crate::huber_loss).
///
/// # Shapes
/// `output: [..]`, `target: [..]`, of equal shape → `[..]`
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn huber_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    Huber::new(1.0).unreduced(output, target)
}

/// The loss of each element; see [`smooth_l1_loss`](crate::smooth_l1_loss).
///
/// # Shapes
/// `output: [..]`, `target: [..]`, of equal shape → `[..]`
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn smooth_l1_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    SmoothL1::new(1.0).unreduced(output, target)
}

/// The binary cross-entropy of each probability; see [`bce_loss`](crate::bce_loss).
///
/// # Shapes
/// `output: [..]` in [0, 1], `target: [..]` in [0, 1], of equal shape → `[..]`
///
/// # Panics
/// As [`bce_loss`](crate::bce_loss).
#[track_caller]
pub fn bce_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    bce::reduced(Reduce::Not, output, target.numbers())
}

/// The binary cross-entropy of each logit; see [`bce_with_logits_loss`](crate::bce_with_logits_loss).
///
/// # Shapes
/// `logits: [..]`, `target: [..]` in [0, 1], of equal shape → `[..]`
///
/// # Panics
/// As [`bce_with_logits_loss`](crate::bce_with_logits_loss).
#[track_caller]
pub fn bce_with_logits_loss(logits: &Tensor, target: &impl NumberTarget) -> Tensor {
    bce_with_logits::reduced(Reduce::Not, logits, target.numbers())
}

/// The negative log-probability of each label; see [`nll_loss`](crate::nll_loss).
///
/// # Shapes
/// `log_probabilities: [.., classes]`, labels `[..]` → `[..]`
///
/// # Panics
/// As [`nll_loss`](crate::nll_loss).
#[track_caller]
pub fn nll_loss(log_probabilities: &Tensor, labels: &Labels) -> Tensor {
    check_labels("nll_loss", labels, log_probabilities.shape(), None);
    let taken = log_probabilities.gather(labels);
    taken.as_slice().iter().for_each(|x| {
        log_probability("nll_loss", *x);
    });
    -taken
}

/// The cross-entropy of each sample; see [`cross_entropy`](crate::cross_entropy).
///
/// # Shapes
/// `logits: [.., classes]`, `target`: labels `[..]`, or probabilities `[.., classes]` → `[..]`
///
/// # Panics
/// As [`cross_entropy`](crate::cross_entropy).
#[track_caller]
pub fn cross_entropy(logits: &Tensor, target: &impl ClassTarget) -> Tensor {
    CrossEntropy::new().unreduced(logits, target)
}

/// The terms `t (ln t - x)` of the divergence; see [`kl_div`](crate::kl_div). Their sum, divided by the batch, is the
/// divergence.
///
/// # Shapes
/// `log_probabilities: [..]`, `target: [..]`, of equal shape → `[..]`
///
/// # Panics
/// As [`kl_div`](crate::kl_div).
#[track_caller]
pub fn kl_div(log_probabilities: &Tensor, target: &impl NumberTarget) -> Tensor {
    let (x, t) = (log_probabilities, target.numbers());
    same_shape("kl_div", x.shape(), t.shape());
    check_shares("kl_div", t);
    for (x, t) in x.as_slice().iter().zip(t.as_slice()) {
        if *t != 0.0 {
            log_probability("kl_div", *x);
        }
    }
    let t = t.detach();
    // 0 ln 0 is 0, and a probability of 0 costs nothing, even if its logarithm is minus infinity.
    let none = t.eq(0.0);
    let logarithm = t.masked_fill(&none, 1.0).ln();
    let zero = Tensor::from(0.0);
    none.choose(&zero, &(&t * (logarithm - none.choose(&zero, x))))
}
