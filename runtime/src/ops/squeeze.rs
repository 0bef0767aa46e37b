//! Axes of length 1.

use super::axis;
use crate::Tensor;
use crate::gradcheck::Case;

impl Tensor {
    /// The same elements with a new axis of length 1 at the index `axis` of the result; a negative axis counts from
    /// its last. Nothing is copied.
    ///
    /// # Shapes
    /// `x: [a, b]` → `[a, 1, b]` for `axis = 1`, and `[a, b, 1]` for `axis = -1`.
    ///
    /// # Panics
    /// If the result has no axis `axis`.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::zeros(&[2, 3]);
    /// assert_eq!(x.unsqueeze(-1).shape(), [2, 3, 1]);
    /// assert_eq!(x.unsqueeze(0).squeeze(0).shape(), [2, 3]);
    /// ```
    #[track_caller]
    pub fn unsqueeze(&self, axis: isize) -> Self {
        let mut shape = self.shape().to_vec();
        let places = shape.len().cast_signed() + 1;
        let counted = if axis < 0 { axis.saturating_add(places) } else { axis };
        assert!(
            (0..places).contains(&counted),
            "unsqueeze: a tensor of shape {shape:?} gets no axis {axis}; the new axis is in {}..{places}",
            -places
        );
        shape.insert(counted.cast_unsigned(), 1);
        self.reshape(&shape)
    }

    /// The same elements without the axis `axis`, if its length is 1; otherwise the same tensor, as in `PyTorch`. A
    /// negative axis counts from the last. Nothing is copied.
    ///
    /// There is no form without an axis: it would also remove the axis of a batch with one sample.
    ///
    /// # Shapes
    /// `x: [a, 1, b]` → `[a, b]` for `axis = 1`.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn squeeze(&self, axis: isize) -> Self {
        let axis = self::axis("squeeze", self.shape(), axis);
        if self.shape()[axis] != 1 {
            return self.clone();
        }
        self.reshape(&self.value().shape().without(axis))
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]]], |x| x[0].unsqueeze(-1)),
    Case::new(&[&[&[3, 1, 2]], &[&[3, 2]], &[&[0, 1]]], |x| x[0].squeeze(1)),
];

#[cfg(test)]
mod tests {
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "unsqueeze: a tensor of shape [2, 3] gets no axis 3; the new axis is in -3..3")]
    fn the_new_axis_has_its_limits() {
        let x = Tensor::zeros(&[2, 3]);
        assert_eq!((x.unsqueeze(2).shape(), x.unsqueeze(-3).shape()), (&[2, 3, 1][..], &[1, 2, 3][..]));
        let _ = x.unsqueeze(3);
    }

    #[test]
    #[should_panic(expected = "squeeze: a tensor of shape [2, 1] has no axis 2")]
    fn the_old_axis_exists() {
        let x = Tensor::zeros(&[2, 1]);
        assert_eq!((x.squeeze(1).shape(), x.squeeze(0).shape()), (&[2][..], &[2, 1][..]));
        let _ = x.squeeze(2);
    }
}
