//! Change of shape.

use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::shape;

impl Tensor {
    /// The same elements, in row-major order, with another shape. Nothing is copied.
    ///
    /// # Shapes
    /// `x: [..]` → `shape`, with the same number of elements.
    ///
    /// # Formula
    /// `dx` is `g` with the shape of `x`.
    ///
    /// # Panics
    /// If the numbers of elements differ.
    ///
    /// # Example
    /// No size is inferred: there is no -1 as in `PyTorch`. Divide the length by the other sizes
    /// instead.
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::zeros(&[6, 8]);
    /// assert_eq!(x.reshape(&[x.len() / 4, 4]).shape(), [12, 4]);
    /// assert_eq!(x.reshape(&[x.shape()[0], 2, 4]).flatten(1).shape(), [6, 8]);
    /// ```
    #[doc(alias("view"))]
    #[track_caller]
    pub fn reshape(&self, shape: &[usize]) -> Self {
        let x = self.value();
        let to = shape::of_reshape(shape);
        assert!(
            to.count() == x.len(),
            "reshape: a tensor of shape {:?} has {} elements, and the shape {shape:?} needs {}",
            x.shape(),
            x.len(),
            to.count()
        );
        let from = x.shape().clone();
        let reduction = self.reduction();
        record(x.reshaped(to), [self], move |gradient| [gradient.reshaped(from.clone())])
            .with_reduction(reduction)
    }

    /// Merges the axes from `start` to the last into one.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, b·c]` for `start = 1`.
    ///
    /// # Panics
    /// If there is no axis `start`.
    #[track_caller]
    pub fn flatten(&self, start: usize) -> Self {
        let shape = self.shape();
        assert!(start < shape.len(), "flatten: a tensor of shape {shape:?} has no axis {start}");
        let mut joined = shape[..start].to_vec();
        joined.push(shape[start..].iter().product());
        self.reshape(&joined)
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]]], |x| x[0].reshape(&[2, 1, 6])),
    Case::new(&[&[&[2, 3, 2]]], |x| x[0].flatten(1)),
];

#[cfg(test)]
mod tests {
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "shape [2, 3] has 6 elements, and the shape [4, 2] needs 8")]
    fn other_counts_are_refused() {
        let _ = Tensor::zeros(&[2, 3]).reshape(&[4, 2]);
    }

    #[test]
    #[should_panic(expected = "no size is inferred from the others; of a tensor `x` write `x.len() / 256` for it")]
    fn no_size_is_inferred() {
        let _ = Tensor::zeros(&[2, 256]).reshape(&[usize::MAX, 4, 64]);
    }
}
