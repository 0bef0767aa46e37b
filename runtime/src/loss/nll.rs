//! Negative log-likelihood.

use super::{check_labels, log_probability};
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::reduction::Reduction;
use crate::value::Value;
use crate::{Labels, Scalar, Tensor};

/// The mean of the negative log-probabilities of the labels.
///
/// # Shapes
/// `log_probabilities: [.., classes]`, labels `[..]` → `[]`; PyTorch expects the classes on axis 1.
///
/// # Formula
/// `L = -Σᵢ x[i, tᵢ] / n`; `dx = -g / n` at the `n` labels, else 0.
/// After [`log_softmax`](Tensor::log_softmax), this loss equals
/// [`cross_entropy`](crate::cross_entropy), which also supports class weights and a label to
/// ignore.
///
/// # Panics
/// If the shapes do not fit, if a label is not below the number of classes, or if the
/// log-probability of a label exceeds 0 by more than rounding.
#[track_caller]
pub fn nll_loss(log_probabilities: &Tensor, labels: &Labels) -> Tensor {
    let x = log_probabilities.value();
    let classes = check_labels("nll_loss", labels, x.shape(), None);
    let (labels, shape) = (labels.clone(), x.shape().clone());
    let count = labels.len() as f64;
    let mut total = 0.0;
    for (row, label) in labels.iter().enumerate() {
        total += f64::from(log_probability("nll_loss", x.as_slice()[row * classes + label as usize]));
    }
    let loss = -total / count;
    record(Value::scalar(loss as Scalar), [log_probabilities], move |gradient| {
        let mut dx = Value::filled(shape.clone(), 0.0);
        let to = dx.make_mut();
        for (row, label) in labels.iter().enumerate() {
            to[row * classes + label as usize] = -gradient.as_slice()[0] / labels.len() as Scalar;
        }
        [dx]
    })
    .with_reduction(Reduction::Mean(count))
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[4, 3]], &[&[1, 1]], &[&[2, 2, 3]], &[&[3]]], |x| nll_loss(&x[0], &super::some_labels(&x[0])))
        .within(-2.0, 0.0),
    Case::new(&[&[&[4, 3]], &[&[2, 2, 3]]], |x| super::unreduced::nll_loss(&x[0], &super::some_labels(&x[0]))).within(-2.0, 0.0)];


#[cfg(test)]
mod tests {
    use super::nll_loss;
    use crate::{Labels, Tensor};

    #[test]
    #[should_panic(expected = "nll_loss: the input has the number 2.5, and no log-probability is above 0")]
    fn scores_are_refused() {
        let _ = nll_loss(&Tensor::from([[-1.0, 2.5]]), &Labels::from(vec![1_usize]));
    }

    #[test]
    fn certainty_is_allowed_to_round_up() {
        assert!(nll_loss(&Tensor::from([[1e-6, -9.0]]), &Labels::from(vec![0_usize])).item().abs() < 2e-6);
    }
}
