//! Mean squared error.

use super::{NumberTarget, same_shape};
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::reduction::{Reduction, rows};
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

/// The mean of the squared differences between output and target.
///
/// # Shapes
/// `output: [..]`, `target: [..]`, of equal shape → `[]`
///
/// # Formula
/// `L = Σ (o - t)² / n`; `do = 2 (o - t) g / n`, `dt = -do`.
///
/// # Panics
/// If the shapes differ; `PyTorch` broadcasts here and only warns.
#[track_caller]
pub fn mse_loss(output: &Tensor, target: &impl NumberTarget) -> Tensor {
    let target = target.numbers();
    same_shape("mse_loss", output.shape(), target.shape());
    let (o, t) = (output.value(), target.value());
    let difference =
        Value::build(o.shape().clone(), |d| kernel::zip(o.as_slice(), t.as_slice(), d, |o, t| o - t));
    let count = difference.len() as Scalar;
    let loss = Value::scalar(kernel::dot(difference.as_slice(), difference.as_slice()) / count);
    let needs = [output.requires_grad(), target.requires_grad()];
    record(loss, [output, target], move |gradient| {
        let scaled = |scale: Scalar| {
            Value::build(difference.shape().clone(), |to| {
                kernel::map(difference.as_slice(), to, move |d| scale * d);
            })
        };
        let scale = 2.0 * gradient.as_slice()[0] / count;
        [needs[0].then(|| scaled(scale)), needs[1].then(|| scaled(-scale))]
    })
    .with_reduction(Reduction::Mean(rows(output.shape())))
}

pub(crate) const CASES: &[Case] = &[
    Case::new(super::PAIRS, |x| mse_loss(&x[0], &x[1])),
    Case::new(super::PAIRS, |x| super::unreduced::mse_loss(&x[0], &x[1])),
];

#[cfg(test)]
mod tests {
    use super::mse_loss;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "mse_loss: the output has the shape [4, 1] and the target [4]")]
    fn a_column_is_no_row() {
        let _ = mse_loss(&Tensor::zeros(&[4, 1]), &Tensor::zeros(&[4]));
    }
}
