//! Group normalisation.

use super::batch_norm::{Moments, channels, vector};
use crate::autograd::record;
use crate::broadcast::needs;
use crate::gradcheck::Case;
use crate::kernel::planes::Planes;
use crate::parameter::InLayer;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// Normalises each group of channels of each sample to mean 0 and variance 1, then scales and
/// shifts each channel.
///
/// With one group per channel this is instance normalisation.
///
/// # Shapes
/// `x: [n, channels, ..]`, `weight: [channels]`, `bias: [channels]` → the shape of `x`
///
/// # Formula
/// `x̂ = (x - mean) · r` with `r = 1 / √(var + eps)`, where mean and variance (divisor `n`) are those
/// of the sample's group; `y = w · x̂ + b`. With `h = g · w` and the means over a group,
/// `dx = r · (h - mean h - x̂ · mean(h · x̂))`, `dw = Σ g · x̂`, `db = Σ g`.
///
/// # Panics
/// If the shapes do not fit, or if `groups` does not divide the channels.
///
/// # Source
/// Wu and He 2018; PyTorch's `F.group_norm`.
///
/// # Example
/// ```
/// use training_loop::{Tensor, group_norm};
///
/// let x = Tensor::from([[[1.0, 3.0], [2.0, 2.0]]]);
/// let y = group_norm(&x, 1, &Tensor::ones(&[2]), &Tensor::zeros(&[2]), 1e-5);
/// assert_eq!(y.shape(), [1, 2, 2]);
/// assert!((y.as_slice()[0] + 2.0_f32.sqrt()).abs() < 1e-4);
/// ```
#[doc(alias("instance_norm"))]
#[track_caller]
pub fn group_norm(x: &Tensor, groups: usize, weight: &Tensor, bias: &Tensor, eps: f64) -> Tensor {
    normalised("group_norm", x, groups, weight, bias, eps).0
}

/// As [`group_norm`]. Also returns the moments of each group of each sample. `op` names the caller
/// in a panic.
#[track_caller]
pub(crate) fn normalised(
    op: &str,
    x: &Tensor,
    groups: usize,
    weight: &Tensor,
    bias: &Tensor,
    eps: f64,
) -> (Tensor, Moments) {
    let op = InLayer::of(op, weight);
    let channels = channels(op, x, weight, bias);
    assert!(
        groups > 0 && channels.is_multiple_of(groups),
        "{op}: {groups} groups must divide the {channels} channels of the input {:?}",
        x.shape()
    );
    let length: usize = x.shape()[2..].iter().product();
    // An empty tensor has no statistics, even if its first axis is not empty.
    let samples = if x.is_empty() { 0 } else { x.shape()[0] };
    let all = samples * channels;
    let (planes, of_a_group) = (Planes { length, period: all }, channels / groups);
    let rows = Planes { length: of_a_group * length, period: samples * groups };
    let moments = Moments::of(rows, x.as_slice(), rows.length);
    let scales = moments.scales(eps);
    let (input, w, b) = (x.value().clone(), weight.value().clone(), bias.as_slice());
    let factors: Vec<[Scalar; 4]> = (0..all)
        .map(|plane| {
            let (row, channel) = (plane / of_a_group, plane % channels);
            [moments.mean[row], scales[row] * w.as_slice()[channel], b[channel], 0.0]
        })
        .collect();
    let output = Value::build(input.shape().clone(), |y| {
        planes.transform(input.as_slice(), input.as_slice(), &factors, y, |x, _, [mean, scale, shift, _]| {
            (x - mean) * scale + shift
        });
    });
    let (means, needs) = (moments.mean.clone(), needs([x, weight, bias]));
    let output = record(output, [x, weight, bias], move |gradient| {
        let (x, g, w) = (input.as_slice(), gradient.as_slice(), w.as_slice());
        let of_planes: Vec<Scalar> = (0..all).map(|plane| means[plane / of_a_group]).collect();
        let plain = planes.sums(g, g, &of_planes, |g, _, _| g);
        let mut along = planes.sums(x, g, &of_planes, |x, g, mean| (x - mean) * g);
        along.iter_mut().enumerate().for_each(|(plane, sum)| *sum *= f64::from(scales[plane / of_a_group]));
        let dx = needs[0].then(|| {
            // The means of `h` and of `h · x̂` over each group.
            let mean = |sums: &[f64]| -> Vec<f64> {
                let weighted = |plane: usize| f64::from(w[plane % channels]) * sums[plane];
                let planes = |row: usize| row * of_a_group..(row + 1) * of_a_group;
                (0..means.len()).map(|row| planes(row).map(weighted).sum::<f64>() / rows.length as f64).collect()
            };
            let (plain, along) = (mean(&plain), mean(&along));
            let factors: Vec<[Scalar; 4]> = (0..all)
                .map(|plane| {
                    let row = plane / of_a_group;
                    let scale = f64::from(scales[row]);
                    let [plain, along] = [scale * plain[row], scale * scale * along[row]].map(|x| x as Scalar);
                    [means[row], scales[row] * w[plane % channels], plain, along]
                })
                .collect();
            Value::build(input.shape().clone(), |dx| {
                planes.transform(x, g, &factors, dx, |x, g, [mean, scale, plain, along]| {
                    g * scale - plain - (x - mean) * along
                });
            })
        });
        let by_channel = |sums: &[f64]| {
            let mut totals = vec![0.0; channels];
            sums.iter().enumerate().for_each(|(plane, sum)| totals[plane % channels] += sum);
            vector(&totals)
        };
        [dx, needs[1].then(|| by_channel(&along)), needs[2].then(|| by_channel(&plain))]
    });
    (output, moments)
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        &[
            &[&[2, 4, 3], &[4], &[4]],
            &[&[3, 2, 2, 3], &[2], &[2]],
            &[&[2, 6], &[6], &[6]],
            &[&[1, 2, 2, 1, 3], &[2], &[2]],
            &[&[0, 2, 3], &[2], &[2]],
        ],
        |x| group_norm(&x[0], 2, &x[1], &x[2], 1e-2),
    ),
    Case::new(&[&[&[2, 3, 5], &[3], &[3]], &[&[2, 1, 2, 2], &[1], &[1]]], |x| {
        group_norm(&x[0], x[0].shape()[1], &x[1], &x[2], 1e-2)
    }),
    Case::new(&[&[&[2, 3, 5], &[3], &[3]]], |x| group_norm(&x[0], 1, &x[1], &x[2], 1e-2)),
];

#[cfg(test)]
mod tests {
    use super::group_norm;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "group_norm: 4 groups must divide the 6 channels of the input [2, 6, 5]")]
    fn groups_that_do_not_divide_are_refused() {
        let _ = group_norm(&Tensor::zeros(&[2, 6, 5]), 4, &Tensor::ones(&[6]), &Tensor::zeros(&[6]), 1e-5);
    }
}
