//! Batch normalisation per channel.

use crate::autograd::record;
use crate::broadcast::needs;
use crate::gradcheck::Case;
use crate::kernel::planes::Planes;
use crate::parameter::InLayer;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// The mean and the variance (with divisor `n`) of each channel, or of each group of a sample.
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    pub(crate) mean: Vec<Scalar>,
    pub(crate) variance: Vec<Scalar>,
}

impl Moments {
    /// The moments of each group of `planes`, whose number of elements is `count`.
    pub(crate) fn of(planes: Planes, x: &[Scalar], count: usize) -> Self {
        let share = |sums: Vec<f64>| sums.iter().map(|sum| (sum / count as f64) as Scalar).collect::<Vec<_>>();
        let mean = share(planes.sums(x, x, &vec![0.0; planes.period], |x, _, _| x));
        let variance = share(planes.sums(x, x, &mean, |x, _, mean| (x - mean) * (x - mean)));
        Self { mean, variance }
    }

    /// `1 / √(var + eps)` of each group.
    pub(crate) fn scales(&self, eps: f64) -> Vec<Scalar> {
        self.variance.iter().map(|&v| (1.0 / (f64::from(v) + eps).sqrt()) as Scalar).collect()
    }
}

/// Converts a vector of sums to a value.
pub(crate) fn vector(sums: &[f64]) -> Value {
    Value::build([sums.len()], |out| {
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = *sum as Scalar;
        }
    })
}

/// Normalises each channel to mean 0 and variance 1, then scales and shifts the channel. If `given`
/// is `None`, the mean and the variance are computed from the batch. Otherwise `given` contains
/// them as constants. Returns the output and the moments that were used.
///
/// # Shapes
/// `x: [n, channels, ..]`, `weight: [channels]`, `bias: [channels]` → the shape of `x`
///
/// # Formula
/// `x̂ = (x - mean) · r` with `r = 1 / √(var + eps)`; `y = w · x̂ + b`. If the moments come from
/// the batch, `dx = w · r · (g - mean g - x̂ · mean(g · x̂))`. If they are `given`,
/// `dx = w · r · g`. In both cases `dw = Σ g · x̂` and `db = Σ g`.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub(crate) fn batch_norm(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    given: Option<&Moments>,
    eps: f64,
) -> (Tensor, Moments) {
    let channels = channels(InLayer::of("batch_norm", weight), x, weight, bias);
    let planes = Planes { length: x.shape()[2..].iter().product(), period: channels };
    let count = x.len() / channels.max(1);
    let moments = given.cloned().unwrap_or_else(|| Moments::of(planes, x.as_slice(), count));
    let scales = moments.scales(eps);
    let (input, w, b) = (x.value().clone(), weight.value().clone(), bias.as_slice());
    let factors: Vec<[Scalar; 4]> =
        (0..channels).map(|c| [moments.mean[c], scales[c] * w.as_slice()[c], b[c], 0.0]).collect();
    let output = Value::build(input.shape().clone(), |y| {
        planes.transform(input.as_slice(), input.as_slice(), &factors, y, |x, _, [mean, scale, shift, _]| {
            (x - mean) * scale + shift
        });
    });
    let (means, constant, needs) = (moments.mean.clone(), given.is_some(), needs([x, weight, bias]));
    let output = record(output, [x, weight, bias], move |mut gradient| {
        let (x, g) = (input.as_slice(), gradient.as_slice());
        if constant && !needs[1] && !needs[2] {
            let factors: Vec<[Scalar; 4]> =
                (0..channels).map(|c| [scales[c] * w.as_slice()[c], 0.0, 0.0, 0.0]).collect();
            let dx = Value::build(input.shape().clone(), |dx| {
                planes.transform(g, g, &factors, dx, |g, _, [scale, ..]| g * scale);
            });
            return [Some(dx), None, None];
        }
        let db = planes.sums(g, g, &means, |g, _, _| g);
        let mut dw = planes.sums(x, g, &means, |x, g, mean| (x - mean) * g);
        dw.iter_mut().zip(&scales).for_each(|(dw, scale)| *dw *= f64::from(*scale));
        if needs[0] {
            let share = if constant { 0.0 } else { 1.0 / count as f64 };
            let factors: Vec<[Scalar; 4]> = (0..channels)
                .map(|c| {
                    let along = (f64::from(scales[c]) * dw[c] * share) as Scalar;
                    [means[c], scales[c] * w.as_slice()[c], (db[c] * share) as Scalar, along]
                })
                .collect();
            let dx = Value::build(input.shape().clone(), |dx| {
                if constant {
                    planes.transform(x, g, &factors, dx, |_, g, [_, scale, ..]| g * scale);
                } else {
                    planes.transform(x, g, &factors, dx, |x, g, [mean, scale, plain, along]| {
                        scale * (g - plain - (x - mean) * along)
                    });
                }
            });
            gradient = dx;
        }
        [needs[0].then_some(gradient), needs[1].then(|| vector(&dw)), needs[2].then(|| vector(&db))]
    });
    (output, moments)
}

/// The number of channels of `x: [n, channels, ..]`, after a check that weight and bias have one element
/// each.
#[track_caller]
pub(crate) fn channels(op: InLayer<'_>, x: &Tensor, weight: &Tensor, bias: &Tensor) -> usize {
    let &[_, channels, ..] = x.shape() else {
        panic!("{op}: the input must be [n, channels, ..], and its shape is {:?}", x.shape());
    };
    assert!(
        weight.shape() == [channels] && bias.shape() == [channels],
        "{op}: the input {:?} has {channels} channels, so that weight and bias must have the shape [{channels}], and \
         their shapes are {:?} and {:?}",
        x.shape(),
        weight.shape(),
        bias.shape()
    );
    channels
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        &[
            &[&[4, 3], &[3], &[3]],
            &[&[2, 3, 4], &[3], &[3]],
            &[&[3, 1], &[1], &[1]],
            &[&[2, 3, 2, 4], &[3], &[3]],
            &[&[2, 2, 3, 1, 2], &[2], &[2]],
            &[&[1, 2, 3, 5], &[2], &[2]],
        ],
        |x| batch_norm(&x[0], &x[1], &x[2], None, 1e-2).0,
    ),
    Case::new(
        &[&[&[4, 2], &[2], &[2]], &[&[1, 2, 3], &[2], &[2]], &[&[0, 2], &[2], &[2]], &[&[2, 2, 3, 2], &[2], &[2]]],
        |x| {
            let moments = Moments { mean: vec![0.5, -1.0], variance: vec![2.0, 0.25] };
            batch_norm(&x[0], &x[1], &x[2], Some(&moments), 1e-2).0
        },
    ),
    Case::new(&[&[&[2, 2, 3]]], |x| {
        let moments = Moments { mean: vec![0.5, -1.0], variance: vec![2.0, 0.25] };
        batch_norm(&x[0], &Tensor::from([2.0, -0.5]), &Tensor::zeros(&[2]), Some(&moments), 1e-2).0
    }),
];
