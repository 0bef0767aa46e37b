//! Sliding windows along an axis.

use super::axis;
use crate::Tensor;
use crate::gradcheck::Case;

impl Tensor {
    /// All windows of `size` neighbours along one axis, `step` apart; a negative axis counts from the last. The
    /// windows are copied.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, windows, c, size]` for `axis = 1`, where `windows = (b - size) / step + 1`, rounded down.
    ///
    /// # Formula
    /// `y[.., w, .., i] = x[.., w · step + i, ..]`; `dx` is the sum of `g` over all copies of an element.
    ///
    /// # Panics
    /// If there is no such axis, if `size` exceeds its length, or if `step` is 0.
    ///
    /// # Source
    /// PyTorch's `Tensor.unfold`, which returns a view.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let windows = Tensor::from([1.0, 2.0, 3.0, 4.0, 5.0]).unfold(0, 3, 2);
    /// assert_eq!((windows.shape(), windows.as_slice()), (&[2, 3][..], &[1.0, 2.0, 3.0, 3.0, 4.0, 5.0][..]));
    /// ```
    #[track_caller]
    pub fn unfold(&self, axis: isize, size: usize, step: usize) -> Self {
        let axis = self::axis("unfold", self.shape(), axis);
        let length = self.shape()[axis];
        assert!(step > 0, "unfold: the step is 0, but must be at least 1");
        assert!(
            size <= length,
            "unfold: a window has {size} elements, and axis {axis} of the shape {:?} has {length}",
            self.shape()
        );
        let windows = (length - size) / step + 1;
        let indices: Vec<usize> = (0..windows).flat_map(|w| (0..size).map(move |i| w * step + i)).collect();
        let picked = self.index_select(axis.cast_signed(), &indices);
        let mut shape = picked.shape().to_vec();
        shape.splice(axis..=axis, [windows, size]);
        let mut axes: Vec<usize> = (0..shape.len()).filter(|a| *a != axis + 1).collect();
        axes.push(axis + 1);
        picked.reshape(&shape).permute(&axes)
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[5]], &[&[7]], &[&[3]]], |x| x[0].unfold(0, 3, 2)),
    Case::new(&[&[&[2, 5, 2]], &[&[2, 2]], &[&[0, 4]]], |x| x[0].unfold(1, 2, 1)),
    Case::new(&[&[&[2, 3]]], |x| x[0].unfold(-1, 0, 1)),
];

#[cfg(test)]
mod tests {
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "unfold: a window has 4 elements, and axis 1 of the shape [2, 3] has 3")]
    fn windows_fit() {
        let _ = Tensor::zeros(&[2, 3]).unfold(1, 4, 1);
    }
}
