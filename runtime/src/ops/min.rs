//! Smallest elements.

use crate::Tensor;
use super::extreme::{extreme, extreme_axis};
use crate::gradcheck::Case;

impl Tensor {
    /// The smallest element; NaN if there is a NaN.
    ///
    /// # Shapes
    /// `x: [..]` → `[]`
    ///
    /// # Formula
    /// `y = min x`. If `n` elements share the minimum, `dx = g / n` at each of them, as in
    /// `PyTorch`. Elsewhere `dx = 0`.
    ///
    /// # Panics
    /// If there are no elements.
    #[track_caller]
    pub fn min(&self) -> Self {
        extreme("min", self, |a, b| a < b)
    }

    /// The smallest element of each line along one axis. The axis is removed; a negative axis counts from the
    /// last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c]` for `axis = 1`.
    ///
    /// # Formula
    /// `y = min x` along the axis; `dx = g` at the first minimum and 0 elsewhere, as in `PyTorch`'s
    /// `min(dim)`.
    ///
    /// # Panics
    /// If there is no such axis, or if its length is 0.
    #[track_caller]
    pub fn min_axis(&self, axis: isize) -> Self {
        extreme_axis("min_axis", self, axis, -1.0)
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]]], |x| x[0].min()),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[2, 1]]], |x| x[0].min_axis(-1)),
];

#[cfg(test)]
mod tests {
    use crate::{Labels, Scalar, Tensor};

    #[test]
    fn the_first_smallest_is_named_along_any_axis() {
        let x = Tensor::from([[1.0, 0.0, 0.0], [1.0, Scalar::NAN, -1.0]]);
        assert_eq!(x.argmin(1), Labels::from([1, 1]));
        assert_eq!(x.argmin(0), Labels::from([0, 1, 1]));
        let cube = Tensor::arange(0.0, 12.0, 1.0).reshape(&[2, 3, 2]);
        assert_eq!(cube.argmin(1), Labels::from([[0, 0], [0, 0]]));
        assert_eq!(cube.argmax(-2), Labels::from([[2, 2], [2, 2]]));
        assert_eq!(Tensor::zeros(&[2, 0, 3]).argmin(2).shape(), [2, 0]);
        assert_eq!(Tensor::from([3.0, 1.0]).argmin(0), Labels::from(1));
    }

    #[test]
    #[should_panic(expected = "argmin: there is nothing along axis 1 of the shape [2, 0]")]
    fn nothing_has_no_smallest() {
        let _ = Tensor::zeros(&[2, 0]).argmin(1);
    }
}
