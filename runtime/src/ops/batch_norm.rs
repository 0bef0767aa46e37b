//! Batch normalisation per channel.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// The mean and the variance (with divisor `n`) of each channel.
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    pub(crate) mean: Vec<Scalar>,
    pub(crate) variance: Vec<Scalar>,
}

/// Normalises each channel to mean 0 and variance 1, then scales and shifts the channel. If `given`
/// is `None`, the mean and the variance are computed from the batch. Otherwise `given` contains
/// them as constants. Returns the output and the moments that were used.
///
/// # Shapes
/// `x: [n, channels]` or `[n, channels, length]`, `weight: [channels]`, `bias: [channels]` → the
/// shape of `x`
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
    let layout = Layout::new(x, weight, bias);
    let moments = given.cloned().unwrap_or_else(|| layout.moments(x.as_slice()));
    let scales = moments.variance.iter().map(|&v| (1.0 / (f64::from(v) + eps).sqrt()) as Scalar);
    let scales = scales.collect::<Vec<_>>();
    let mut normal = x.value().clone();
    layout.each(normal.make_mut(), |channel, x| *x = (*x - moments.mean[channel]) * scales[channel]);
    let (w, b) = (weight.value().clone(), bias.as_slice());
    let mut output = normal.clone();
    layout.each(output.make_mut(), |channel, y| *y = w.as_slice()[channel] * *y + b[channel]);
    let constant = given.is_some();
    let output = record(output, [x, weight, bias], move |mut gradient| {
        let db = layout.sums(gradient.as_slice().iter().copied());
        let dw = layout.sums(gradient.as_slice().iter().zip(normal.as_slice()).map(|(g, x)| g * x));
        let count = layout.count() as f64;
        let mut numbers = normal.as_slice().iter();
        layout.each(gradient.make_mut(), |channel, g| {
            let x = numbers.next().copied().unwrap_or(0.0);
            let pull = if constant { 0.0 } else { ((db[channel] + f64::from(x) * dw[channel]) / count) as Scalar };
            *g = w.as_slice()[channel] * scales[channel] * (*g - pull);
        });
        let value = |sums: &[f64]| {
            Value::build([sums.len()], |out| {
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = *sum as Scalar;
                }
            })
        };
        [gradient, value(&dw), value(&db)]
    });
    (output, moments)
}

/// The sizes of an input `[samples, channels, length]`, where `length` is 1 for an input of two axes.
#[derive(Clone, Copy)]
struct Layout {
    samples: usize,
    channels: usize,
    length: usize,
}

impl Layout {
    #[track_caller]
    fn new(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Self {
        let (samples, channels, length) = match *x.shape() {
            [samples, channels] => (samples, channels, 1),
            [samples, channels, length] => (samples, channels, length),
            [_, _, _, _] => panic!(
                "batch_norm: the input {:?} must be [n, channels] or [n, channels, length]; for images write \
                 `norm.forward(&x.flatten(2)).reshape(x.shape())`",
                x.shape()
            ),
            ref other => panic!("batch_norm: the input {other:?} must be [n, channels] or [n, channels, length]"),
        };
        assert!(
            weight.shape() == [channels] && bias.shape() == [channels],
            "batch_norm: the input {:?} has {channels} channels, weight {:?} and bias {:?} have others",
            x.shape(),
            weight.shape(),
            bias.shape()
        );
        Self { samples, channels, length }
    }

    /// The number of elements per channel.
    fn count(self) -> usize {
        self.samples * self.length
    }

    /// Calls `change` for each element, with the index of the element's channel.
    fn each(self, numbers: &mut [Scalar], mut change: impl FnMut(usize, &mut Scalar)) {
        for (index, run) in numbers.chunks_exact_mut(self.length.max(1)).enumerate() {
            for number in run {
                change(index % self.channels, number);
            }
        }
    }

    /// The sum of each channel's elements, in double precision.
    fn sums(self, mut numbers: impl Iterator<Item = Scalar>) -> Vec<f64> {
        let mut sums = vec![0.0; self.channels];
        for _ in 0..self.samples {
            for sum in &mut sums {
                *sum += numbers.by_ref().take(self.length).map(f64::from).sum::<f64>();
            }
        }
        sums
    }

    fn moments(self, x: &[Scalar]) -> Moments {
        let count = self.count() as f64;
        let mean: Vec<_> = self.sums(x.iter().copied()).iter().map(|sum| (sum / count) as Scalar).collect();
        let mut squares = x.to_vec();
        self.each(&mut squares, |channel, x| *x = (*x - mean[channel]) * (*x - mean[channel]));
        let variance = self.sums(squares.into_iter()).iter().map(|sum| (sum / count) as Scalar).collect();
        Moments { mean, variance }
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[4, 3], &[3], &[3]], &[&[2, 3, 4], &[3], &[3]], &[&[3, 1], &[1], &[1]]], |x| {
        batch_norm(&x[0], &x[1], &x[2], None, 1e-2).0
    }),
    Case::new(&[&[&[4, 2], &[2], &[2]], &[&[1, 2, 3], &[2], &[2]], &[&[0, 2], &[2], &[2]]], |x| {
        let moments = Moments { mean: vec![0.5, -1.0], variance: vec![2.0, 0.25] };
        batch_norm(&x[0], &x[1], &x[2], Some(&moments), 1e-2).0
    }),
];
