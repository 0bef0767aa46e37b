//! Division into parts along an axis.

use super::axis;
use crate::Tensor;
use crate::gradcheck::Case;

impl Tensor {
    /// The parts of length `size` along one axis; the last part is shorter if the length is no multiple of `size`. A
    /// negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [7, b]` → `[3, b]`, `[3, b]`, `[1, b]` for `size = 3`, `axis = 0`.
    ///
    /// # Panics
    /// If there is no such axis, or if `size` is 0.
    #[track_caller]
    pub fn split(&self, size: usize, axis: isize) -> Vec<Self> {
        let axis = self::axis("split", self.shape(), axis);
        assert!(size > 0, "split: the size of a part is 0, but must be at least 1");
        parts(self, size, axis)
    }

    /// Parts of the given lengths along one axis; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [7, b]` → `[2, b]`, `[5, b]` for `sizes = [2, 5]`, `axis = 0`.
    ///
    /// # Panics
    /// If there is no such axis, or if the sizes do not add up to its length.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let parts = Tensor::zeros(&[4, 7]).split_with_sizes(&[2, 5], 1);
    /// assert_eq!(parts[1].shape(), [4, 5]);
    /// ```
    #[track_caller]
    pub fn split_with_sizes(&self, sizes: &[usize], axis: isize) -> Vec<Self> {
        let axis = self::axis("split_with_sizes", self.shape(), axis);
        let total = sizes.iter().fold(0_usize, |sum, size| sum.saturating_add(*size));
        assert!(
            total == self.shape()[axis],
            "split_with_sizes: the sizes {sizes:?} add up to {total}, and axis {axis} of the shape {:?} has length {}",
            self.shape(),
            self.shape()[axis]
        );
        let mut parts = Vec::with_capacity(sizes.len());
        let mut start = 0;
        for size in sizes {
            parts.push(self.slice(axis.cast_signed(), start..start + size));
            start += size;
        }
        parts
    }

    /// At most `count` parts of equal length along one axis; the last part may be shorter, and there are fewer parts
    /// if the length does not suffice. A negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [b, 7]` → `[b, 3]`, `[b, 3]`, `[b, 1]` for `count = 3`, `axis = 1`.
    ///
    /// # Panics
    /// If there is no such axis, or if `count` is 0.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let qkv = Tensor::zeros(&[2, 5, 12]).chunk(3, -1);
    /// assert_eq!((qkv.len(), qkv[0].shape()), (3, &[2, 5, 4][..]));
    /// ```
    #[track_caller]
    pub fn chunk(&self, count: usize, axis: isize) -> Vec<Self> {
        let axis = self::axis("chunk", self.shape(), axis);
        assert!(count > 0, "chunk: the number of parts is 0, but must be at least 1");
        let length = self.shape()[axis];
        if length == 0 {
            // As PyTorch: the wanted number of empty parts.
            return vec![self.clone(); count];
        }
        parts(self, length.div_ceil(count), axis)
    }
}

#[track_caller]
fn parts(x: &Tensor, size: usize, axis: usize) -> Vec<Tensor> {
    let length = x.shape()[axis];
    if length == 0 {
        return vec![x.clone()];
    }
    let mut parts = Vec::with_capacity(length.div_ceil(size));
    for start in (0..length).step_by(size) {
        parts.push(x.slice(axis.cast_signed(), start..length.min(start.saturating_add(size))));
    }
    parts
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[5, 2]], &[&[5]]], |x| {
        let parts = x[0].split(2, 0);
        crate::cat(&[&parts[2], &parts[0], &(&parts[1] * 2.0)], 0)
    }),
    Case::new(&[&[&[2, 5, 2]]], |x| x[0].chunk(3, 1).swap_remove(2)),
    Case::new(&[&[&[2, 5]]], |x| x[0].split_with_sizes(&[1, 0, 4], -1).swap_remove(2)),
];

#[cfg(test)]
mod tests {
    use crate::Tensor;

    #[test]
    fn lengths_are_those_of_pytorch() {
        let lengths = |parts: Vec<Tensor>| parts.iter().map(|part| part.shape()[1]).collect::<Vec<_>>();
        let x = Tensor::zeros(&[2, 7]);
        assert_eq!(lengths(x.split(3, 1)), [3, 3, 1]);
        assert_eq!(lengths(x.split(usize::MAX, 1)), [7]);
        assert_eq!(lengths(x.chunk(4, 1)), [2, 2, 2, 1]);
        assert_eq!(lengths(x.chunk(5, 1)), [2, 2, 2, 1]);
        assert_eq!(lengths(x.chunk(9, 1)), [1; 7]);
        let empty = Tensor::zeros(&[2, 0]);
        assert_eq!((lengths(empty.split(3, 1)), lengths(empty.chunk(2, 1))), (vec![0], vec![0, 0]));
    }

    #[test]
    #[should_panic(expected = "the sizes [2, 3] add up to 5, and axis 1 of the shape [2, 7] has length 7")]
    fn sizes_add_up() {
        let _ = Tensor::zeros(&[2, 7]).split_with_sizes(&[2, 3], 1);
    }
}
