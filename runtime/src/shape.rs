//! The shape of a tensor, and checked arithmetic for sizes from callers.
//!
//! Kernels do not check sums or products of sizes for overflow, so the sizes are checked here. The
//! element count of a [`Shape`] never overflows. All other sums and products go through [`product`]
//! and [`sum`].

use std::fmt;
use std::ops::Deref;

use crate::Scalar;

/// The lengths of a tensor's axes, outermost first. Up to four lengths need no allocation.
///
/// The product of the non-zero lengths is at most `isize::MAX`. The same bound applies to the
/// product of any subset of the lengths, and to the size in bytes.
#[derive(Clone)]
pub(crate) enum Shape {
    Inline { rank: u8, dims: [usize; 4] },
    Heap(Box<[usize]>),
}

impl Shape {
    #[track_caller]
    pub(crate) fn new(dims: &[usize]) -> Self {
        check(dims);
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

    /// The number of elements.
    pub(crate) fn count(&self) -> usize {
        // No partial product overflows: the shape was checked when it was created.
        self.iter().product()
    }

    /// The row-major strides, counted in elements.
    pub(crate) fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1; self.len()];
        for axis in (1..self.len()).rev() {
            strides[axis - 1] = strides[axis] * self[axis];
        }
        strides
    }

    /// The same shape, with `length` as the length of `axis`.
    #[track_caller]
    pub(crate) fn with(&self, axis: usize, length: usize) -> Self {
        let mut shape = self.clone();
        match &mut shape {
            Self::Inline { dims, .. } => dims[axis] = length,
            Self::Heap(dims) => dims[axis] = length,
        }
        check(&shape);
        shape
    }

    /// The same shape without `axis`.
    #[track_caller]
    pub(crate) fn without(&self, axis: usize) -> Self {
        let mut dims = self.to_vec();
        dims.remove(axis);
        Self::new(&dims)
    }

    /// The sizes of the shape seen as `[outer, axis, inner]`: the product of the lengths before
    /// `axis`, the length of `axis`, and the product of the lengths after `axis`.
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

/// The shape for a `reshape`. Panics if a size is `usize::MAX`. rustc suggests this value to a user
/// who writes -1 to have the size inferred, but `reshape` infers no size.
#[track_caller]
pub(crate) fn of_reshape(shape: &[usize]) -> Shape {
    assert!(
        !shape.contains(&usize::MAX),
        "reshape: no size is inferred from the others; of a tensor `x` write `x.len() / {}` for it, or \
         `x.flatten(1)` to join all axes after the first",
        shape.iter().filter(|size| **size != usize::MAX).fold(1_usize, |all, size| all.saturating_mul(*size))
    );
    Shape::new(shape)
}

/// Conversion to a shape. Unlike with `Into`, a panic of this conversion reports the caller's line.
pub(crate) trait IntoShape {
    #[track_caller]
    fn into_shape(self) -> Shape;
}

impl IntoShape for Shape {
    fn into_shape(self) -> Shape {
        self
    }
}

impl IntoShape for &[usize] {
    #[track_caller]
    fn into_shape(self) -> Shape {
        Shape::new(self)
    }
}

impl<const N: usize> IntoShape for [usize; N] {
    #[track_caller]
    fn into_shape(self) -> Shape {
        Shape::new(&self)
    }
}

/// Checks that `dims` are within the bound of a [`Shape`]. `ndarray` has the same bound, so every tensor has
/// an array view.
#[track_caller]
fn check(dims: &[usize]) {
    let lengths = dims.iter().filter(|length| **length != 0);
    let count = lengths.copied().try_fold(1_usize, usize::checked_mul);
    let bytes = if dims.contains(&0) {
        count
    } else {
        count.and_then(|count| count.checked_mul(size_of::<Scalar>()))
    };
    assert!(
        bytes.is_some_and(|bytes| isize::try_from(bytes).is_ok()),
        "a tensor of shape {dims:?} has more elements than can be counted"
    );
}

/// The product of sizes, after a check that it fits in `isize`. `what` names the counted items in the panic.
#[track_caller]
pub(crate) fn product(what: &str, sizes: &[usize]) -> usize {
    let product = sizes.iter().copied().try_fold(1_usize, usize::checked_mul);
    match product.filter(|product| isize::try_from(*product).is_ok()) {
        Some(product) => product,
        None => panic!("{what} are more than can be counted: the product of {sizes:?}"),
    }
}

/// The sum of sizes, after a check that it fits in `isize`. `what` names the counted items in the panic.
#[track_caller]
pub(crate) fn sum(what: &str, sizes: &[usize]) -> usize {
    let sum = sizes.iter().copied().try_fold(0_usize, usize::checked_add);
    match sum.filter(|sum| isize::try_from(*sum).is_ok()) {
        Some(sum) => sum,
        None => panic!("{what} are more than can be counted: the sum of {sizes:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Shape, product, sum};

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
        Shape::new(&[1 << (usize::BITS / 2), 1 << (usize::BITS / 2)]);
    }

    #[test]
    fn empty_shapes_are_bounded_too() {
        const HALF: usize = 1 << (usize::BITS / 2 - 1);
        assert_eq!(Shape::new(&[HALF, 0, HALF]).count(), 0);
        for dims in [&[usize::MAX, 0][..], &[0, HALF, HALF, 2], &[usize::MAX / size_of::<crate::Scalar>()]] {
            assert!(std::panic::catch_unwind(|| Shape::new(dims)).is_err(), "{dims:?}");
        }
        // Without the empty axis, the size of this shape would overflow.
        let shape = Shape::new(&[HALF, HALF, 0]);
        assert!(std::panic::catch_unwind(|| shape.without(2)).is_err());
        assert!(std::panic::catch_unwind(|| shape.with(2, 2)).is_err());
    }

    #[test]
    fn sizes_that_wrap_are_refused() {
        const MOST: usize = isize::MAX as usize;
        assert_eq!((product("x", &[3, 4]), sum("x", &[3, 4])), (12, 7));
        assert_eq!((product("x", &[MOST, 1]), sum("x", &[MOST, 0])), (MOST, MOST));
        for sizes in [[MOST + 1, 1], [MOST, 2], [MOST + 1, MOST + 1]] {
            assert!(std::panic::catch_unwind(|| product("x", &sizes)).is_err());
            assert!(std::panic::catch_unwind(|| sum("x", &sizes)).is_err());
        }
    }

    #[test]
    fn a_scalar_has_one_element() {
        assert_eq!(Shape::scalar().count(), 1);
        assert!(Shape::scalar().is_empty());
    }
}
