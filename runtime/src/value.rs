//! Values without a graph: the operands of kernels, and the tensors saved for `backward`.

use std::sync::Arc;

use crate::shape::{IntoShape, Shape};
use crate::storage::Buffer;
use crate::{Scalar, kernel};

/// A shape and its elements in row-major order.
///
/// A clone shares the elements; [`Value::make_mut`] copies them only if they are shared.
#[derive(Clone)]
pub(crate) struct Value {
    shape: Shape,
    data: Arc<Buffer>,
    /// An upper bound of the absolute values of the elements. The bound is infinite if the kernel
    /// that computed the elements did not determine a bound.
    bound: Scalar,
}

impl Value {
    #[track_caller]
    pub(crate) fn new(shape: impl IntoShape, data: Buffer) -> Self {
        Self::shared(shape.into_shape(), Arc::new(data))
    }

    #[track_caller]
    pub(crate) fn shared(shape: Shape, data: Arc<Buffer>) -> Self {
        debug_assert_eq!(shape.count(), data.as_slice().len());
        Self { shape, data, bound: Scalar::INFINITY }
    }

    /// A scalar: a value of rank 0.
    pub(crate) fn scalar(value: Scalar) -> Self {
        Self::new(Shape::scalar(), Buffer::filled(1, value))
    }

    #[track_caller]
    pub(crate) fn filled(shape: impl IntoShape, value: Scalar) -> Self {
        let shape = shape.into_shape();
        let mut data = numbers(&shape);
        kernel::fill(data.as_mut_slice(), value);
        Self::new(shape, data)
    }

    /// A new value with a copy of these elements.
    #[track_caller]
    pub(crate) fn copied(shape: impl IntoShape, from: &[Scalar]) -> Self {
        let mut bound = 0.0;
        Self::build(shape, |numbers| bound = kernel::copy_and_compare(from, numbers)).with_bound(bound)
    }

    /// A new value with the elements that `write` stores. The buffer passed to `write` has
    /// arbitrary contents, so `write` must overwrite every element.
    #[track_caller]
    pub(crate) fn build(shape: impl IntoShape, write: impl FnOnce(&mut [Scalar])) -> Self {
        let shape = shape.into_shape();
        let mut data = numbers(&shape);
        write(data.as_mut_slice());
        Self::new(shape, data)
    }

    /// The same value with `bound` as the upper bound of the absolute values of its elements.
    /// Because of rounding, an element may slightly exceed the bound.
    pub(crate) fn with_bound(self, bound: Scalar) -> Self {
        Self { bound, ..self }
    }

    /// The known upper bound of the absolute values of the elements; infinite if no bound is known.
    pub(crate) fn bound(&self) -> Scalar {
        self.bound
    }

    /// The known upper bound of the absolute values. If no bound is known, this method computes the
    /// largest absolute value.
    pub(crate) fn largest(&self) -> Scalar {
        if self.bound.is_finite() { self.bound } else { kernel::largest(self.as_slice()) }
    }

    /// Whether all elements are finite.
    pub(crate) fn is_finite(&self) -> bool {
        // The bound holds up to rounding; a sixteenth of the maximum leaves room for the rounding
        // error.
        self.bound < Scalar::MAX / 16.0 || kernel::largest(self.as_slice()).is_finite()
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(crate) fn len(&self) -> usize {
        self.as_slice().len()
    }

    pub(crate) fn as_slice(&self) -> &[Scalar] {
        self.data.as_slice()
    }

    pub(crate) fn into_data(self) -> Arc<Buffer> {
        self.data
    }

    /// The elements, for changes in place. Elements that other values share are copied first.
    pub(crate) fn make_mut(&mut self) -> &mut [Scalar] {
        self.bound = Scalar::INFINITY;
        Arc::make_mut(&mut self.data).as_mut_slice()
    }

    /// A value of another shape that shares the elements.
    #[track_caller]
    pub(crate) fn reshaped(&self, shape: impl IntoShape) -> Self {
        Self::shared(shape.into_shape(), Arc::clone(&self.data)).with_bound(self.bound)
    }
}

/// An uninitialised buffer for a value of this shape.
#[track_caller]
fn numbers(shape: &Shape) -> Buffer {
    match Buffer::try_stale(shape.count()) {
        Some(buffer) => buffer,
        None => panic!(
            "out of memory: a tensor of shape {shape:?} needs {} bytes, which the system refuses",
            shape.count() * size_of::<Scalar>()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::Value;
    use crate::data::{Dataset, Rows, TensorDataset};
    use crate::{Labels, Scalar, Tensor};

    #[test]
    fn a_bound_is_lost_with_the_first_write() {
        let mut value = Value::copied([2, 2], &[1.0, -3.0, 0.5, 2.0]);
        assert_eq!((value.bound(), value.reshaped([4]).bound()), (3.0, 3.0));
        let shared = value.clone();
        value.make_mut()[0] = Scalar::NAN;
        assert_eq!((value.bound(), shared.bound()), (Scalar::INFINITY, 3.0));
        assert!(!value.is_finite() && shared.is_finite());
    }

    #[test]
    fn a_batch_has_the_bound_of_its_rows() {
        let data = TensorDataset::new([[1.0], [-4.0], [2.0]], Labels::from([0, 0, 0])).unwrap();
        let bound = |places: &[usize]| data.batch(places).input.value().bound();
        assert_eq!([bound(&[0, 2]), bound(&[2, 1, 0]), bound(&[])], [2.0, 4.0, 0.0]);
        for bad in [Scalar::NAN, Scalar::INFINITY] {
            let x = Tensor::from([[bad], [1.0], [bad]]);
            for places in [&[0, 1][..], &[1, 0], &[1, 2]] {
                assert!(!x.pick(places).value().bound().is_finite(), "{places:?}");
            }
        }
    }
}
