//! Selection of indices along an axis.

use super::axis;
use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel;
use crate::value::Value;

impl Tensor {
    /// The elements at `indices` along one axis, in the order of `indices`. An index may occur several times.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, indices, c]` for `axis = 1`; a negative axis counts from the last.
    ///
    /// # Formula
    /// `dx` is the sum of `g` over all copies of an element.
    ///
    /// # Panics
    /// If `x` has no axis `axis`, or if an index is not below the length of that axis.
    #[track_caller]
    pub fn index_select(&self, axis: isize, indices: &[usize]) -> Self {
        let axis = self::axis("index_select", self.shape(), axis);
        let length = self.shape()[axis];
        if let Some(index) = indices.iter().find(|&&index| index >= length) {
            panic!("index_select: the index {index} is not in axis {axis} of the shape {:?}", self.shape());
        }
        let shape = self.value().shape().clone();
        let (_, _, inner) = shape.around(axis);
        let indices = indices.to_vec();
        let selected = shape.with(axis, indices.len());
        let (width, stride) = (indices.len() * inner, length * inner);
        let output = Value::build(selected, |to| {
            if width > 0 {
                for (to, from) in to.chunks_exact_mut(width).zip(self.as_slice().chunks_exact(stride)) {
                    for (to, index) in to.chunks_exact_mut(inner).zip(&indices) {
                        to.copy_from_slice(&from[index * inner..][..inner]);
                    }
                }
            }
        });
        record(output, [self], move |gradient| {
            let mut dx = Value::filled(shape.clone(), 0.0);
            if width > 0 {
                let from = gradient.as_slice().chunks_exact(width);
                for (to, from) in dx.make_mut().chunks_exact_mut(stride).zip(from) {
                    for (from, index) in from.chunks_exact(inner).zip(&indices) {
                        kernel::add_rows(from, &mut to[index * inner..][..inner]);
                    }
                }
            }
            [dx]
        })
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 2]], &[&[3]], &[&[3, 0]]], |x| x[0].index_select(0, &[2, 0, 2, 2])),
    Case::new(&[&[&[2, 3, 2]]], |x| x[0].index_select(-2, &[1, 1])),
    Case::new(&[&[&[2, 3]]], |x| x[0].index_select(1, &[])),
];
