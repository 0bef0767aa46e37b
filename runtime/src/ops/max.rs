//! Largest elements.

use crate::Tensor;
use super::extreme::{extreme, extreme_axis};
use crate::gradcheck::Case;

impl Tensor {
    /// The largest element; NaN if there is a NaN.
    ///
    /// # Shapes
    /// `x: [..]` → `[]`
    ///
    /// # Formula
    /// `y = max x`. If `n` elements share the maximum, `dx = g / n` at each of them, as in
    /// `PyTorch`. Elsewhere `dx = 0`.
    ///
    /// # Panics
    /// If there are no elements.
    #[track_caller]
    pub fn max(&self) -> Self {
        extreme("max", self, |a, b| a > b)
    }

    /// The largest element of each line along one axis. The axis is removed; a negative axis counts from the
    /// last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c]` for `axis = 1`.
    ///
    /// # Formula
    /// `y = max x` along the axis; `dx = g` at the first maximum and 0 elsewhere, as in `PyTorch`'s
    /// `max(dim)`.
    ///
    /// # Panics
    /// If there is no such axis, or if its length is 0.
    #[track_caller]
    pub fn max_axis(&self, axis: isize) -> Self {
        extreme_axis("max_axis", self, axis, 1.0)
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]]], |x| x[0].max()),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[2, 1]], &[&[0, 2]]], |x| x[0].max_axis(1)),
];

#[cfg(test)]
mod tests {
    use crate::{Labels, Parameter, Scalar, Tensor};

    #[test]
    fn ties_are_shared_over_all_and_the_first_along_an_axis() {
        let parameter = Parameter::new(ndarray::arr2(&[[1.0, 3.0, 3.0], [3.0, 2.0, 0.0]]));
        parameter.tensor().max().backward();
        let third = 1.0 / 3.0;
        assert_eq!(parameter.grad().unwrap().as_slice().unwrap(), [0.0, third, third, third, 0.0, 0.0]);
        parameter.zero_grad();
        parameter.tensor().max_axis(1).sum().backward();
        assert_eq!(parameter.grad().unwrap().as_slice().unwrap(), [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(parameter.tensor().argmax(1), Labels::from(vec![1_u32, 0]));
    }

    #[test]
    fn a_nan_wins() {
        let x = Tensor::from(ndarray::arr1(&[1.0, Scalar::NAN, 3.0]));
        assert!(x.max().item().is_nan() && x.min().item().is_nan());
        assert_eq!(x.argmax(0).as_slice(), [1]);
    }

    #[test]
    #[should_panic(expected = "max_axis: there is nothing along axis 0 of the shape [0, 3]")]
    fn nothing_has_no_largest() {
        let _ = Tensor::zeros(&[0, 3]).max_axis(0);
    }
}
