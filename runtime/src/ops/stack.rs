//! Stacking tensors along a new axis.

use super::cat::cat;
use crate::Tensor;
use crate::gradcheck::Case;

/// Stacks tensors of equal shape along a new axis; a negative axis counts from the last.
///
/// # Shapes
/// `n` tensors `[a, b]` → `[n, a, b]` for `axis = 0`, `[a, b, n]` for `axis = -1`.
///
/// # Formula
/// Each `dx` is the matching part of `g`.
///
/// # Panics
/// If there are no tensors, if their shapes differ, or if the axis is out of range.
#[track_caller]
pub fn stack(tensors: &[&Tensor], axis: isize) -> Tensor {
    let Some(first) = tensors.first() else { panic!("stack: there is no tensor to stack") };
    for tensor in tensors {
        assert!(
            tensor.shape() == first.shape(),
            "stack: the shapes {:?} and {:?} must be equal",
            first.shape(),
            tensor.shape()
        );
    }
    let mut shape = first.shape().to_vec();
    shape.push(1);
    let place = super::axis("stack", &shape, axis);
    shape.pop();
    shape.insert(place, 1);
    let raised: Vec<Tensor> = tensors.iter().map(|tensor| tensor.reshape(&shape)).collect();
    cat(&raised.iter().collect::<Vec<_>>(), place.cast_signed())
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3], &[2, 3]], &[&[], &[]]], |x| stack(&[&x[0], &x[1]], 0)),
    Case::new(&[&[&[2, 3], &[2, 3]]], |x| stack(&[&x[0], &x[1], &x[0]], -1)),
];
