//! Sums.

use crate::Tensor;
use crate::autograd::record;
use crate::broadcast;
use crate::gradcheck::Case;
use crate::kernel;
use crate::reduction::Reduction;
use crate::shape::Shape;
use crate::value::Value;

impl Tensor {
    /// The sum of all elements.
    ///
    /// # Shapes
    /// `x: [..]` → `[]`
    ///
    /// # Formula
    /// `y = Σ x`; `dx = g`. The sum of an empty tensor is 0.
    #[track_caller]
    pub fn sum(&self) -> Self {
        let x = self.value();
        let output = Value::scalar(kernel::sum(x.as_slice()));
        let shape = x.shape().clone();
        record(output, [self], move |gradient| [broadcast::expand(&gradient, &shape)])
            .with_reduction(Reduction::of_sum(self))
    }

    /// The sum of each line along one axis. The axis is removed; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c]` for `axis = 1`.
    ///
    /// # Formula
    /// `y = Σ x` along the axis; `dx = g`, repeated along the axis.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn sum_axis(&self, axis: isize) -> Self {
        let axis = super::axis("sum_axis", self.shape(), axis);
        sum_along(self, axis, false)
    }

    /// As [`Tensor::sum_axis`], but the axis is kept with length 1.
    #[track_caller]
    pub fn sum_axis_keepdim(&self, axis: isize) -> Self {
        let axis = super::axis("sum_axis_keepdim", self.shape(), axis);
        sum_along(self, axis, true)
    }
}

#[track_caller]
fn sum_along(x: &Tensor, axis: usize, keep: bool) -> Tensor {
    let shape = x.value().shape().clone();
    let kept = shape.with(axis, 1);
    let sums = along(x.value(), axis);
    let output = if keep { sums } else { sums.reshaped(shape.without(axis)) };
    record(output, [x], move |gradient| [broadcast::expand(&gradient.reshaped(kept.clone()), &shape)])
}

/// The sum of each line along one axis. The axis is kept with length 1.
#[track_caller]
pub(crate) fn along(x: &Value, axis: usize) -> Value {
    let (_, length, inner) = x.shape().around(axis);
    let kept: Shape = x.shape().with(axis, 1);
    let from = x.as_slice();
    Value::build(kept, |sums| {
        sums.fill(0.0);
        if length == 0 {
        } else if inner == 1 {
            for (sum, row) in sums.iter_mut().zip(from.chunks_exact(length)) {
                *sum = kernel::sum(row);
            }
        } else if inner > 0 {
            for (sums, block) in sums.chunks_exact_mut(inner).zip(from.chunks_exact(length * inner)) {
                kernel::add_rows(block, sums);
            }
        }
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]], &[&[0]]], |x| x[0].sum()),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[1, 1]], &[&[0, 2]]], |x| x[0].sum_axis(0)),
    Case::new(&[&[&[3, 4]], &[&[2, 1, 2]], &[&[2, 0]]], |x| x[0].sum_axis(1)),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]]], |x| x[0].sum_axis_keepdim(-2)),
];

#[cfg(test)]
mod tests {
    use crate::{Scalar, Tensor};

    #[test]
    fn long_sums_stay_exact() {
        let ones = Tensor::ones(&[(1 << 22) + 5]);
        assert_eq!(ones.sum().item(), ((1 << 22) + 5) as Scalar);
    }

    #[test]
    #[should_panic(expected = "sum_axis: a tensor of shape [2, 3] has no axis 2")]
    fn axes_are_checked() {
        let _ = Tensor::zeros(&[2, 3]).sum_axis(2);
    }
}
