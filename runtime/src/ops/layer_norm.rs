//! Layer normalisation.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

/// Brings each sample to mean 0 and variance 1, over the last axes that `weight` has, then scales and shifts.
///
/// # Shapes
/// `x: [.., n]`, `weight: [n]`, `bias: [n]` → `[.., n]`, where `n` may be several axes.
///
/// # Formula
/// `x̂ = (x - x̄) / √(Σ (x - x̄)² / n + eps)`, `y = x̂ w + b`; with `h = g w` for each sample,
/// `dx = (h - h̄ - x̂ · mean(h x̂)) / √..`, `dw = Σ g x̂`, `db = Σ g`.
///
/// # Panics
/// If the last axes of `x` are not those of `weight`, or `bias` has another shape.
#[track_caller]
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: Scalar) -> Tensor {
    assert!(
        x.shape().ends_with(weight.shape()) && weight.rank() > 0,
        "layer_norm: the last axes of the input {:?} must be those of the weight {:?}",
        x.shape(),
        weight.shape()
    );
    assert!(
        weight.shape() == bias.shape(),
        "layer_norm: the weight {:?} and the bias {:?} must have one shape",
        weight.shape(),
        bias.shape()
    );
    let n = weight.len();
    let rows = x.len() / n.max(1);
    let mut scales = vec![0.0; rows];
    let normal = Value::build(x.value().shape().clone(), |normal| {
        for ((to, from), scale) in normal.chunks_exact_mut(n.max(1)).zip(x.as_slice().chunks_exact(n.max(1))).zip(&mut scales) {
            let mean = kernel::sum(from) / n as Scalar;
            kernel::map(from, to, move |x| x - mean);
            let inverse = 1.0 / (kernel::dot(to, to) / n as Scalar + eps).sqrt();
            kernel::map_in_place(to, move |x| x * inverse);
            *scale = inverse;
        }
    });
    let w = weight.value().clone();
    let mut output = normal.clone();
    for row in output.make_mut().chunks_exact_mut(n.max(1)) {
        kernel::zip_in_place(row, w.as_slice(), |x, w| x * w);
        kernel::zip_in_place(row, bias.as_slice(), |x, b| x + b);
    }
    let needs = crate::broadcast::needs([x, weight, bias]);
    record(output, [x, weight, bias], move |gradient| {
        let g = gradient.as_slice();
        let dw = needs[1].then(|| {
            let mut sums = Value::filled(w.shape().clone(), 0.0);
            let to = sums.make_mut();
            for (g, x) in g.chunks_exact(n.max(1)).zip(normal.as_slice().chunks_exact(n.max(1))) {
                to.iter_mut().zip(g).zip(x).for_each(|((sum, g), x)| *sum += g * x);
            }
            sums
        });
        let db = needs[2].then(|| {
            let mut sums = Value::filled(w.shape().clone(), 0.0);
            kernel::add_rows(g, sums.make_mut());
            sums
        });
        let dx = needs[0].then(|| input_gradient(g, &normal, &w, &scales));
        [dx, dw, db]
    })
}

fn input_gradient(g: &[Scalar], normal: &Value, w: &Value, scales: &[Scalar]) -> Value {
    let n = w.len();
    Value::build(normal.shape().clone(), |dx| {
        let rows = dx.chunks_exact_mut(n.max(1)).zip(g.chunks_exact(n.max(1)));
        for ((dx, g), (x, &scale)) in rows.zip(normal.as_slice().chunks_exact(n.max(1)).zip(scales)) {
            kernel::zip(g, w.as_slice(), dx, |g, w| g * w);
            let mean = kernel::sum(dx) / n as Scalar;
            let along = kernel::dot(dx, x) / n as Scalar;
            kernel::zip_in_place(dx, x, move |h, x| scale * (h - mean - x * along));
        }
    })
}

pub(crate) const CASES: &[Case] = &[Case::new(
    &[&[&[3, 4], &[4], &[4]], &[&[2, 3, 2], &[3, 2], &[3, 2]], &[&[5], &[5], &[5]], &[&[0, 2], &[2], &[2]], &[&[2, 1], &[1], &[1]]],
    |x| layer_norm(&x[0], &x[1], &x[2], 1e-5),
)];
