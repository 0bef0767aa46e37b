//! Class labels and other ids: integers, counted from 0.

mod classes;
mod from;

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Copied;
use std::ops::Index;
use std::sync::Arc;
use std::{slice, vec};

pub(crate) use classes::check_classes;
pub use from::Label;
use ndarray::{ArrayView, IxDyn};

use crate::error::shorten;
use crate::shape::{self, Shape};
use crate::{Error, Result};

/// Class labels of a batch, or token ids. A clone shares the labels.
///
/// Like tensors, labels have a shape: `[batch]` for classes, `[batch, time]` for tokens. Vectors,
/// slices, arrays, nested arrays and `ndarray` arrays of the types `u8`, `u32`, `usize`, `i32` and
/// `i64` ([`Label`]) convert to labels. `collect` converts an iterator.
/// [`from_names`](Self::from_names) converts class names.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let labels = Labels::from(vec![2, 0, 1]);
/// assert_eq!(labels.as_slice(), [2, 0, 1]);
/// assert_eq!((labels[0], labels.iter().max()), (2, Some(2)));
/// assert_eq!((0..6).map(|i| i % 3).collect::<Labels>().len(), 6);
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
    fn vector(values: Vec<u32>) -> Self {
        Self { shape: Shape::new(&[values.len()]), values: values.into() }
    }

    /// Converts values from outside the program to labels. Each value must be below `classes`.
    ///
    /// # Errors
    /// [`Error::Label`] contains the first label that is not below `classes`, and its row.
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

    /// Converts each name to its index in `classes`. `classes[label]` converts a label back to its
    /// name.
    ///
    /// # Errors
    /// [`Error::UnknownClass`] contains the first name that is not a class, and its row.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// # fn main() -> Result<()> {
    /// let names = ["sour", "bitter", "sour"];
    /// let mut classes = names.to_vec();
    /// classes.sort_unstable();
    /// classes.dedup();
    /// let labels = Labels::from_names(names, &classes)?;
    /// assert_eq!(labels.as_slice(), [1, 0, 1]);
    /// assert_eq!(classes[labels[0] as usize], "sour");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_names(
        names: impl IntoIterator<Item = impl AsRef<str>>,
        classes: &[impl AsRef<str>],
    ) -> Result<Self> {
        let mut places = BTreeMap::new();
        for (place, class) in classes.iter().enumerate() {
            places.entry(class.as_ref()).or_insert(place);
        }
        let find = |(row, name): (usize, _)| {
            let name: &str = AsRef::as_ref(&name);
            places.get(name).copied().ok_or_else(|| {
                let classes = classes.iter().map(|class| shorten(class.as_ref())).collect();
                Error::UnknownClass { row, name: shorten(name), classes }
            })
        };
        names.into_iter().enumerate().map(find).collect()
    }

    /// The same labels with another shape.
    ///
    /// # Panics
    /// If `shape` does not have [`len`](Self::len) elements.
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
        let shape = shape::of_reshape(shape);
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

    /// The only label, such as the label of a single sample.
    ///
    /// # Panics
    /// If there is not exactly one label.
    #[track_caller]
    pub fn item(&self) -> u32 {
        match self.as_slice() {
            [label] => *label,
            _ => panic!("item: labels of shape {:?} are not a single label", self.shape()),
        }
    }

    /// The label at an index in row-major order, or `None` if the index is out of range.
    /// `labels[index]` panics instead.
    pub fn get(&self, index: usize) -> Option<u32> {
        self.values.get(index).copied()
    }

    /// The labels in row-major order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.values.iter().copied()
    }
}

/// The labels in row-major order.
impl<'a> IntoIterator for &'a Labels {
    type Item = u32;
    type IntoIter = Copied<slice::Iter<'a, u32>>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter().copied()
    }
}

/// The labels in row-major order.
impl IntoIterator for Labels {
    type Item = u32;
    type IntoIter = vec::IntoIter<u32>;

    fn into_iter(self) -> Self::IntoIter {
        Vec::from(&*self.values).into_iter()
    }
}

/// The label at an index in row-major order.
///
/// # Panics
/// If the index is out of range. [`Labels::get`] returns `None` instead.
impl Index<usize> for Labels {
    type Output = u32;

    #[track_caller]
    fn index(&self, index: usize) -> &u32 {
        let (shape, count) = (self.shape(), self.len());
        match self.values.get(index) {
            Some(label) => label,
            None => panic!("there is no label {index}: the shape {shape:?} has {count}, counted from 0"),
        }
    }
}

/// The labels, formatted like an `ndarray` array of this shape.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = ArrayView::from_shape(IxDyn(self.shape()), self.as_slice()).map_err(|_| fmt::Error)?;
        fmt::Display::fmt(&labels, f)
    }
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
    fn labels_are_collected_from_integers_and_names() {
        let expected = Labels::from([2, 0, 1]);
        assert_eq!([2_usize, 0, 1].into_iter().collect::<Labels>(), expected);
        assert_eq!([2_i64, 0, 1].into_iter().collect::<Labels>(), expected);
        let classes = ["bitter".to_owned(), "sour".to_owned(), "sweet".to_owned()];
        assert_eq!(Labels::from_names(["sweet", "bitter", "sour"], &classes).unwrap(), expected);
        let error = Labels::from_names(["sweet", "swet"], &classes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`swet` in row 1 (counted from 0) is none of the classes `bitter`, `sour`, `sweet`"
        );
    }

    #[test]
    fn labels_are_gone_through_in_order() {
        let labels = Labels::from([[2, 0], [1, 3]]);
        let mut all = Vec::new();
        for label in &labels {
            all.push(label);
        }
        assert_eq!((all.as_slice(), labels[3], Labels::from([7]).item()), (labels.as_slice(), 3, 7));
        assert!(labels.into_iter().eq(all));
    }

    #[test]
    #[should_panic(expected = "there is no label 4: the shape [2, 2] has 4")]
    fn a_label_that_is_not_there_is_named() {
        let _ = Labels::from([[2, 0], [1, 3]])[4];
    }

    #[test]
    #[should_panic(expected = "item: labels of shape [2] are not a single label")]
    fn several_labels_are_no_item() {
        let _ = Labels::from([2, 0]).item();
    }

    #[test]
    fn labels_are_written_as_arrays() {
        assert_eq!(Labels::from([2, 0, 1]).to_string(), "[2, 0, 1]");
        assert_eq!(Labels::from([[2, 0], [1, 3]]).to_string(), "[[2, 0],\n [1, 3]]");
        assert_eq!(Labels::from(Vec::<u32>::new()).to_string(), "[]");
    }
}
