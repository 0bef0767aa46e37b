//! The extents of a tensor: up to four of them without an allocation.

use std::fmt;
use std::ops::Deref;

/// The lengths of a tensor's axes, outermost first.
#[derive(Clone)]
pub(crate) enum Shape {
    Inline { rank: u8, dims: [usize; 4] },
    Heap(Box<[usize]>),
}

impl Shape {
    pub(crate) fn new(dims: &[usize]) -> Self {
        if dims.len() <= 4 {
            let mut inline = [0; 4];
            inline[..dims.len()].copy_from_slice(dims);
            Self::Inline { rank: dims.len() as u8, dims: inline }
        } else {
            Self::Heap(dims.into())
        }
    }

    pub(crate) fn scalar() -> Self {
        Self::Inline { rank: 0, dims: [0; 4] }
    }

    /// The number of elements, which kernels rely on: it must not have wrapped around.
    #[track_caller]
    pub(crate) fn count(&self) -> usize {
        let count = self.iter().try_fold(1_usize, |count, &length| count.checked_mul(length));
        count.unwrap_or_else(|| panic!("a tensor of shape {self:?} has more elements than can be counted"))
    }

    /// The row-major strides, counted in elements.
    pub(crate) fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1; self.len()];
        for axis in (1..self.len()).rev() {
            strides[axis - 1] = strides[axis] * self[axis];
        }
        strides
    }

    /// The same shape with one axis of another length.
    pub(crate) fn with(&self, axis: usize, length: usize) -> Self {
        let mut shape = self.clone();
        match &mut shape {
            Self::Inline { dims, .. } => dims[axis] = length,
            Self::Heap(dims) => dims[axis] = length,
        }
        shape
    }

    /// The same shape without one axis.
    pub(crate) fn without(&self, axis: usize) -> Self {
        let mut dims = self.to_vec();
        dims.remove(axis);
        Self::new(&dims)
    }

    /// Elements before, along and after `axis`: the shape seen as `[outer, axis, inner]`.
    pub(crate) fn around(&self, axis: usize) -> (usize, usize, usize) {
        (self[..axis].iter().product(), self[axis], self[axis + 1..].iter().product())
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        match self {
            Self::Inline { rank, dims } => &dims[..*rank as usize],
            Self::Heap(dims) => dims,
        }
    }
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Shape {}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl From<&[usize]> for Shape {
    fn from(dims: &[usize]) -> Self {
        Self::new(dims)
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(dims: [usize; N]) -> Self {
        Self::new(&dims)
    }
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn five_axes_spill_and_stay_equal() {
        let shape = Shape::new(&[2, 1, 3, 4, 5]);
        assert_eq!(&*shape, &[2, 1, 3, 4, 5]);
        assert_eq!(shape.strides(), [60, 60, 20, 5, 1]);
        assert_eq!(shape.with(1, 7).count(), 840);
        assert_eq!(&*shape.without(1), &[2, 3, 4, 5]);
        assert_eq!(shape.around(2), (2, 3, 20));
    }

    #[test]
    #[should_panic(expected = "has more elements than can be counted")]
    fn more_than_can_be_counted_is_no_shape_of_a_tensor() {
        Shape::new(&[1 << (usize::BITS / 2), 1 << (usize::BITS / 2)]).count();
    }

    #[test]
    fn a_scalar_has_one_element() {
        assert_eq!(Shape::scalar().count(), 1);
        assert!(Shape::scalar().is_empty());
    }
}
