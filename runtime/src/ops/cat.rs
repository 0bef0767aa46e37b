//! Joining tensors along an axis.

use super::axis;
use crate::Tensor;
use crate::autograd::record_many;
use crate::gradcheck::Case;
use crate::kernel::permute::copy_runs;
use crate::shape::{self, Shape};
use crate::value::Value;

/// Concatenates tensors along an existing axis; a negative axis counts from the last.
///
/// # Shapes
/// `[a, b]`, `[c, b]` → `[a + c, b]` for `axis = 0`.
///
/// # Formula
/// Each `dx` is the matching part of `g`.
///
/// # Panics
/// If there are no tensors, if there is no such axis, if the lengths of other axes differ, or if
/// the length of the joined axis overflows.
///
/// # Example
/// ```
/// use training_loop::{Tensor, cat};
///
/// let joined = cat(&[&Tensor::zeros(&[2, 3]), &Tensor::ones(&[1, 3])], 0);
/// assert_eq!(joined.shape(), [3, 3]);
/// ```
#[track_caller]
pub fn cat(tensors: &[&Tensor], axis: isize) -> Tensor {
    let Some(first) = tensors.first() else { panic!("cat: there is no tensor to join") };
    let axis = self::axis("cat", first.shape(), axis);
    for tensor in tensors {
        let fits = tensor.rank() == first.rank()
            && (0..first.rank()).all(|a| a == axis || tensor.shape()[a] == first.shape()[a]);
        assert!(
            fits,
            "cat: the shapes {:?} and {:?} differ in more than axis {axis}, along which they are joined",
            first.shape(),
            tensor.shape()
        );
    }
    let shapes: Vec<Shape> = tensors.iter().map(|tensor| tensor.value().shape().clone()).collect();
    let lengths: Vec<usize> = shapes.iter().map(|shape| shape[axis]).collect();
    let joined = shapes[0].with(axis, shape::sum("cat: the places of the joined axis", &lengths));
    let widths: Vec<usize> = shapes.iter().map(|shape| shape.around(axis)).map(|(_, n, m)| n * m).collect();
    let (_, length, inner) = joined.around(axis);
    let stride = length * inner;
    let output = Value::build(joined, |to| {
        let mut start = 0;
        for (tensor, &width) in tensors.iter().zip(&widths) {
            copy_runs(width, (tensor.as_slice(), 0, width), (&mut *to, start, stride));
            start += width;
        }
    });
    record_many(output, tensors, move |gradient| {
        let mut start = 0;
        let parts = shapes.iter().zip(&widths).map(|(shape, &width)| {
            let part = Value::build(shape.clone(), |to| {
                copy_runs(width, (gradient.as_slice(), start, stride), (to, 0, width));
            });
            start += width;
            part
        });
        parts.collect()
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3], &[1, 3]], &[&[2], &[3], &[1], &[2], &[2]], &[&[0, 2], &[2, 2]]], |x| {
        cat(&x.iter().collect::<Vec<_>>(), 0)
    }),
    Case::new(&[&[&[2, 3], &[2, 1]], &[&[2, 1, 2], &[2, 2, 2]]], |x| cat(&[&x[0], &x[1]], 1)),
];

#[cfg(test)]
mod tests {
    use super::cat;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "cat: the shapes [2, 3] and [2, 4] differ in more than axis 0")]
    fn other_axes_are_checked() {
        let _ = cat(&[&Tensor::zeros(&[2, 3]), &Tensor::zeros(&[2, 4])], 0);
    }
}
