//! A range along one axis.

use std::ops::{Bound, RangeBounds};

use super::axis;
use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::permute::copy_runs;
use crate::value::Value;

impl Tensor {
    /// The elements in a range along one axis; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, 2, c]` for `slice(1, 3..5)`.
    ///
    /// # Formula
    /// `dx` is `g` inside the range and 0 outside.
    ///
    /// # Panics
    /// If there is no such axis, or if the range exceeds the length of the axis.
    #[doc(alias("narrow"))]
    #[track_caller]
    pub fn slice(&self, axis: isize, range: impl RangeBounds<usize>) -> Self {
        let axis = self::axis("slice", self.shape(), axis);
        let length = self.shape()[axis];
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&end) => end.saturating_add(1),
            Bound::Excluded(&end) => end,
            Bound::Unbounded => length,
        };
        assert!(
            start <= end && end <= length,
            "slice: the range {start}..{end} does not lie in axis {axis} of the shape {:?}",
            self.shape()
        );
        let shape = self.value().shape().clone();
        let (_, _, inner) = shape.around(axis);
        let (width, stride) = ((end - start) * inner, length * inner);
        let output = Value::build(shape.with(axis, end - start), |to| {
            copy_runs(width, (self.as_slice(), start * inner, stride), (to, 0, width));
        });
        record(output, [self], move |gradient| {
            let mut dx = Value::filled(shape.clone(), 0.0);
            copy_runs(width, (gradient.as_slice(), 0, width), (dx.make_mut(), start * inner, stride));
            [dx]
        })
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[4, 3]], &[&[3, 2, 2]]], |x| x[0].slice(0, 1..3)),
    Case::new(&[&[&[2, 3, 2]]], |x| x[0].slice(-2, ..=1)),
    Case::new(&[&[&[3, 2]]], |x| x[0].slice(1, 1..1)),
];

#[cfg(test)]
mod tests {
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "slice: the range 1..4 does not lie in axis 1 of the shape [2, 3]")]
    fn ranges_are_checked() {
        let _ = Tensor::zeros(&[2, 3]).slice(1, 1..4);
    }
}
