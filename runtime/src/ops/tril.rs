//! Triangles of matrices.

use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;

impl Tensor {
    /// The lower triangle of each matrix, and 0 above it. The diagonal number `diagonal` is the last that is kept: 0 is
    /// the main diagonal, 1 the one above, -1 the one below.
    ///
    /// # Shapes
    /// `x: [.., rows, columns]` → `[.., rows, columns]`
    ///
    /// # Formula
    /// `y[i, j] = x[i, j]` where `j ≤ i + diagonal`, else 0; `dx` is the same triangle of `g`.
    ///
    /// # Panics
    /// If there are fewer than two axes.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// assert_eq!(Tensor::ones(&[2, 3]).tril(0).as_slice(), [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn tril(&self, diagonal: isize) -> Self {
        triangle("tril", self, move |above| above <= diagonal)
    }

    /// The upper triangle of each matrix, and 0 below it. The diagonal number `diagonal` is the first that is kept: 0
    /// is the main diagonal, 1 the one above, -1 the one below.
    ///
    /// # Shapes
    /// `x: [.., rows, columns]` → `[.., rows, columns]`
    ///
    /// # Formula
    /// `y[i, j] = x[i, j]` where `j ≥ i + diagonal`, else 0; `dx` is the same triangle of `g`.
    ///
    /// # Panics
    /// If there are fewer than two axes.
    #[track_caller]
    pub fn triu(&self, diagonal: isize) -> Self {
        triangle("triu", self, move |above| above >= diagonal)
    }
}

/// Keeps the elements of the diagonals for which `keep` returns true. The diagonals are counted upwards from the main
/// diagonal.
#[track_caller]
fn triangle(op: &str, x: &Tensor, keep: impl Fn(isize) -> bool + Copy + Send + Sync + 'static) -> Tensor {
    let &[.., rows, columns] = x.shape() else {
        panic!("{op}: a tensor of shape {:?} has no matrices, which need two axes", x.shape());
    };
    let cut = move |x: &Value| {
        Value::build(x.shape().clone(), |to| {
            let lines = to.chunks_exact_mut(columns.max(1)).zip(x.as_slice().chunks_exact(columns.max(1)));
            for (line, (to, from)) in lines.enumerate() {
                let row = (line % rows.max(1)).cast_signed();
                for (column, (to, from)) in to.iter_mut().zip(from).enumerate() {
                    *to = if keep(column.cast_signed() - row) { *from } else { 0.0 };
                }
            }
        })
    };
    record(cut(x.value()), [x], move |gradient| [cut(&gradient)])
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[1, 1]], &[&[0, 2]], &[&[2, 0]]], |x| x[0].tril(0)),
    Case::new(&[&[&[4, 3]]], |x| x[0].tril(-1)),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]]], |x| x[0].triu(1)),
];

#[cfg(test)]
mod tests {
    use crate::{Scalar, Tensor};

    #[test]
    fn what_is_cut_is_zero_even_if_it_was_not_a_number() {
        let x = Tensor::from([[Scalar::INFINITY, Scalar::NAN], [Scalar::NAN, 1.0]]);
        assert_eq!(x.triu(1).tril(0).as_slice(), [0.0; 4]);
    }

    #[test]
    #[should_panic(expected = "tril: a tensor of shape [3] has no matrices")]
    fn a_vector_has_no_triangle() {
        let _ = Tensor::zeros(&[3]).tril(0);
    }
}
