//! Layer normalisation.

use crate::autograd::record;
use crate::broadcast::needs;
use crate::gradcheck::Case;
use crate::kernel::layer_norm as kernel;
use crate::storage::Buffer;
use crate::parameter::InLayer;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// Normalises each sample to mean 0 and variance 1 over the axes of `weight`, then scales and shifts it.
///
/// # Shapes
/// `x: [.., n]`, `weight: [n]`, `bias: [n]` → `[.., n]`, where `n` may be several axes.
///
/// # Formula
/// `x̂ = (x - x̄) / √(Σ (x - x̄)² / n + eps)`, `y = x̂ w + b`; with `h = g w` for each sample,
/// `dx = (h - h̄ - x̂ · mean(h x̂)) / √..`, `dw = Σ g x̂`, `db = Σ g`.
///
/// # Panics
/// If the last axes of `x` differ from the axes of `weight`, or if `bias` has another shape.
#[track_caller]
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: Scalar) -> Tensor {
    assert!(
        x.shape().ends_with(weight.shape()) && weight.rank() > 0,
        "{}: the last axes of the input {:?} must be those of the weight {:?}",
        InLayer::of("layer_norm", weight),
        x.shape(),
        weight.shape()
    );
    assert!(
        weight.shape() == bias.shape(),
        "layer_norm: the weight {:?} and the bias {:?} must have one shape",
        weight.shape(),
        bias.shape()
    );
    let (input, w) = (x.value().clone(), weight.value().clone());
    let mut stats = Buffer::stale(2 * (x.len() / w.len().max(1)));
    let output = Value::build(input.shape().clone(), |y| {
        kernel::forward(input.as_slice(), w.as_slice(), bias.as_slice(), eps, y, stats.as_mut_slice());
    });
    let needs = needs([x, weight, bias]);
    record(output, [x, weight, bias], move |gradient| {
        let mut dx = needs[0].then(|| Buffer::stale(input.len()));
        let mut sums = (needs[1] || needs[2]).then(|| [(); 2].map(|()| Buffer::stale(w.len())));
        let to_sums = sums.as_mut().map(|[dw, db]| (dw.as_mut_slice(), db.as_mut_slice()));
        let to_input = dx.as_mut().map(Buffer::as_mut_slice);
        let (x, g) = (input.as_slice(), gradient.as_slice());
        kernel::backward(x, g, w.as_slice(), stats.as_slice(), to_input, to_sums);
        let dx = dx.map(|dx| Value::new(input.shape().clone(), dx));
        let [dw, db] = sums.map_or([None, None], |sums| sums.map(Some));
        let shaped = |sums: Option<Buffer>, wanted: bool| {
            sums.filter(|_| wanted).map(|sums| Value::new(w.shape().clone(), sums))
        };
        [dx, shaped(dw, needs[1]), shaped(db, needs[2])]
    })
}

pub(crate) const CASES: &[Case] = &[Case::new(
    &[&[&[3, 4], &[4], &[4]], &[&[2, 3, 2], &[3, 2], &[3, 2]], &[&[5], &[5], &[5]], &[&[0, 2], &[2], &[2]], &[&[2, 1], &[1], &[1]], &[&[3, 37], &[37], &[37]]],
    |x| layer_norm(&x[0], &x[1], &x[2], 1e-5),
)];
