//! Numbers with a shape and no graph: what operations compute with and what they save for `backward`.

use std::sync::Arc;

use crate::Scalar;
use crate::shape::Shape;
use crate::storage::Buffer;

/// A shape and its numbers in row-major order.
///
/// A clone shares the numbers; [`Value::make_mut`] copies them only where somebody else still holds them.
#[derive(Clone)]
pub(crate) struct Value {
    shape: Shape,
    data: Arc<Buffer>,
}

impl Value {
    pub(crate) fn new(shape: impl Into<Shape>, data: Buffer) -> Self {
        Self::shared(shape.into(), Arc::new(data))
    }

    pub(crate) fn shared(shape: Shape, data: Arc<Buffer>) -> Self {
        debug_assert_eq!(shape.count(), data.as_slice().len());
        Self { shape, data }
    }

    /// A single number without axes.
    pub(crate) fn scalar(value: Scalar) -> Self {
        Self::new(Shape::scalar(), Buffer::filled(1, value))
    }

    pub(crate) fn filled(shape: impl Into<Shape>, value: Scalar) -> Self {
        let shape = shape.into();
        let len = shape.count();
        Self::new(shape, Buffer::filled(len, value))
    }

    /// Fresh numbers, all of which `write` must write: they start as leftovers.
    pub(crate) fn build(shape: impl Into<Shape>, write: impl FnOnce(&mut [Scalar])) -> Self {
        let shape = shape.into();
        let mut data = Buffer::stale(shape.count());
        write(data.as_mut_slice());
        Self::new(shape, data)
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

    /// The numbers to write: in place where nobody else holds them, in a copy otherwise.
    pub(crate) fn make_mut(&mut self) -> &mut [Scalar] {
        Arc::make_mut(&mut self.data).as_mut_slice()
    }

    /// The same numbers under another shape of as many elements.
    pub(crate) fn reshaped(&self, shape: impl Into<Shape>) -> Self {
        Self::shared(shape.into(), Arc::clone(&self.data))
    }
}
