//! Class labels and other ids: integers, counted from 0.

use std::sync::Arc;

use ndarray::{Array, Dimension};

use crate::shape::Shape;
use crate::{Error, Result};

/// The classes of a batch's samples, or the tokens of its texts; a clone shares them.
///
/// Labels have a shape as tensors have: `[batch]` for classes, `[batch, time]` for tokens.
///
/// # Example
/// ```
/// use training_loop::Labels;
///
/// let labels = Labels::from(vec![2_usize, 0, 1]);
/// assert_eq!(labels.as_slice(), [2, 0, 1]);
/// let tokens = Labels::from(ndarray::arr2(&[[5_usize, 9, 0], [3, 0, 0]]));
/// assert_eq!(tokens.shape(), [2, 3]);
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

impl From<Vec<u32>> for Labels {
    #[track_caller]
    fn from(values: Vec<u32>) -> Self {
        Self::vector(values.into())
    }
}

impl From<&[u32]> for Labels {
    #[track_caller]
    fn from(values: &[u32]) -> Self {
        Self::vector(values.into())
    }
}

impl From<Vec<u8>> for Labels {
    #[track_caller]
    fn from(values: Vec<u8>) -> Self {
        values.into_iter().map(u32::from).collect()
    }
}

/// # Panics
/// If a value does not fit in 32 bits.
impl From<Vec<usize>> for Labels {
    #[track_caller]
    fn from(values: Vec<usize>) -> Self {
        Self::vector(narrow(values))
    }
}

/// # Panics
/// If a value does not fit in 32 bits.
impl<D: Dimension> From<Array<usize, D>> for Labels {
    #[track_caller]
    fn from(values: Array<usize, D>) -> Self {
        Self { shape: Shape::new(values.shape()), values: narrow(values.iter().copied()) }
    }
}

impl<D: Dimension> From<Array<u32, D>> for Labels {
    #[track_caller]
    fn from(values: Array<u32, D>) -> Self {
        Self { shape: Shape::new(values.shape()), values: values.iter().copied().collect() }
    }
}

impl FromIterator<u32> for Labels {
    fn from_iter<I: IntoIterator<Item = u32>>(values: I) -> Self {
        Self::vector(values.into_iter().collect())
    }
}

#[track_caller]
fn narrow(values: impl IntoIterator<Item = usize>) -> Arc<[u32]> {
    let mut narrow = Vec::new();
    for value in values {
        let Ok(value) = u32::try_from(value) else { panic!("label {value} does not fit in 32 bits") };
        narrow.push(value);
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
}
