//! The search for the first maximum or minimum. `max`, `min`, `argmax` and `argmin` share it.

use crate::autograd::record;
use crate::value::Value;
use crate::{Labels, Scalar, Tensor, kernel, ops};

/// The best element of a tensor: the maximum or the minimum. `better(a, b)` returns whether `a` is
/// better than `b`.
#[track_caller]
pub(crate) fn extreme(op: &str, x: &Tensor, better: fn(Scalar, Scalar) -> bool) -> Tensor {
    assert!(!x.is_empty(), "{op}: a tensor of shape {:?} has no elements", x.shape());
    let input = x.value().clone();
    let best = input.as_slice()[first_best(input.as_slice().iter().copied(), better)];
    record(Value::scalar(best), [x], move |gradient| {
        let is_best = |v: Scalar| v == best || (v.is_nan() && best.is_nan());
        let count = input.as_slice().iter().filter(|v| is_best(**v)).count();
        let share = gradient.as_slice()[0] / count as Scalar;
        [Value::build(input.shape().clone(), |dx| {
            for (dx, v) in dx.iter_mut().zip(input.as_slice()) {
                *dx = if is_best(*v) { share } else { 0.0 };
            }
        })]
    })
}

/// The best element of each line along an axis: the largest if `sign` is 1, the smallest if it is -1.
#[track_caller]
pub(crate) fn extreme_axis(op: &str, x: &Tensor, axis: isize, sign: Scalar) -> Tensor {
    let axis = ops::axis(op, x.shape(), axis);
    let shape = x.value().shape().clone();
    let (_, length, inner) = shape.around(axis);
    let places = best_places(op, x, axis, sign);
    let flat = move |(line, place): (usize, &u32)| {
        line / inner * length * inner + *place as usize * inner + line % inner
    };
    let output = Value::build(shape.without(axis), |to| {
        let from = x.as_slice();
        to.iter_mut().zip(places.iter().enumerate().map(flat)).for_each(|(to, place)| *to = from[place]);
    });
    record(output, [x], move |gradient| {
        let mut dx = Value::filled(shape.clone(), 0.0);
        let to = dx.make_mut();
        let places = places.iter().enumerate().map(flat);
        gradient.as_slice().iter().zip(places).for_each(|(g, place)| to[place] = *g);
        [dx]
    })
}

impl Tensor {
    /// The index of the largest element along an axis. If several elements are the largest, returns
    /// the index of the first of them. If there are NaNs, returns the index of the first NaN.
    ///
    /// # Shapes
    /// `x: [rows, classes]` → labels `[rows]` for `axis = 1`; a negative axis counts from the last.
    ///
    /// # Panics
    /// If there is no such axis, or if its length is 0.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let scores = Tensor::from([[0.1, 0.9], [2.0, -1.0]]);
    /// assert_eq!(scores.argmax(-1), Labels::from([1, 0]));
    /// ```
    #[track_caller]
    pub fn argmax(&self, axis: isize) -> Labels {
        best_along("argmax", self, axis, 1.0)
    }

    /// The index of the smallest element along an axis. If several elements are the smallest,
    /// returns the index of the first of them. If there are NaNs, returns the index of the first
    /// NaN.
    ///
    /// # Shapes
    /// `x: [rows, classes]` → labels `[rows]` for `axis = 1`; a negative axis counts from the last.
    ///
    /// # Panics
    /// If there is no such axis, or if its length is 0.
    #[track_caller]
    pub fn argmin(&self, axis: isize) -> Labels {
        best_along("argmin", self, axis, -1.0)
    }
}

#[track_caller]
fn best_along(op: &str, x: &Tensor, axis: isize, sign: Scalar) -> Labels {
    let axis = ops::axis(op, x.shape(), axis);
    let shape = x.value().shape();
    Labels::from(best_places(op, x, axis, sign)).reshape(&shape.without(axis))
}

/// For each line along an axis, the index along it of its first best element.
#[track_caller]
fn best_places(op: &str, x: &Tensor, axis: usize, sign: Scalar) -> Vec<u32> {
    let (outer, length, inner) = x.value().shape().around(axis);
    assert!(
        length > 0 || outer * inner == 0,
        "{op}: there is nothing along axis {axis} of the shape {:?}",
        x.shape()
    );
    let mut places = vec![0; outer * inner];
    if length > 0 {
        kernel::extreme::first_best((length, inner), sign, x.as_slice(), &mut places);
    }
    places
}

/// Returns the index of the first NaN. If there is no NaN, returns the index of the first best
/// element.
fn first_best(numbers: impl Iterator<Item = Scalar>, better: fn(Scalar, Scalar) -> bool) -> usize {
    let mut best: Option<(usize, Scalar)> = None;
    for (place, number) in numbers.enumerate() {
        if number.is_nan() {
            return place;
        }
        if best.is_none_or(|(_, held)| better(number, held)) {
            best = Some((place, number));
        }
    }
    best.map_or(0, |(place, _)| place)
}
