//! Permutation of axes.

use super::axis;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::permute::permute;
use crate::shape::Shape;
use crate::value::Value;
use crate::Tensor;

impl Tensor {
    /// Permutes the axes. The elements are copied, so that the result is dense.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[c, a, b]` for `axes = [2, 0, 1]`.
    ///
    /// # Formula
    /// `dx` is `g` under the inverse permutation.
    ///
    /// # Panics
    /// If `axes` does not contain each axis exactly once.
    #[track_caller]
    pub fn permute(&self, axes: &[usize]) -> Self {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        assert!(
            sorted.iter().copied().eq(0..self.rank()),
            "permute: a tensor of shape {:?} needs each of its {} axes once, and the axes are {axes:?}",
            self.shape(),
            self.rank()
        );
        permuted(self, axes.to_vec())
    }

    /// Swaps two axes; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c, b]` for `transpose(-2, -1)`.
    ///
    /// # Formula
    /// `dx` is `g` with the same two axes swapped.
    ///
    /// # Panics
    /// If one of the axes does not exist.
    #[doc(alias("t", "swapaxes"))]
    #[track_caller]
    pub fn transpose(&self, first: isize, second: isize) -> Self {
        let (first, second) =
            (axis("transpose", self.shape(), first), axis("transpose", self.shape(), second));
        let mut axes: Vec<usize> = (0..self.rank()).collect();
        axes.swap(first, second);
        permuted(self, axes)
    }
}

#[track_caller]
fn permuted(x: &Tensor, axes: Vec<usize>) -> Tensor {
    let output = reorder(x.value(), &axes);
    record(output, [x], move |gradient| {
        let mut back = vec![0; axes.len()];
        axes.iter().enumerate().for_each(|(to, &from)| back[from] = to);
        [reorder(&gradient, &back)]
    })
}

#[track_caller]
fn reorder(x: &Value, axes: &[usize]) -> Value {
    let own = x.shape().strides();
    let dims: Vec<usize> = axes.iter().map(|&axis| x.shape()[axis]).collect();
    let strides: Vec<usize> = axes.iter().map(|&axis| own[axis]).collect();
    Value::build(Shape::new(&dims), |to| permute(&dims, &strides, x.as_slice(), to))
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3, 4]], &[&[2, 0, 1]], &[&[1, 1, 1]]], |x| x[0].permute(&[2, 0, 1])),
    Case::new(&[&[&[3, 4]], &[&[2, 1]]], |x| x[0].transpose(0, 1)),
    Case::new(&[&[&[2, 3, 4]]], |x| x[0].transpose(-3, -1)),
];

#[cfg(test)]
mod tests {
    use crate::{Scalar, Tensor};

    #[test]
    fn orders_agree_with_ndarray() {
        let array = ndarray::Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (100 * i + 10 * j + k) as Scalar);
        let ours = Tensor::from(array.view()).permute(&[2, 0, 1]);
        assert_eq!(ours.to_array(), array.permuted_axes([2, 0, 1]).into_dyn());
    }

    #[test]
    #[should_panic(expected = "permute: a tensor of shape [2, 3] needs each of its 2 axes once")]
    fn doubled_axes_are_refused() {
        let _ = Tensor::zeros(&[2, 3]).permute(&[0, 0]);
    }
}
