//! Vector norms.

use crate::autograd::record;
use crate::broadcast;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

impl Tensor {
    /// The `p`-norm of all elements: the length of the vector for `p = 2`, the sum of the absolute values for
    /// `p = 1`, and the largest absolute value for `p = ∞`.
    ///
    /// The sum is accumulated in double precision, so that squares neither overflow nor vanish.
    ///
    /// # Shapes
    /// `x: [..]` → `[]`
    ///
    /// # Formula
    /// `y = (Σ |x|ᵖ)^(1/p)`; `dx = g sign(x) (|x| / y)^(p-1)`, and 0 where `y = 0` or `x = 0`. For `p = ∞`, the `n`
    /// elements of the largest absolute value get `g sign(x) / n` each, as in `PyTorch`. The norm of an empty tensor
    /// is 0.
    ///
    /// # Panics
    /// If `p` is not above 0.
    ///
    /// # Source
    /// PyTorch's `torch.norm` and `torch.linalg.vector_norm`.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::from([[3.0, -4.0], [0.0, 1.0]]);
    /// assert_eq!(x.norm_axis(2.0, 1).as_slice(), [5.0, 1.0]);
    /// assert_eq!((x.norm(1.0).item(), x.norm(Scalar::INFINITY).item()), (8.0, 4.0));
    /// ```
    #[track_caller]
    pub fn norm(&self, p: Scalar) -> Self {
        let flat = self.value().reshaped([1, self.len()]);
        let (norms, slopes) = norms("norm", &flat, 1, p);
        let (x, shape) = (flat, self.value().shape().clone());
        record(norms.reshaped([]), [self], move |gradient| {
            [slopes(&x, &gradient.reshaped([1, 1])).reshaped(shape.clone())]
        })
    }

    /// The `p`-norm of each line along one axis. The axis is removed; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c]` for `axis = 1`.
    ///
    /// # Formula
    /// As [`Tensor::norm`], along the axis.
    ///
    /// # Panics
    /// If there is no such axis, or if `p` is not above 0.
    #[track_caller]
    pub fn norm_axis(&self, p: Scalar, axis: isize) -> Self {
        let axis = super::axis("norm_axis", self.shape(), axis);
        norm_along("norm_axis", self, p, axis, false)
    }

    /// As [`Tensor::norm_axis`], but the axis is kept with length 1.
    ///
    /// # Panics
    /// As [`Tensor::norm_axis`].
    #[track_caller]
    pub fn norm_axis_keepdim(&self, p: Scalar, axis: isize) -> Self {
        let axis = super::axis("norm_axis_keepdim", self.shape(), axis);
        norm_along("norm_axis_keepdim", self, p, axis, true)
    }
}

#[track_caller]
fn norm_along(op: &str, x: &Tensor, p: Scalar, axis: usize, keep: bool) -> Tensor {
    let (norms, slopes) = norms(op, x.value(), axis, p);
    let kept = norms.shape().clone();
    let output = if keep { norms } else { norms.reshaped(x.value().shape().without(axis)) };
    let x_value = x.value().clone();
    record(output, [x], move |gradient| [slopes(&x_value, &gradient.reshaped(kept.clone()))])
}

/// The norms along an axis, which keeps length 1, and the derivative as a function of the input and of the gradient
/// of the norms.
#[track_caller]
fn norms(
    op: &str,
    x: &Value,
    axis: usize,
    p: Scalar,
) -> (Value, impl Fn(&Value, &Value) -> Value + Send + Sync + 'static) {
    assert!(
        p > 0.0,
        "{op}: p is {p}, and it must be above 0; `Scalar::INFINITY` is the largest absolute value"
    );
    let power = f64::from(p);
    let norms = if p == Scalar::INFINITY {
        largest_along(x, axis)
    } else if p == 1.0 {
        super::fold::sums(x, axis, f64::abs, |sum| sum)
    } else if p == 2.0 {
        super::fold::sums(x, axis, |x| x * x, f64::sqrt)
    } else {
        super::fold::sums(x, axis, move |x| x.abs().powf(power), move |sum| sum.powf(1.0 / power))
    };
    let y = norms.clone();
    let slopes = move |x: &Value, gradient: &Value| {
        let shape = x.shape().clone();
        let y = broadcast::expand(&y, &shape);
        let slope = |x: Scalar, y: Scalar| {
            let ratio = x.abs() / y;
            let size = if x == 0.0 || y == 0.0 {
                0.0
            } else if p == 1.0 {
                1.0
            } else if p == 2.0 {
                ratio
            } else if p == Scalar::INFINITY {
                if x.abs() == y { 1.0 } else { 0.0 }
            } else {
                ratio.powf(p - 1.0)
            };
            if x < 0.0 { -size } else { size }
        };
        let mut dx = Value::build(shape.clone(), |dx| kernel::zip(x.as_slice(), y.as_slice(), dx, slope));
        let mut gradient = gradient.clone();
        if p == Scalar::INFINITY {
            let counts = super::fold::sums(&dx, axis, f64::abs, |count| count.max(1.0));
            kernel::zip_in_place(gradient.make_mut(), counts.as_slice(), |g, count| g / count);
        }
        let gradient = broadcast::expand(&gradient, &shape);
        kernel::zip_in_place(dx.make_mut(), gradient.as_slice(), |slope, g| slope * g);
        dx
    };
    (norms, slopes)
}

/// The largest absolute value of each line along an axis; NaN if there is a NaN, and 0 for an empty line.
#[track_caller]
fn largest_along(x: &Value, axis: usize) -> Value {
    let (_, length, inner) = x.shape().around(axis);
    Value::build(x.shape().with(axis, 1), |to| {
        to.fill(0.0);
        if length * inner == 0 {
            return;
        }
        for (to, block) in to.chunks_exact_mut(inner).zip(x.as_slice().chunks_exact(length * inner)) {
            for row in block.chunks_exact(inner) {
                for (most, x) in to.iter_mut().zip(row) {
                    // A comparison with NaN is false, so that NaN stays.
                    let x = x.abs();
                    *most = if x > *most || x.is_nan() { x } else { *most };
                }
            }
        }
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]]], |x| x[0].norm(2.0)),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[2, 1]], &[&[0, 2]]], |x| x[0].norm_axis(2.0, 1)),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]]], |x| x[0].norm_axis(1.0, 0)),
    Case::new(&[&[&[3, 4]], &[&[5]]], |x| x[0].norm_axis(Scalar::INFINITY, -1)),
    Case::new(&[&[&[3, 4]]], |x| x[0].norm_axis_keepdim(3.5, 1)),
];

#[cfg(test)]
mod tests {
    use crate::{Parameter, Scalar, Tensor};

    #[test]
    fn extremes_neither_overflow_nor_vanish() {
        if cfg!(not(feature = "f64")) {
            let ratio = |size: Scalar| Tensor::from([3.0 * size, -4.0 * size]).norm(2.0).item() / size;
            assert!((ratio(1e30) - 5.0).abs() < 1e-5 && (ratio(1e-30) - 5.0).abs() < 1e-5);
        }
        let x = Tensor::from([[1.0, Scalar::NAN], [-3.0, 2.0]]);
        let largest = x.norm_axis(Scalar::INFINITY, 1);
        assert!(largest.as_slice()[0].is_nan() && largest.as_slice()[1] == 3.0);
        assert_eq!(Tensor::zeros(&[2, 0]).norm_axis(Scalar::INFINITY, 1).as_slice(), [0.0, 0.0]);
    }

    #[test]
    fn the_gradient_of_nothing_is_nothing() {
        for p in [1.0, 2.0, 3.0, Scalar::INFINITY] {
            let parameter = Parameter::new(ndarray::arr1(&[0.0, 0.0]));
            parameter.tensor().norm(p).backward();
            assert_eq!(parameter.grad().unwrap().as_slice().unwrap(), [0.0, 0.0], "{p}");
        }
    }

    #[test]
    #[should_panic(expected = "norm: p is 0, and it must be above 0")]
    fn zero_is_no_norm() {
        let _ = Tensor::zeros(&[2]).norm(0.0);
    }
}
