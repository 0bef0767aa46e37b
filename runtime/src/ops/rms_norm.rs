//! Root-mean-square normalisation.

use crate::autograd::record;
use crate::broadcast::needs;
use crate::gradcheck::Case;
use crate::kernel::rms_norm as kernel;
use crate::storage::Buffer;
use crate::parameter::InLayer;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// Divides each sample by its root mean square over the axes of `weight`, then scales it.
///
/// # Shapes
/// `x: [.., n]`, `weight: [n]` → `[.., n]`, where `n` may be several axes.
///
/// # Formula
/// `x̂ = x / √(Σ x² / n + eps)`, `y = x̂ w`; with `h = g w` for each sample,
/// `dx = (h - x̂ · mean(h x̂)) / √..`, `dw = Σ g x̂`. `eps = None` is the machine epsilon of
/// [`Scalar`], as in PyTorch.
///
/// # Panics
/// If the last axes of `x` differ from the axes of `weight`.
///
/// # Source
/// Zhang and Sennrich 2019; PyTorch's `F.rms_norm`.
///
/// # Example
/// ```
/// use training_loop::{Tensor, rms_norm};
///
/// let y = rms_norm(&Tensor::from([3.0, 4.0]), &Tensor::ones(&[2]), None);
/// assert!((y.as_slice()[1] - 4.0 / 12.5_f32.sqrt()).abs() < 1e-5);
/// ```
#[track_caller]
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: Option<f64>) -> Tensor {
    assert!(
        x.shape().ends_with(weight.shape()) && weight.rank() > 0,
        "{}: the last axes of the input {:?} must be those of the weight {:?}",
        InLayer::of("rms_norm", weight),
        x.shape(),
        weight.shape()
    );
    let (input, w) = (x.value().clone(), weight.value().clone());
    let mut scales = Buffer::stale(x.len() / w.len().max(1));
    let eps = eps.unwrap_or(f64::from(Scalar::EPSILON));
    let output = Value::build(input.shape().clone(), |y| {
        kernel::forward(input.as_slice(), w.as_slice(), eps, y, scales.as_mut_slice());
    });
    let needs = needs([x, weight]);
    record(output, [x, weight], move |gradient| {
        let [mut dx, mut dw] = [(needs[0], &input), (needs[1], &w)]
            .map(|(needed, value)| needed.then(|| Buffer::stale(value.len())));
        let inputs = [input.as_slice(), gradient.as_slice(), w.as_slice(), scales.as_slice()];
        kernel::backward(inputs, dx.as_mut().map(Buffer::as_mut_slice), dw.as_mut().map(Buffer::as_mut_slice));
        [(dx, &input), (dw, &w)].map(|(data, value)| data.map(|data| Value::new(value.shape().clone(), data)))
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        &[
            &[&[3, 4], &[4]],
            &[&[2, 3, 2], &[3, 2]],
            &[&[5], &[5]],
            &[&[0, 2], &[2]],
            &[&[2, 1], &[1]],
            &[&[3, 37], &[37]],
        ],
        |x| rms_norm(&x[0], &x[1], Some(1e-2)),
    ),
    Case::new(&[&[&[3, 4], &[4]]], |x| rms_norm(&x[0], &x[1], None)),
];

#[cfg(test)]
mod tests {
    use super::rms_norm;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "rms_norm: the last axes of the input [2, 4] must be those of the weight [3]")]
    fn another_weight_is_named() {
        let _ = rms_norm(&Tensor::zeros(&[2, 4]), &Tensor::ones(&[3]), None);
    }
}
