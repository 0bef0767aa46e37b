//! Means.

use crate::gradcheck::Case;
use crate::reduction::Reduction;
use crate::{Scalar, Tensor};

impl Tensor {
    /// The mean of all elements.
    ///
    /// # Shapes
    /// `x: [..]` → `[]`
    ///
    /// # Formula
    /// `y = Σ x / n`; `dx = g / n`. The mean of an empty tensor is NaN, as in PyTorch.
    #[track_caller]
    pub fn mean(&self) -> Self {
        (self.sum() / self.len() as Scalar).with_reduction(Reduction::of_mean(self))
    }

    /// The mean of each line along one axis. The axis is removed; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c]` for `axis = 1`.
    ///
    /// # Formula
    /// `y = Σ x / n` along the axis; `dx = g / n`, repeated along the axis.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn mean_axis(&self, axis: isize) -> Self {
        let length = self.shape()[super::axis("mean_axis", self.shape(), axis)];
        self.sum_axis(axis) / length as Scalar
    }

    /// As [`Tensor::mean_axis`], but the axis is kept with length 1.
    #[track_caller]
    pub fn mean_axis_keepdim(&self, axis: isize) -> Self {
        let length = self.shape()[super::axis("mean_axis_keepdim", self.shape(), axis)];
        self.sum_axis_keepdim(axis) / length as Scalar
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[1]]], |x| x[0].mean()),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]]], |x| x[0].mean_axis(1)),
    Case::new(&[&[&[3, 4]], &[&[5, 1]]], |x| x[0].mean_axis_keepdim(-1)),
];
