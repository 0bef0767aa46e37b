//! Variances.

use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// The variance of all elements about their mean.
    ///
    /// # Shapes
    /// `x: [..]` → `[]`
    ///
    /// # Formula
    /// `y = Σ (x - x̄)² / (n - 1)`; `dx = 2 (x - x̄) g / (n - 1)`. The variance of fewer than two
    /// elements is NaN.
    #[track_caller]
    pub fn var(&self) -> Self {
        let apart = self - self.mean();
        (&apart * &apart).sum() / (self.len() as Scalar - 1.0)
    }

    /// The variance of each line along one axis. The axis is removed; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c]` for `axis = 1`.
    ///
    /// # Formula
    /// As [`Tensor::var`], along the axis.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn var_axis(&self, axis: isize) -> Self {
        let length = self.shape()[super::axis("var_axis", self.shape(), axis)];
        let apart = self - self.mean_axis_keepdim(axis);
        (&apart * &apart).sum_axis(axis) / (length as Scalar - 1.0)
    }

    /// As [`Tensor::var_axis`], but the axis is kept with length 1.
    #[track_caller]
    pub fn var_axis_keepdim(&self, axis: isize) -> Self {
        let length = self.shape()[super::axis("var_axis_keepdim", self.shape(), axis)];
        let apart = self - self.mean_axis_keepdim(axis);
        (&apart * &apart).sum_axis_keepdim(axis) / (length as Scalar - 1.0)
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[2]]], |x| x[0].var()),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[1, 2]]], |x| x[0].var_axis(1)),
    Case::new(&[&[&[3, 4]]], |x| x[0].var_axis_keepdim(0)),
];
