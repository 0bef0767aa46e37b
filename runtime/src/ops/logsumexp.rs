//! Logarithms of sums of exponentials.

use crate::autograd::record;
use crate::broadcast;
use crate::gradcheck::Case;
use crate::kernel::math;
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

impl Tensor {
    /// The logarithm of the sum of the exponentials of each line along one axis, without overflow. The axis is
    /// removed; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c]` for `axis = 1`.
    ///
    /// # Formula
    /// `y = ln Σ eˣ` along the axis; `dx = g e^(x - y)`, and 0 along a line whose result is `-∞`. An empty line has the
    /// result `-∞`.
    ///
    /// # Panics
    /// If there is no such axis.
    ///
    /// # Source
    /// PyTorch's `logsumexp`, whose gradient along a line whose result is `-∞` is NaN.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::from([[1000.0, 1000.0], [0.0, Scalar::NEG_INFINITY]]);
    /// assert_eq!(x.logsumexp(1).as_slice(), [1000.0 + (2.0 as Scalar).ln(), 0.0]);
    /// ```
    #[track_caller]
    pub fn logsumexp(&self, axis: isize) -> Self {
        let axis = super::axis("logsumexp", self.shape(), axis);
        along(self, axis, false)
    }

    /// As [`Tensor::logsumexp`], but the axis is kept with length 1.
    #[track_caller]
    pub fn logsumexp_keepdim(&self, axis: isize) -> Self {
        let axis = super::axis("logsumexp_keepdim", self.shape(), axis);
        along(self, axis, true)
    }
}

#[track_caller]
fn along(tensor: &Tensor, axis: usize, keep: bool) -> Tensor {
    let x = tensor.value().clone();
    // Infinite maxima are not subtracted, because ∞ - ∞ is NaN.
    let mut shift = largest(&x, axis);
    for m in shift.make_mut() {
        *m = if m.is_infinite() { 0.0 } else { *m };
    }
    let shape = x.shape().clone();
    let spread = broadcast::expand(&shift, &shape);
    let exponentials = Value::build(shape.clone(), |to| {
        kernel::zip(x.as_slice(), spread.as_slice(), to, |x, m| math::exp(x - m));
    });
    let mut y = super::sum::along(&exponentials, axis);
    kernel::zip_in_place(y.make_mut(), shift.as_slice(), |sum, m| math::ln(sum) + m);
    let output = if keep { y.clone() } else { y.reshaped(shape.without(axis)) };
    record(output, [tensor], move |gradient| {
        let finite = Value::build(y.shape().clone(), |to| {
            kernel::map(y.as_slice(), to, |y| if y == Scalar::NEG_INFINITY { 0.0 } else { y });
        });
        let (y, g) = (
            broadcast::expand(&finite, &shape),
            broadcast::expand(&gradient.reshaped(finite.shape().clone()), &shape),
        );
        let mut dx = Value::build(shape.clone(), |dx| {
            kernel::zip(x.as_slice(), y.as_slice(), dx, |x, y| math::exp(x - y));
        });
        kernel::zip_in_place(dx.make_mut(), g.as_slice(), |share, g| share * g);
        [dx]
    })
}

/// The largest element of each line along an axis, which keeps length 1; `-∞` for an empty line.
#[track_caller]
fn largest(x: &Value, axis: usize) -> Value {
    let (_, length, inner) = x.shape().around(axis);
    Value::build(x.shape().with(axis, 1), |to| {
        to.fill(Scalar::NEG_INFINITY);
        if length * inner == 0 {
            return;
        }
        for (to, block) in to.chunks_exact_mut(inner).zip(x.as_slice().chunks_exact(length * inner)) {
            for row in block.chunks_exact(inner) {
                to.iter_mut().zip(row).for_each(|(most, x)| *most = most.max(*x));
            }
        }
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[2, 1]], &[&[0, 2]], &[&[2, 0]]], |x| x[0].logsumexp(1)),
    Case::new(&[&[&[3, 4]], &[&[5]]], |x| x[0].logsumexp_keepdim(0)),
];

#[cfg(test)]
mod tests {
    use crate::{Parameter, Scalar, Tensor};

    #[test]
    fn infinities_are_no_nan() {
        let low = Scalar::NEG_INFINITY;
        let parameter = Parameter::new(ndarray::arr2(&[[low, low], [low, 1.0]]));
        let y = parameter.tensor().logsumexp(1);
        assert_eq!(y.as_slice(), [low, 1.0]);
        y.sum().backward();
        assert_eq!(parameter.grad().unwrap().as_slice().unwrap(), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(Tensor::from([Scalar::INFINITY, 1.0]).logsumexp(0).item(), Scalar::INFINITY);
        assert!(Tensor::from([Scalar::NAN, 1.0]).logsumexp(0).item().is_nan());
    }
}
