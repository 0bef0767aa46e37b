//! Smallest elements.

use crate::Tensor;
use crate::extreme::{extreme, extreme_axis};
use crate::gradcheck::Case;

impl Tensor {
    /// The smallest element; NaN if there is one.
    ///
    /// # Shapes
    /// `x: [..]` → `[]`
    ///
    /// # Formula
    /// `y = min x`; `dx = g / n` at each of the `n` smallest elements, as `PyTorch` shares among ties, else 0.
    ///
    /// # Panics
    /// If there are no elements.
    #[track_caller]
    pub fn min(&self) -> Self {
        extreme("min", self, |a, b| a < b)
    }

    /// The smallest elements along one axis, which goes; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c]` for `axis = 1`.
    ///
    /// # Formula
    /// `y = min x` along the axis; `dx = g` at the first smallest element, as in `PyTorch`'s `min(dim)`, else 0.
    ///
    /// # Panics
    /// If there is no such axis, or nothing along it.
    #[track_caller]
    pub fn min_axis(&self, axis: isize) -> Self {
        extreme_axis("min_axis", self, axis, |a, b| a < b)
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]]], |x| x[0].min()),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[2, 1]]], |x| x[0].min_axis(-1)),
];
