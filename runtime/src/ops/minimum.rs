//! Elementwise minimum of two tensors.

use super::maximum::better;
use crate::gradcheck::Case;
use crate::{Tensor, broadcast};

impl Tensor {
    /// The smaller of each pair of elements; NaN if one of them is NaN.
    ///
    /// `other` is a tensor or a number. [`Tensor::min`] is the smallest element of one tensor.
    ///
    /// # Shapes
    /// Any two shapes that broadcast. Axes are matched from the last.
    ///
    /// # Formula
    /// `y = min(a, b)`; `da = g` where `a < b`, 0 where `a > b`, and `g / 2` at ties, as in PyTorch; `db`
    /// symmetrically.
    #[track_caller]
    pub fn minimum(&self, other: impl Into<Self>) -> Self {
        better("minimum", self, &other.into(), |a, b| a < b)
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(broadcast::SHAPES, |x| x[0].minimum(&x[1])),
    Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]]], |x| x[0].minimum(0.3)),
];
