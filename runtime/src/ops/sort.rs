//! Sorting along an axis.

use std::cmp::Ordering;

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::shape::Shape;
use crate::value::Value;
use crate::{Labels, Scalar, Tensor};

impl Tensor {
    /// The elements of each line along one axis in ascending order, and their former indices along the axis; a
    /// negative axis counts from the last. Equal elements keep their order, and NaN counts as greatest, as in
    /// `PyTorch`.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]` and labels `[..]`
    ///
    /// # Formula
    /// `y[i] = x[index[i]]`; `dx[index[i]] = g[i]`.
    ///
    /// # Panics
    /// If there is no such axis.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let (sorted, places) = Tensor::from([3.0, 1.0, 2.0]).sort(0);
    /// assert_eq!(sorted.as_slice(), [1.0, 2.0, 3.0]);
    /// assert_eq!(places, Labels::from([1, 2, 0]));
    /// ```
    #[track_caller]
    pub fn sort(&self, axis: isize) -> (Self, Labels) {
        let axis = super::axis("sort", self.shape(), axis);
        picked(self, axis, &Order { descending: false, count: self.shape()[axis] })
    }

    /// As [`Tensor::sort`], in descending order. Equal elements keep their order.
    #[track_caller]
    pub fn sort_descending(&self, axis: isize) -> (Self, Labels) {
        let axis = super::axis("sort_descending", self.shape(), axis);
        picked(self, axis, &Order { descending: true, count: self.shape()[axis] })
    }

    /// The indices that [`Tensor::sort`] returns.
    #[track_caller]
    pub fn argsort(&self, axis: isize) -> Labels {
        let axis = super::axis("argsort", self.shape(), axis);
        picked(&self.detach(), axis, &Order { descending: false, count: self.shape()[axis] }).1
    }

    /// The indices that [`Tensor::sort_descending`] returns.
    #[track_caller]
    pub fn argsort_descending(&self, axis: isize) -> Labels {
        let axis = super::axis("argsort_descending", self.shape(), axis);
        picked(&self.detach(), axis, &Order { descending: true, count: self.shape()[axis] }).1
    }

    /// The `k` largest elements of each line along one axis, the largest first, and their indices along the axis; a
    /// negative axis counts from the last. Of equal elements, the first counts as larger; NaN counts as largest. For
    /// the smallest elements, negate the tensor.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, k, c]` and labels `[a, k, c]` for `axis = 1`.
    ///
    /// # Formula
    /// `y[i] = x[index[i]]`; `dx[index[i]] = g[i]`, and 0 elsewhere.
    ///
    /// # Panics
    /// If there is no such axis, or if `k` exceeds its length.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let (best, classes) = Tensor::from([[0.1, 0.7, 0.2]]).topk(2, -1);
    /// assert_eq!((best.shape(), classes.as_slice()), (&[1, 2][..], &[1, 2][..]));
    /// ```
    #[track_caller]
    pub fn topk(&self, k: usize, axis: isize) -> (Self, Labels) {
        let axis = super::axis("topk", self.shape(), axis);
        assert!(
            k <= self.shape()[axis],
            "topk: {k} elements are wanted, and axis {axis} of the shape {:?} has {}",
            self.shape(),
            self.shape()[axis]
        );
        picked(self, axis, &Order { descending: true, count: k })
    }
}

/// The number of elements to take from each line, and their order.
struct Order {
    descending: bool,
    count: usize,
}

impl Order {
    /// Compares two elements by value. The index breaks ties.
    fn compare(&self, (i, a): (u32, Scalar), (j, b): (u32, Scalar)) -> Ordering {
        // NaN counts as greatest.
        let values = a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
        (if self.descending { values.reverse() } else { values }).then(i.cmp(&j))
    }

    /// The first elements of a line in this order, with their indices.
    fn first<'a>(&self, line: &'a mut Vec<(u32, Scalar)>) -> &'a [(u32, Scalar)] {
        if self.count < line.len() {
            line.select_nth_unstable_by(self.count, |a, b| self.compare(*a, *b));
            line.truncate(self.count);
        }
        line.sort_unstable_by(|a, b| self.compare(*a, *b));
        line
    }
}

#[track_caller]
fn picked(x: &Tensor, axis: usize, order: &Order) -> (Tensor, Labels) {
    let shape = x.value().shape().clone();
    let (outer, length, inner) = shape.around(axis);
    assert!(
        u32::try_from(length).is_ok(),
        "sort: axis {axis} of the shape {shape:?} is longer than 32 bits count"
    );
    let sorted = shape.with(axis, order.count);
    let mut indices = vec![0; sorted.count()];
    let mut line = Vec::with_capacity(length);
    let output = Value::build(sorted.clone(), |to| {
        for (block, rest) in (0..outer).flat_map(|block| (0..inner).map(move |rest| (block, rest))) {
            let start = block * length * inner + rest;
            line.clear();
            line.extend((0..length).map(|i| (i as u32, x.as_slice()[start + i * inner])));
            for (i, (index, value)) in order.first(&mut line).iter().enumerate() {
                let place = (block * order.count + i) * inner + rest;
                (to[place], indices[place]) = (*value, *index);
            }
        }
    });
    let labels = Labels::from(indices).reshape(&sorted);
    let kept = labels.clone();
    let output = record(output, [x], move |gradient| [spread(&gradient, &kept, axis, &shape)]);
    (output, labels)
}

/// A value of `shape` with the elements of `values` at `indices` along `axis`, and 0 elsewhere.
#[track_caller]
fn spread(values: &Value, indices: &Labels, axis: usize, shape: &Shape) -> Value {
    let (_, length, inner) = shape.around(axis);
    let taken = values.shape()[axis];
    let mut to = Value::filled(shape.clone(), 0.0);
    let numbers = to.make_mut();
    for (place, (value, index)) in values.as_slice().iter().zip(indices.iter()).enumerate() {
        let (block, rest) = (place / (taken * inner), place % inner);
        numbers[(block * length + index as usize) * inner + rest] = *value;
    }
    to
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[2, 1]], &[&[0, 2]], &[&[2, 0]]], |x| x[0].sort(1).0),
    Case::new(&[&[&[3, 4]], &[&[5]]], |x| x[0].sort_descending(0).0),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]]], |x| x[0].topk(2, 1).0),
    Case::new(&[&[&[3, 4]]], |x| x[0].topk(0, -1).0),
];

#[cfg(test)]
mod tests {
    use crate::{Labels, Scalar, Tensor};

    #[test]
    fn ties_keep_their_order_and_nan_is_greatest() {
        let x = Tensor::from([2.0, Scalar::NAN, 1.0, 2.0, Scalar::INFINITY, 1.0]);
        assert_eq!(x.argsort(0), Labels::from([2, 5, 0, 3, 4, 1]));
        assert_eq!(x.argsort_descending(0), Labels::from([1, 4, 0, 3, 2, 5]));
        assert_eq!(x.topk(3, 0).1, Labels::from([1, 4, 0]));
        assert_eq!(Tensor::from([-0.0, 0.0]).argsort_descending(0), Labels::from([0, 1]));
    }

    #[test]
    #[should_panic(expected = "topk: 4 elements are wanted, and axis 1 of the shape [2, 3] has 3")]
    fn more_than_all_are_refused() {
        let _ = Tensor::zeros(&[2, 3]).topk(4, 1);
    }
}
