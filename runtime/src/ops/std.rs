//! Standard deviations.

use super::by_output;
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// The standard deviation of all elements about their mean.
    ///
    /// # Shapes
    /// `x: [..]` → `[]`
    ///
    /// # Formula
    /// `y = √(Σ (x - x̄)² / (n - 1))`; `dx = (x - x̄) g / ((n - 1) y)`, and 0 where `y = 0`, as in `PyTorch`. The
    /// deviation of fewer than two elements is NaN.
    #[track_caller]
    pub fn std(&self) -> Self {
        root(&self.var())
    }

    /// The standard deviation of each line along one axis. The axis is removed; a negative axis counts from the
    /// last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c]` for `axis = 1`.
    ///
    /// # Formula
    /// As [`Tensor::std`], along the axis.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn std_axis(&self, axis: isize) -> Self {
        super::axis("std_axis", self.shape(), axis);
        root(&self.var_axis(axis))
    }

    /// As [`Tensor::std_axis`], but the axis is kept with length 1.
    #[track_caller]
    pub fn std_axis_keepdim(&self, axis: isize) -> Self {
        super::axis("std_axis_keepdim", self.shape(), axis);
        root(&self.var_axis_keepdim(axis))
    }
}

/// The square root, with the derivative 0 at 0.
#[track_caller]
fn root(variance: &Tensor) -> Tensor {
    by_output(variance, Scalar::sqrt, |g, y| if y == 0.0 { 0.0 } else { 0.5 * g / y })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[2]]], |x| x[0].std()),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[0, 2]]], |x| x[0].std_axis(1)),
    Case::new(&[&[&[3, 4]]], |x| x[0].std_axis_keepdim(0)),
];
