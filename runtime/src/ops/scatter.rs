//! Reading and writing at indices along an axis.

use super::axis;
use crate::autograd::record;
use crate::broadcast::needs;
use crate::gradcheck::Case;
use crate::shape::Shape;
use crate::value::Value;
use crate::{Labels, Tensor};

impl Tensor {
    /// The elements at the given indices along one axis; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [a, b, c]`, indices `[i, j, k]` with `i ≤ a` and `k ≤ c` → `[i, j, k]` for `axis = 1`.
    ///
    /// # Formula
    /// `y[i, j, k] = x[i, index[i, j, k], k]` for `axis = 1`; `dx` is the sum of `g` over all copies of an element.
    ///
    /// # Panics
    /// If there is no such axis, if the shapes do not fit, or if an index is not below the length of the axis.
    ///
    /// # Source
    /// PyTorch's `gather`. [`Tensor::gather`] takes one element per row.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// let y = x.gather_axis(1, &Labels::from([[0, 0, 1], [1, 0, 0]]));
    /// assert_eq!(y.as_slice(), [1.0, 1.0, 2.0, 4.0, 3.0, 3.0]);
    /// ```
    #[doc(alias("take_along_axis", "take_along_dim"))]
    #[track_caller]
    pub fn gather_axis(&self, axis: isize, indices: &Labels) -> Self {
        let shape = self.value().shape().clone();
        let axis = self::axis("gather_axis", &shape, axis);
        let places = Places::new("gather_axis", &shape, axis, indices);
        let output =
            Value::build(indices.shape(), |to| places.each(|i, place| to[i] = self.as_slice()[place]));
        record(output, [self], move |gradient| {
            let mut dx = Value::filled(shape.clone(), 0.0);
            let to = dx.make_mut();
            places.each(|i, place| to[place] += gradient.as_slice()[i]);
            [dx]
        })
    }

    /// This tensor with the elements of `source` written at the given indices along one axis; a negative axis counts
    /// from the last. If several elements are written to the same index, the last of them stays.
    ///
    /// `source` is a tensor of the shape of the indices, or a number.
    ///
    /// # Shapes
    /// `x: [a, b, c]`, indices and source `[i, j, k]` with `i ≤ a` and `k ≤ c` → `[a, b, c]` for `axis = 1`.
    ///
    /// # Formula
    /// `y[i, index[i, j, k], k] = source[i, j, k]` for `axis = 1`, and `y = x` elsewhere. `dx` is `g` where `x` stays and 0
    /// elsewhere; `dsource` is `g` at the elements that stay and 0 elsewhere.
    ///
    /// # Panics
    /// If there is no such axis, if the shapes do not fit, or if an index is not below the length of the axis.
    ///
    /// # Source
    /// PyTorch's `scatter`, which leaves the order of the elements open, and gives a gradient to all of them.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let chosen = Tensor::zeros(&[2, 3]).scatter(1, &Labels::from([[2], [0]]), 1.0);
    /// assert_eq!(chosen.as_slice(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn scatter(&self, axis: isize, indices: &Labels, source: impl Into<Self>) -> Self {
        let source = spread("scatter", source.into(), indices);
        let shape = self.value().shape().clone();
        let axis = self::axis("scatter", &shape, axis);
        let places = Places::new("scatter", &shape, axis, indices);
        let mut output = self.value().clone();
        let to = output.make_mut();
        places.each(|i, place| to[place] = source.as_slice()[i]);
        let needs = needs([self, &source]);
        record(output, [self, &source], move |gradient| {
            let kept = needs[0].then(|| {
                let mut dx = gradient.clone();
                let to = dx.make_mut();
                places.each(|_, place| to[place] = 0.0);
                dx
            });
            let written = needs[1].then(|| {
                let mut last = vec![usize::MAX; gradient.len()];
                places.each(|i, place| last[place] = i);
                let mut ds = Value::filled(places.indices.shape(), 0.0);
                let to = ds.make_mut();
                places.each(|i, place| {
                    if last[place] == i {
                        to[i] = gradient.as_slice()[place];
                    }
                });
                ds
            });
            [kept, written]
        })
    }

    /// This tensor with the elements of `source` added at the given indices along one axis; a negative axis counts
    /// from the last.
    ///
    /// `source` is a tensor of the shape of the indices, or a number.
    ///
    /// # Shapes
    /// `x: [a, b, c]`, indices and source `[i, j, k]` with `i ≤ a` and `k ≤ c` → `[a, b, c]` for `axis = 1`.
    ///
    /// # Formula
    /// `y = x`, and `y[i, index[i, j, k], k] += source[i, j, k]` for `axis = 1`; `dx = g` and
    /// `dsource[i, j, k] = g[i, index[i, j, k], k]`. The sums follow the order of the source.
    ///
    /// # Panics
    /// If there is no such axis, if the shapes do not fit, or if an index is not below the length of the axis.
    ///
    /// # Source
    /// PyTorch's `scatter_add`.
    #[track_caller]
    pub fn scatter_add(&self, axis: isize, indices: &Labels, source: impl Into<Self>) -> Self {
        let source = spread("scatter_add", source.into(), indices);
        let shape = self.value().shape().clone();
        let axis = self::axis("scatter_add", &shape, axis);
        let places = Places::new("scatter_add", &shape, axis, indices);
        let mut output = self.value().clone();
        let to = output.make_mut();
        places.each(|i, place| to[place] += source.as_slice()[i]);
        let needs = needs([self, &source]);
        record(output, [self, &source], move |gradient| {
            let added = needs[1].then(|| {
                Value::build(places.indices.shape(), |to| {
                    places.each(|i, place| to[i] = gradient.as_slice()[place]);
                })
            });
            [needs[0].then_some(gradient), added]
        })
    }
}

/// A source with the shape of the indices. A number is repeated.
#[track_caller]
fn spread(op: &str, source: Tensor, indices: &Labels) -> Tensor {
    if source.rank() == 0 && !indices.shape().is_empty() {
        return source.expand(indices.shape());
    }
    assert!(
        source.shape() == indices.shape(),
        "{op}: the source has the shape {:?} and the indices {:?}; they must be equal, or the source a number",
        source.shape(),
        indices.shape()
    );
    source
}

/// The places in a tensor that indices along one of its axes refer to.
struct Places {
    indices: Labels,
    axis: usize,
    strides: Vec<usize>,
}

impl Places {
    #[track_caller]
    fn new(op: &str, shape: &Shape, axis: usize, indices: &Labels) -> Self {
        let fits = indices.shape().len() == shape.len()
            && (0..shape.len()).all(|a| a == axis || indices.shape()[a] <= shape[a]);
        assert!(
            fits,
            "{op}: the indices {:?} do not fit the tensor {shape:?}; they need {} axes, none longer than the tensor's \
             except axis {axis}",
            indices.shape(),
            shape.len()
        );
        if let Some(index) = indices.iter().find(|&index| index as usize >= shape[axis]) {
            panic!("{op}: the index {index} is not in axis {axis} of the shape {shape:?}");
        }
        Self { indices: indices.clone(), axis, strides: shape.strides() }
    }

    /// Calls `work` with the position of each index in the indices, and with the place in the tensor that it refers
    /// to, in the order of the indices.
    fn each(&self, mut work: impl FnMut(usize, usize)) {
        let dims = self.indices.shape();
        let Some(&width) = dims.last() else { return };
        if self.indices.is_empty() {
            return;
        }
        let last = dims.len() - 1;
        let step = if self.axis == last { 0 } else { self.strides[last] };
        let along = self.strides[self.axis];
        let mut at = vec![0; last];
        for (row, indices) in self.indices.as_slice().chunks_exact(width).enumerate() {
            let start: usize = (0..last).filter(|&a| a != self.axis).map(|a| at[a] * self.strides[a]).sum();
            for (i, index) in indices.iter().enumerate() {
                work(row * width + i, start + i * step + *index as usize * along);
            }
            for a in (0..last).rev() {
                at[a] += 1;
                if at[a] < dims[a] {
                    break;
                }
                at[a] = 0;
            }
        }
    }
}

/// Indices for the gradient checks, of the given shape, below `below`; some of them occur twice.
fn some_indices(shape: &[usize], below: usize) -> Labels {
    (0..shape.iter().product()).map(|i: usize| i * 2 % below.max(1)).collect::<Labels>().reshape(shape)
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[2, 1]]], |x| x[0].gather_axis(1, &some_indices(&[2, 5], x[0].shape()[1]))),
    Case::new(&[&[&[2, 3, 4]]], |x| x[0].gather_axis(1, &some_indices(&[2, 4, 3], 3))),
    Case::new(&[&[&[5]], &[&[1]]], |x| x[0].gather_axis(0, &some_indices(&[3], x[0].len()))),
    Case::new(&[&[&[0, 2]]], |x| x[0].gather_axis(1, &some_indices(&[0, 3], 2))),
    Case::new(&[&[&[3, 4], &[2, 3]]], |x| x[0].scatter(0, &some_indices(&[2, 3], 3), &x[1])),
    Case::new(&[&[&[2, 3, 4], &[2, 2, 3]]], |x| x[0].scatter(1, &some_indices(&[2, 2, 3], 3), &x[1])),
    Case::new(&[&[&[3, 4], &[]]], |x| x[0].scatter(1, &some_indices(&[3, 2], 4), &x[1])),
    Case::new(&[&[&[3, 4], &[2, 3]]], |x| x[0].scatter_add(0, &some_indices(&[2, 3], 3), &x[1])),
    Case::new(&[&[&[2, 3, 4], &[1, 5, 3]]], |x| x[0].scatter_add(1, &some_indices(&[1, 5, 3], 3), &x[1])),
    Case::new(&[&[&[4], &[]]], |x| x[0].scatter_add(-1, &some_indices(&[6], 4), &x[1])),
];

#[cfg(test)]
mod tests {
    use crate::{Labels, Tensor};

    #[test]
    #[should_panic(expected = "gather_axis: the indices [3, 1] do not fit the tensor [2, 3]")]
    fn indices_beyond_other_axes_are_refused() {
        let _ = Tensor::zeros(&[2, 3]).gather_axis(1, &Labels::from([[0], [0], [0]]));
    }

    #[test]
    #[should_panic(expected = "scatter: the index 3 is not in axis 1 of the shape [2, 3]")]
    fn indices_beyond_the_axis_are_refused() {
        let _ = Tensor::zeros(&[2, 3]).scatter(1, &Labels::from([[3]]), 1.0);
    }

    #[test]
    #[should_panic(expected = "scatter_add: the source has the shape [3] and the indices [2]")]
    fn sources_of_another_shape_are_refused() {
        let _ = Tensor::zeros(&[4]).scatter_add(0, &Labels::from([0, 1]), Tensor::zeros(&[3]));
    }
}
