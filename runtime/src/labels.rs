//! Class labels and other ids: integers, counted from 0.

use std::fmt::{self, Display};
use std::sync::Arc;

use ndarray::{Array, ArrayView, Dimension, IxDyn};

use crate::shape::Shape;
use crate::{Error, Result};

/// The classes of a batch's samples, or the tokens of its texts; a clone shares them.
///
/// Labels have a shape as tensors have: `[batch]` for classes, `[batch, time]` for tokens. They are made of numbers
/// of the types `u8`, `u32`, `usize`, `i32` and `i64`: of vectors, slices, arrays, nested arrays, and `ndarray` arrays.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let labels = Labels::from(vec![2, 0, 1]);
/// assert_eq!(labels.as_slice(), [2, 0, 1]);
/// let tokens = Labels::from([[5, 9, 0], [3, 0, 0]]);
/// assert_eq!(tokens.shape(), [2, 3]);
/// assert_eq!(tokens, Labels::from(ndarray::arr2(&[[5_usize, 9, 0], [3, 0, 0]])));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Labels {
    shape: Shape,
    values: Arc<[u32]>,
}

impl Labels {
    fn vector(values: Arc<[u32]>) -> Self {
        Self { shape: Shape::new(&[values.len()]), values }
    }

    /// Labels from outside the program, of which each must be below `classes`.
    ///
    /// # Errors
    /// [`Error::Label`] names the first that is not, and its row.
    ///
    /// # Example
    /// ```
    /// use training_loop::Labels;
    ///
    /// assert!(Labels::with_classes(vec![2_usize, 0], 3).is_ok());
    /// assert!(Labels::with_classes(vec![2_usize, 0, 3], 3).is_err());
    /// ```
    pub fn with_classes(values: impl IntoIterator<Item = usize>, classes: usize) -> Result<Self> {
        let checked = values.into_iter().enumerate().map(|(row, label)| match u32::try_from(label) {
            Ok(narrow) if label < classes => Ok(narrow),
            _ => Err(Error::Label { row, label, classes }),
        });
        checked.collect()
    }

    /// The same labels under another shape of as many elements.
    ///
    /// # Panics
    /// If the shape counts other than [`len`](Self::len) labels.
    ///
    /// # Example
    /// ```
    /// use training_loop::Labels;
    ///
    /// let tokens = (0..6).collect::<Labels>().reshape(&[2, 3]);
    /// assert_eq!(tokens.shape(), [2, 3]);
    /// ```
    #[track_caller]
    pub fn reshape(&self, shape: &[usize]) -> Self {
        let shape = Shape::new(shape);
        assert!(
            shape.count() == self.len(),
            "reshape: {} labels of shape {:?} do not fit the shape {shape:?}",
            self.len(),
            self.shape()
        );
        Self { shape, values: Arc::clone(&self.values) }
    }

    /// The lengths of the axes, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of labels, along all axes.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no labels.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The labels in row-major order.
    pub fn as_slice(&self) -> &[u32] {
        &self.values
    }

    /// The label at one place of the row-major order, if there is one.
    pub fn get(&self, index: usize) -> Option<u32> {
        self.values.get(index).copied()
    }

    /// The labels in row-major order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.values.iter().copied()
    }
}

/// Labels of one integer type: a number (without axes), arrays, slices and vectors of numbers, nested arrays,
/// `ndarray` arrays.
macro_rules! integers {
    ($($integer:ty),*) => {$(
        /// # Panics
        /// If the label is negative, or does not fit in 32 bits.
        impl From<$integer> for Labels {
            #[track_caller]
            fn from(label: $integer) -> Self {
                Self { shape: Shape::scalar(), values: narrow(&[label]) }
            }
        }

        /// # Panics
        /// If a label is negative, or does not fit in 32 bits.
        impl From<Vec<$integer>> for Labels {
            #[track_caller]
            fn from(labels: Vec<$integer>) -> Self {
                Self::vector(narrow(&labels))
            }
        }

        /// # Panics
        /// If a label is negative, or does not fit in 32 bits.
        impl From<&[$integer]> for Labels {
            #[track_caller]
            fn from(labels: &[$integer]) -> Self {
                Self::vector(narrow(labels))
            }
        }

        /// # Panics
        /// If a label is negative, or does not fit in 32 bits.
        impl<const N: usize> From<[$integer; N]> for Labels {
            #[track_caller]
            fn from(labels: [$integer; N]) -> Self {
                Self::vector(narrow(&labels))
            }
        }

        /// # Panics
        /// If a label is negative, or does not fit in 32 bits.
        impl<const M: usize, const N: usize> From<[[$integer; M]; N]> for Labels {
            #[track_caller]
            fn from(rows: [[$integer; M]; N]) -> Self {
                Self { shape: Shape::new(&[N, M]), values: narrow(rows.as_flattened()) }
            }
        }

        /// # Panics
        /// If a label is negative, or does not fit in 32 bits.
        impl<D: Dimension> From<ArrayView<'_, $integer, D>> for Labels {
            #[track_caller]
            fn from(labels: ArrayView<'_, $integer, D>) -> Self {
                let shape = Shape::new(labels.shape());
                match labels.as_slice() {
                    Some(labels) => Self { shape, values: narrow(labels) },
                    None => Self { shape, values: narrow(&labels.iter().copied().collect::<Vec<_>>()) },
                }
            }
        }

        /// # Panics
        /// If a label is negative, or does not fit in 32 bits.
        impl<D: Dimension> From<Array<$integer, D>> for Labels {
            #[track_caller]
            fn from(labels: Array<$integer, D>) -> Self {
                Self::from(labels.view())
            }
        }
    )*};
}

integers!(u8, u32, usize, i32, i64);

/// The labels as `ndarray` writes an array of this shape.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = ArrayView::from_shape(IxDyn(self.shape()), self.as_slice()).map_err(|_| fmt::Error)?;
        fmt::Display::fmt(&labels, f)
    }
}

impl From<&Labels> for Labels {
    fn from(labels: &Labels) -> Self {
        labels.clone()
    }
}

impl FromIterator<u32> for Labels {
    fn from_iter<I: IntoIterator<Item = u32>>(values: I) -> Self {
        Self::vector(values.into_iter().collect())
    }
}

#[track_caller]
fn narrow<T: Copy + Display + TryInto<u32>>(labels: &[T]) -> Arc<[u32]> {
    let mut narrow = Vec::with_capacity(labels.len());
    for (place, label) in labels.iter().enumerate() {
        let Ok(label) = (*label).try_into() else {
            panic!(
                "label {label} at place {place} is not in 0..=4294967295; labels count from 0, and one to leave out \
                 may be any number beyond the classes (`CrossEntropy::ignore`)"
            );
        };
        narrow.push(label);
    }
    narrow.into()
}

#[cfg(test)]
mod tests {
    use super::Labels;

    #[test]
    fn arrays_of_any_layout_keep_their_shape() {
        let array = ndarray::arr2(&[[1_u32, 2, 3], [4, 5, 6]]);
        let labels = Labels::from(array.t().to_owned());
        assert_eq!(labels.shape(), [3, 2]);
        assert_eq!(labels.as_slice(), [1, 4, 2, 5, 3, 6]);
        assert_eq!(labels.reshape(&[6]), Labels::from(vec![1_u32, 4, 2, 5, 3, 6]));
        assert_ne!(labels, labels.reshape(&[6]));
    }

    #[test]
    #[should_panic(expected = "reshape: 6 labels of shape [6] do not fit the shape [2, 2]")]
    fn a_shape_of_another_size_is_named() {
        let _ = (0..6).collect::<Labels>().reshape(&[2, 2]);
    }

    #[test]
    fn integers_of_any_type_are_labels() {
        let expected = (0..3).collect::<Labels>();
        for labels in [
            Labels::from([0, 1, 2]),
            vec![0_u8, 1, 2].into(),
            [0_i64, 1, 2].into(),
            (&[0_usize, 1, 2][..]).into(),
            ndarray::arr1(&[0_i32, 1, 2]).view().into(),
        ] {
            assert_eq!(labels, expected);
        }
        assert_eq!(Labels::from(7).shape(), [0_usize; 0]);
        assert_eq!(Labels::from([[1, 2], [3, 4], [5, 6]]).shape(), [3, 2]);
    }

    #[test]
    #[should_panic(expected = "label -100 at place 1 is not in 0..=4294967295")]
    fn negative_labels_are_refused() {
        let _ = Labels::from([3, -100]);
    }

    #[test]
    #[should_panic(expected = "label 4294967296 at place 0 is not in 0..=4294967295")]
    fn labels_are_not_cut_to_32_bits() {
        let _ = Labels::from(vec![1_i64 << 32]);
    }

    #[test]
    fn labels_are_written_as_arrays() {
        assert_eq!(Labels::from([2, 0, 1]).to_string(), "[2, 0, 1]");
        assert_eq!(Labels::from([[2, 0], [1, 3]]).to_string(), "[[2, 0],\n [1, 3]]");
        assert_eq!(Labels::from(Vec::<u32>::new()).to_string(), "[]");
    }
}
