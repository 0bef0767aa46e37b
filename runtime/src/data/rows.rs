//! Types with one row per sample.

use ndarray::{Array, ArrayView, Dimension};

use crate::value::Value;
use crate::{Error, Labels, Result, Scalar, Tensor, kernel};

/// A collection with one row per sample: a tensor, labels, or a pair of such collections. The rows
/// of a tensor or of labels are along the first axis.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be split into rows, one per sample",
    label = "not rows of samples",
    note = "write `Tensor::from(..)` for numbers, `Labels::from(..)` for classes, or a pair of them",
    note = "a type of your own implements `Rows`"
)]
pub trait Rows: Clone + Send + Sync {
    /// The number of samples.
    fn rows(&self) -> usize;

    /// The rows at these indices, in this order.
    ///
    /// # Panics
    /// If an index is not below [`rows`](Rows::rows).
    #[track_caller]
    fn pick(&self, indices: &[usize]) -> Self;

    /// Checks that every row is usable for training; `what` names the values in the error.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if a value is NaN or infinite. The error contains the first such value.
    fn check(&self, what: &str) -> Result<()>;
}

impl Rows for Tensor {
    fn rows(&self) -> usize {
        self.shape().first().copied().unwrap_or(0)
    }

    #[track_caller]
    fn pick(&self, indices: &[usize]) -> Self {
        assert!(self.rank() > 0, "pick: a tensor without axes has no rows");
        let shape = self.value().shape().with(0, indices.len());
        let width: usize = self.shape()[1..].iter().product();
        let numbers = self.as_slice();
        check_places("pick", indices, self.rows());
        let mut bound = 0.0;
        let picked = Value::build(shape, |rows| bound = copy_rows(numbers, width, indices, rows));
        Self::constant(picked.with_bound(bound))
    }

    fn check(&self, what: &str) -> Result<()> {
        let Some(place) = self.as_slice().iter().position(|value| !value.is_finite()) else { return Ok(()) };
        let width = (self.len() / self.rows().max(1)).max(1);
        let (row, column, value) = (place / width, place % width, f64::from(self.as_slice()[place]));
        let mut numbers = self.as_slice().iter().skip(column).step_by(width);
        let whole_column = self.rows() > 1 && numbers.all(|number| !number.is_finite());
        Err(Error::NotFinite { what: what.to_owned(), row, column, value, whole_column })
    }
}

/// Copies the rows at `indices` from `numbers` to `rows`. Each row has `width` elements. Rows with
/// consecutive indices are copied together. Returns the largest absolute value of the copied
/// elements.
fn copy_rows(numbers: &[Scalar], width: usize, indices: &[usize], mut rows: &mut [Scalar]) -> Scalar {
    let mut bound: Scalar = 0.0;
    for run in indices.chunk_by(|&a, &b| a + 1 == b) {
        let (these, rest) = rows.split_at_mut(run.len() * width);
        let largest = kernel::copy_and_compare(&numbers[run[0] * width..][..these.len()], these);
        // Once `bound` is NaN or infinite, it does not become finite again.
        bound = if bound.is_nan() || largest <= bound { bound } else { largest };
        rows = rest;
    }
    bound
}

#[track_caller]
fn check_places(op: &str, indices: &[usize], rows: usize) {
    if let Some(index) = indices.iter().find(|&&index| index >= rows) {
        panic!("{op}: there is no row {index}, only {rows} rows counted from 0");
    }
}

impl Rows for Labels {
    fn rows(&self) -> usize {
        self.shape().first().copied().unwrap_or(0)
    }

    #[track_caller]
    fn pick(&self, indices: &[usize]) -> Self {
        assert!(!self.shape().is_empty(), "pick: a label without axes has no rows");
        check_places("pick", indices, self.rows());
        let width: usize = self.shape()[1..].iter().product();
        let row = |&index: &usize| self.as_slice()[index * width..][..width].iter().copied();
        let shape = [&[indices.len()], &self.shape()[1..]].concat();
        indices.iter().flat_map(row).collect::<Self>().reshape(&shape)
    }

    fn check(&self, _: &str) -> Result<()> {
        Ok(())
    }
}

impl<A: Rows, B: Rows> Rows for (A, B) {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    #[track_caller]
    fn pick(&self, indices: &[usize]) -> Self {
        (self.0.pick(indices), self.1.pick(indices))
    }

    fn check(&self, what: &str) -> Result<()> {
        let (first, second) = (self.0.rows(), self.1.rows());
        if first != second {
            return Err(Error::Lengths { inputs: first, targets: second });
        }
        self.0.check(what).and_then(|()| self.1.check(what))
    }
}

/// The inputs or the targets of an in-memory data set. They may be [`Rows`] already, or a vector, a
/// nested array or an `ndarray` array. Elements of the type `Scalar` convert to a [`Tensor`], and
/// integers convert to [`Labels`].
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// # fn main() -> Result<()> {
/// let dataset = TensorDataset::new(vec![[0.0, 1.0], [2.0, 3.0]], [1, 0])?;
/// assert_eq!((dataset.inputs().shape(), dataset.targets()), (&[2, 2][..], &Labels::from([1, 0])));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be split into rows, one per sample",
    label = "not rows of samples",
    note = "accepted are tensors and labels, arrays of `ndarray`, vectors and nested arrays, of `Scalar` (f32) for numbers and \
            of `u8`, `u32`, `usize`, `i32` or `i64` for classes, and pairs of tensors and labels",
    note = "class names become labels by `Labels::from_names(names, &classes)?`",
    note = "convert other numbers first, as `array.mapv(|x| x as Scalar)`; for a `Vec<Vec<_>>`, `Tensor::try_from(rows)?`",
    note = "references to arrays and vectors are not accepted: `clone()` them"
)]
pub trait IntoRows {
    /// The type that the values are converted to, such as `Tensor` or `Labels`.
    type Rows: Rows;

    /// Converts the values to tensors or labels.
    #[track_caller]
    fn into_rows(self) -> Self::Rows;
}

#[diagnostic::do_not_recommend]
impl<R: Rows> IntoRows for R {
    type Rows = R;

    fn into_rows(self) -> R {
        self
    }
}

/// A data set that is made from the tensor shares the tensor's elements.
impl IntoRows for &Tensor {
    type Rows = Tensor;

    fn into_rows(self) -> Tensor {
        self.clone()
    }
}

/// A data set that is made from the labels shares the labels.
impl IntoRows for &Labels {
    type Rows = Labels;

    fn into_rows(self) -> Labels {
        self.clone()
    }
}

macro_rules! rows {
    ($rows:ty: $number:ty) => {
        rows!(@ $rows: [] Vec<$number>);
        rows!(@ $rows: [const N: usize] [$number; N]);
        rows!(@ $rows: [const M: usize, const N: usize] [[$number; M]; N]);
        rows!(@ $rows: [D: Dimension] Array<$number, D>);
        rows!(@ $rows: [D: Dimension] ArrayView<'_, $number, D>);
    };
    (@ $rows:ty: [$($parameters:tt)*] $values:ty) => {
        impl<$($parameters)*> IntoRows for $values {
            type Rows = $rows;

            #[track_caller]
            fn into_rows(self) -> $rows {
                <$rows>::from(self)
            }
        }
    };
}

rows!(Tensor: Scalar);
rows!(@ Tensor: [const M: usize] Vec<[Scalar; M]>);
rows!(@ Tensor: [const L: usize, const M: usize, const N: usize] [[[Scalar; L]; M]; N]);
rows!(Labels: u8);
rows!(Labels: u32);
rows!(Labels: usize);
rows!(Labels: i32);
rows!(Labels: i64);

#[cfg(test)]
mod tests {
    use ndarray::{arr1, arr2};

    use super::*;

    #[test]
    fn rows_are_gathered_in_the_order_asked_for() {
        let x = Tensor::from(arr2(&[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]]));
        assert_eq!(x.pick(&[3, 0, 1, 1]).as_slice(), [6.0, 7.0, 0.0, 1.0, 2.0, 3.0, 2.0, 3.0]);
        assert_eq!(x.pick(&[]).shape(), [0, 2]);
        assert_eq!(Tensor::from(arr1(&[5.0, 6.0])).pick(&[1]).as_slice(), [6.0]);
        assert_eq!(Tensor::zeros(&[3, 0]).pick(&[2, 0]).shape(), [2, 0]);
        assert_eq!(Labels::from(vec![7_u32, 8, 9]).pick(&[2, 0]).as_slice(), [9, 7]);
        let tokens = (0..6).collect::<Labels>().reshape(&[3, 2]);
        assert_eq!(tokens.pick(&[2, 0]), Labels::from(arr2(&[[4_u32, 5], [0, 1]])));
    }

    #[test]
    #[should_panic(expected = "there is no row 4, only 4 rows")]
    fn a_row_that_is_not_there_is_named() {
        Tensor::zeros(&[4, 2]).pick(&[0, 4]);
    }

    #[test]
    fn the_first_number_that_is_not_finite_is_named() {
        let x = Tensor::from(arr2(&[[0.0, 1.0], [2.0, Scalar::INFINITY], [Scalar::NAN, 0.0]]));
        let error = x.check("inputs").unwrap_err();
        assert!(matches!(error, Error::NotFinite { row: 1, column: 1, .. }), "{error}");
        let scaled = Tensor::from(arr2(&[[0.0, Scalar::NAN], [2.0, Scalar::NAN]]));
        let text = scaled.check("inputs").unwrap_err().to_string();
        assert!(
            text.starts_with("inputs: column 1 (counted from 0) holds no finite number, but NaN in row 0"),
            "{text}"
        );
        assert!((x.pick(&[0]), Tensor::zeros(&[1])).check("inputs").is_ok());
        assert!((x.pick(&[0]), Tensor::zeros(&[2])).check("inputs").is_err());
    }
}
