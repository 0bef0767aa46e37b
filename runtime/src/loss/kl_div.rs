//! Kullback-Leibler divergence.

use super::{NumberTarget, check_shares, log_probability, same_shape};
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::reduction::Reduction;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// The divergence of log-probabilities from the probabilities of a target, averaged over the batch.
///
/// # Shapes
/// `log_probabilities: [batch, ..]`, `target: [batch, ..]`, of equal shape → `[]`
///
/// # Formula
/// `L = Σ t (ln t - x) / batch`, where `0 ln 0 = 0`; `dx = -g t / batch`. The target has no gradient.
///
/// # Panics
/// If the shapes differ or have no axis, if a target is outside [0, 1], or if a log-probability
/// whose target is positive exceeds 0 by more than rounding.
///
/// # Source
/// `PyTorch`'s `kl_div` with `reduction="batchmean"`. This reduction computes the divergence. The
/// default of `PyTorch` also divides by the number of classes.
#[track_caller]
pub fn kl_div(log_probabilities: &Tensor, target: &impl NumberTarget) -> Tensor {
    let target = target.numbers();
    same_shape("kl_div", log_probabilities.shape(), target.shape());
    let Some(&batch) = target.shape().first() else {
        panic!("kl_div: the input must be [batch, ..], and its shape is []");
    };
    check_shares("kl_div", target);
    let (x, t) = (log_probabilities.as_slice(), target.value().clone());
    let mut total = 0.0;
    for (x, t) in x.iter().zip(t.as_slice()) {
        if *t != 0.0 {
            total += f64::from(t * (t.ln() - log_probability("kl_div", *x)));
        }
    }
    let batch = batch as Scalar;
    record(Value::scalar((total / f64::from(batch)) as Scalar), [log_probabilities], move |gradient| {
        let scale = -gradient.as_slice()[0] / batch;
        [Value::build(t.shape().clone(), |dx| crate::kernel::map(t.as_slice(), dx, move |t| t * scale))]
    })
    .with_reduction(Reduction::Mean(f64::from(batch)))
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[1]]], |x| kl_div(&x[0], &super::some_shares(&x[0]))).within(-2.0, 0.0),
    Case::new(&[&[&[3, 4]], &[&[]]], |x| super::unreduced::kl_div(&x[0], &super::some_shares(&x[0]))).within(-2.0, 0.0)];


#[cfg(test)]
mod tests {
    use super::kl_div;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "kl_div: the input has the number 0.5, and no log-probability is above 0")]
    fn scores_are_refused() {
        let _ = kl_div(&Tensor::from([[0.5, -1.0]]), &Tensor::from([[0.5, 0.5]]));
    }
}
