//! Negative log-likelihood.

use super::check_labels;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::reduction::Reduction;
use crate::value::Value;
use crate::{Labels, Scalar, Tensor};

/// The mean negative log-probability of the labels, from log-probabilities.
///
/// # Shapes
/// `log_probabilities: [.., classes]`, labels `[..]` → `[]`; PyTorch wants the classes on axis 1.
///
/// # Formula
/// `L = -Σᵢ x[i, tᵢ] / n`; `dx = -g / n` at the `n` labels, else 0.
/// With [`log_softmax`](Tensor::log_softmax) before it this is [`cross_entropy`](crate::cross_entropy), which
/// also takes weights and a label to leave out.
///
/// # Panics
/// If the shapes do not fit, or a label is not below the number of classes.
#[track_caller]
pub fn nll_loss(log_probabilities: &Tensor, labels: &Labels) -> Tensor {
    let x = log_probabilities.value();
    let classes = check_labels("nll_loss", labels, x.shape(), None);
    let (labels, shape) = (labels.clone(), x.shape().clone());
    let count = labels.len() as f64;
    let chosen = labels.iter().enumerate().map(|(row, label)| x.as_slice()[row * classes + label as usize]);
    let loss = -chosen.map(f64::from).sum::<f64>() / count;
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
    &[Case::new(&[&[&[4, 3]], &[&[1, 1]], &[&[2, 2, 3]], &[&[3]]], |x| nll_loss(&x[0], &super::some_labels(&x[0])))];
