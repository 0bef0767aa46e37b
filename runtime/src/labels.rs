//! Class labels: integers, counted from 0.

use std::sync::Arc;

use ndarray::Array1;

use crate::{Error, Result};

/// The classes of a batch's samples; a clone shares them.
///
/// # Example
/// ```
/// use training_loop::Labels;
///
/// let labels = Labels::from(vec![2_usize, 0, 1]);
/// assert_eq!(labels.as_slice(), [2, 0, 1]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Labels(Arc<[u32]>);

impl Labels {
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

    /// The number of labels.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no labels.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels in order.
    pub fn as_slice(&self) -> &[u32] {
        &self.0
    }

    /// The label of one sample, if there is such a sample.
    pub fn get(&self, index: usize) -> Option<u32> {
        self.0.get(index).copied()
    }

    /// The labels in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.0.iter().copied()
    }
}

impl From<Vec<u32>> for Labels {
    fn from(values: Vec<u32>) -> Self {
        Self(values.into())
    }
}

impl From<&[u32]> for Labels {
    fn from(values: &[u32]) -> Self {
        Self(values.into())
    }
}

impl From<Vec<u8>> for Labels {
    fn from(values: Vec<u8>) -> Self {
        values.into_iter().map(u32::from).collect()
    }
}

/// # Panics
/// If a value does not fit in 32 bits.
impl From<Vec<usize>> for Labels {
    #[track_caller]
    fn from(values: Vec<usize>) -> Self {
        values.into_iter().map(narrow).collect()
    }
}

/// # Panics
/// If a value does not fit in 32 bits.
impl From<Array1<usize>> for Labels {
    #[track_caller]
    fn from(values: Array1<usize>) -> Self {
        values.into_iter().map(narrow).collect()
    }
}

impl FromIterator<u32> for Labels {
    fn from_iter<I: IntoIterator<Item = u32>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or_else(|_| panic!("label {value} does not fit in 32 bits"))
}
