//! A leaky ReLU with learned slopes.

use crate::autograd::record;
use crate::broadcast::needs;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Scalar, Tensor};

impl Tensor {
    /// Keeps positive elements and multiplies the others by a learned slope. All channels share one slope, or
    /// each channel has its own.
    ///
    /// # Shapes
    /// `x: [n, channels, ..]`, `weight: [channels]` or `[1]` → the shape of `x`. With one slope, `x`
    /// may have any shape.
    ///
    /// # Formula
    /// `y = x` where `x > 0`, else `w x`; `dx = g` where `x > 0`, else `g w`; `dw` is the sum of `g x`
    /// where `x ≤ 0`.
    ///
    /// # Panics
    /// If the number of slopes is neither 1 nor the number of channels.
    ///
    /// # Source
    /// He et al. 2015; PyTorch's `F.prelu`.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let y = Tensor::from([[4.0, -4.0], [-2.0, 2.0]]).prelu(&Tensor::from([0.25, 0.5]));
    /// assert_eq!(y.as_slice(), [4.0, -2.0, -0.5, 2.0]);
    /// ```
    #[track_caller]
    pub fn prelu(&self, weight: &Self) -> Self {
        let slopes = weight.len();
        let channels = self.shape().get(1).copied().unwrap_or(1);
        assert!(
            weight.rank() == 1 && (slopes == 1 || slopes == channels),
            "prelu: the weight {:?} must have one slope, or one for each of the {channels} channels of the input {:?}",
            weight.shape(),
            self.shape()
        );
        // The number of consecutive elements that share a slope.
        let run = if slopes == 1 { self.len() } else { self.shape()[2..].iter().product() }.max(1);
        let (input, w) = (self.value().clone(), weight.value().clone());
        let output = Value::build(input.shape().clone(), |y| {
            let runs = y.chunks_mut(run).zip(input.as_slice().chunks(run));
            for ((y, x), w) in runs.zip(w.as_slice().iter().cycle()) {
                y.iter_mut().zip(x).for_each(|(y, x)| *y = if *x > 0.0 { *x } else { w * x });
            }
        });
        let needs = needs([self, weight]);
        record(output, [self, weight], move |gradient| {
            let (x, g) = (input.as_slice(), gradient.as_slice());
            let dw = needs[1].then(|| {
                let mut sums = vec![0.0; w.len()];
                for (number, (x, g)) in x.chunks(run).zip(g.chunks(run)).enumerate() {
                    let terms = x.iter().zip(g).map(|(x, g)| if *x > 0.0 { 0.0 } else { f64::from(g * x) });
                    sums[number % slopes] += terms.sum::<f64>();
                }
                super::batch_norm::vector(&sums)
            });
            let dx = needs[0].then(|| {
                Value::build(input.shape().clone(), |dx| {
                    let runs = dx.chunks_mut(run).zip(x.chunks(run).zip(g.chunks(run)));
                    for ((dx, (x, g)), w) in runs.zip(w.as_slice().iter().cycle()) {
                        let slope = |x: Scalar| if x > 0.0 { 1.0 } else { *w };
                        dx.iter_mut().zip(x.iter().zip(g)).for_each(|(dx, (x, g))| *dx = g * slope(*x));
                    }
                })
            });
            [dx, dw]
        })
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4], &[4]], &[&[2, 3, 2, 2], &[3]], &[&[2, 3], &[1]], &[&[5], &[1]], &[&[0, 2], &[2]]], |x| {
        x[0].prelu(&x[1])
    })];

#[cfg(test)]
mod tests {
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "prelu: the weight [3] must have one slope, or one for each of the 4 channels of the input [2, 4]")]
    fn another_number_of_slopes_is_named() {
        let _ = Tensor::zeros(&[2, 4]).prelu(&Tensor::zeros(&[3]));
    }
}
