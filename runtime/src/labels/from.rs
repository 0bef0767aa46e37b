//! Conversions from integers and arrays of integers.

use std::fmt::Display;

use ndarray::{Array, ArrayView, Dimension};

use super::Labels;
use crate::shape::Shape;

/// An integer type that converts to labels: `u8`, `u32`, `usize`, `i32` or `i64`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a class label",
    label = "not a label type",
    note = "labels are integers from 0 on, of the type `u8`, `u32`, `usize`, `i32` or `i64`",
    note = "for names of classes: `Labels::from_names(names, &classes)?`, and of a CSV file `Csv::classes`",
    note = "for numbers to predict, as in regression: `Tensor::from(..)`"
)]
pub trait Label: Copy + Display + TryInto<u32> {}

// Each type has its own impl. With a blanket `From<T>`, rustc would not explain errors for a `Vec`
// of another type.
macro_rules! labels {
    ($($integer:ty),*) => {$(
        impl Label for $integer {}

        /// Labels of rank 0 that contain only `label`.
        ///
        /// # Panics
        /// If the label is negative, or does not fit in 32 bits.
        impl From<$integer> for Labels {
            #[track_caller]
            fn from(label: $integer) -> Self {
                Self { shape: Shape::scalar(), values: narrow([label]).into() }
            }
        }
    )*};
}

labels!(u8, u32, usize, i32, i64);

/// # Panics
/// If a label is negative, or does not fit in 32 bits.
impl<T: Label> From<Vec<T>> for Labels {
    #[track_caller]
    fn from(labels: Vec<T>) -> Self {
        Self::vector(narrow(labels))
    }
}

/// # Panics
/// If a label is negative, or does not fit in 32 bits.
impl<T: Label> From<&[T]> for Labels {
    #[track_caller]
    fn from(labels: &[T]) -> Self {
        Self::vector(narrow(labels.iter().copied()))
    }
}

/// # Panics
/// If a label is negative, or does not fit in 32 bits.
impl<T: Label, const N: usize> From<[T; N]> for Labels {
    #[track_caller]
    fn from(labels: [T; N]) -> Self {
        Self::vector(narrow(labels))
    }
}

/// # Panics
/// If a label is negative, or does not fit in 32 bits.
impl<T: Label, const M: usize, const N: usize> From<[[T; M]; N]> for Labels {
    #[track_caller]
    fn from(rows: [[T; M]; N]) -> Self {
        Self { shape: Shape::new(&[N, M]), values: narrow(rows.as_flattened().iter().copied()).into() }
    }
}

/// # Panics
/// If a label is negative, or does not fit in 32 bits.
impl<T: Label, D: Dimension> From<ArrayView<'_, T, D>> for Labels {
    #[track_caller]
    fn from(labels: ArrayView<'_, T, D>) -> Self {
        Self { shape: Shape::new(labels.shape()), values: narrow(labels.iter().copied()).into() }
    }
}

/// # Panics
/// If a label is negative, or does not fit in 32 bits.
impl<T: Label, D: Dimension> From<Array<T, D>> for Labels {
    #[track_caller]
    fn from(labels: Array<T, D>) -> Self {
        Self::from(labels.view())
    }
}

impl From<&Labels> for Labels {
    fn from(labels: &Labels) -> Self {
        labels.clone()
    }
}

/// # Panics
/// If a label is negative, or does not fit in 32 bits. The panic reports a line of the standard
/// library, because `collect` does not pass the caller's location on. `Labels::from` of a `Vec`
/// reports the caller's line.
impl<T: Label> FromIterator<T> for Labels {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::vector(narrow(values))
    }
}

#[track_caller]
fn narrow<T: Label>(labels: impl IntoIterator<Item = T>) -> Vec<u32> {
    let labels = labels.into_iter();
    let mut narrow = Vec::with_capacity(labels.size_hint().0);
    for (place, label) in labels.enumerate() {
        let Ok(label) = label.try_into() else {
            panic!(
                "label {label} at place {place} is not in 0..=4294967295; labels count from 0, and one to leave out \
                 may be any number beyond the classes (`CrossEntropy::ignore`)"
            );
        };
        narrow.push(label);
    }
    narrow
}

#[cfg(test)]
mod tests {
    use super::Labels;

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
}
