//! Conversions from arrays, views, and plain Rust values.

use ndarray::{ArrayBase, Data, Dimension};

use super::{Number, Tensor};
use crate::shape::{IntoShape, Shape};
use crate::value::Value;
use crate::{Error, Scalar};

/// Copies an array or a view of any layout.
impl<S: Data<Elem = Scalar>, D: Dimension> From<ArrayBase<S, D>> for Tensor {
    #[track_caller]
    fn from(array: ArrayBase<S, D>) -> Self {
        Self::constant(copied(&array))
    }
}

/// A copy of the elements of an array or a view. The copy has row-major order.
#[track_caller]
pub(crate) fn copied<S: Data<Elem = Scalar>, D: Dimension>(array: &ArrayBase<S, D>) -> Value {
    let shape = Shape::new(array.shape());
    if let Some(numbers) = array.as_slice() {
        return Value::copied(shape, numbers);
    }
    Value::build(shape, |numbers| {
        for (to, from) in numbers.iter_mut().zip(array) {
            *to = *from;
        }
    })
}

/// Converts to a scalar, a tensor of rank 0.
impl From<Scalar> for Tensor {
    #[track_caller]
    fn from(value: Scalar) -> Self {
        Self::constant(Value::scalar(value))
    }
}

impl From<&Tensor> for Tensor {
    #[track_caller]
    fn from(tensor: &Tensor) -> Self {
        tensor.clone()
    }
}

impl Tensor {
    #[track_caller]
    fn copied(shape: impl IntoShape, numbers: &[Scalar]) -> Self {
        Self::constant(Value::copied(shape, numbers))
    }
}

/// Converts to a vector of these elements.
impl<T: Number> From<&[T]> for Tensor {
    #[track_caller]
    fn from(numbers: &[T]) -> Self {
        Self::copied([numbers.len()], T::numbers(numbers))
    }
}

/// Converts to a vector of these elements.
impl<T: Number> From<Vec<T>> for Tensor {
    #[track_caller]
    fn from(numbers: Vec<T>) -> Self {
        Self::from(&*numbers)
    }
}

/// Converts to a vector of these elements.
impl<T: Number, const N: usize> From<[T; N]> for Tensor {
    #[track_caller]
    fn from(numbers: [T; N]) -> Self {
        Self::copied([N], T::numbers(&numbers))
    }
}

/// Converts to a vector of these elements.
impl<T: Number> From<&Vec<T>> for Tensor {
    #[track_caller]
    fn from(numbers: &Vec<T>) -> Self {
        Self::from(&**numbers)
    }
}

/// Converts to a vector of these elements.
impl<T: Number, const N: usize> From<&[T; N]> for Tensor {
    #[track_caller]
    fn from(numbers: &[T; N]) -> Self {
        Self::from(&numbers[..])
    }
}

/// Converts to a vector of these elements.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let halves = (0..4).map(|i| i as Scalar / 2.0).collect::<Tensor>();
/// assert_eq!(halves.as_slice(), [0.0, 0.5, 1.0, 1.5]);
/// ```
impl<T: Number> FromIterator<T> for Tensor {
    fn from_iter<I: IntoIterator<Item = T>>(numbers: I) -> Self {
        Self::from(numbers.into_iter().collect::<Vec<T>>())
    }
}

/// Converts to a matrix with these rows.
impl<const M: usize> From<&[[Scalar; M]]> for Tensor {
    #[track_caller]
    fn from(rows: &[[Scalar; M]]) -> Self {
        Self::copied([rows.len(), M], rows.as_flattened())
    }
}

/// Converts to a matrix with these rows.
impl<const M: usize> From<Vec<[Scalar; M]>> for Tensor {
    #[track_caller]
    fn from(rows: Vec<[Scalar; M]>) -> Self {
        Self::from(&*rows)
    }
}

/// Converts to a matrix with these rows.
impl<const M: usize, const N: usize> From<[[Scalar; M]; N]> for Tensor {
    #[track_caller]
    fn from(rows: [[Scalar; M]; N]) -> Self {
        Self::copied([N, M], rows.as_flattened())
    }
}

/// Converts to a matrix with these rows.
impl<const M: usize, const N: usize> From<&[[Scalar; M]; N]> for Tensor {
    #[track_caller]
    fn from(rows: &[[Scalar; M]; N]) -> Self {
        Self::from(&rows[..])
    }
}

/// Converts to a tensor of rank 3.
impl<const L: usize, const M: usize, const N: usize> From<[[[Scalar; L]; M]; N]> for Tensor {
    #[track_caller]
    fn from(matrices: [[[Scalar; L]; M]; N]) -> Self {
        Self::copied([N, M, L], matrices.as_flattened().as_flattened())
    }
}

/// Converts to a matrix from rows whose lengths are known only at run time.
///
/// # Errors
/// [`Error::Ragged`] contains the first row whose length differs from the length of row 0.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// # fn main() -> Result<()> {
/// assert_eq!(Tensor::try_from(vec![vec![1.0, 2.0], vec![3.0, 4.0]])?.shape(), [2, 2]);
/// let error = Tensor::try_from(vec![vec![1.0, 2.0], vec![3.0]]).unwrap_err();
/// assert_eq!(error.to_string(), "row 1 (counted from 0) holds 1 numbers, and row 0 holds 2; make all rows as long");
/// # Ok(())
/// # }
/// ```
impl TryFrom<Vec<Vec<Scalar>>> for Tensor {
    type Error = Error;

    fn try_from(rows: Vec<Vec<Scalar>>) -> Result<Self, Error> {
        let expected = rows.first().map_or(0, Vec::len);
        if let Some(row) = rows.iter().position(|row| row.len() != expected) {
            return Err(Error::Ragged { row, expected, found: rows[row].len() });
        }
        Ok(Self::copied([rows.len(), expected], &rows.concat()))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, s};

    use super::Tensor;
    use crate::{Error, Scalar};

    #[test]
    fn any_layout_comes_in_row_by_row() {
        let array = Array2::from_shape_fn((4, 6), |(i, j)| (10 * i + j) as Scalar);
        let view = array.slice(s![..;2, 1..;-2]);
        let tensor = Tensor::from(view.t());
        assert_eq!(tensor.shape(), [3, 2]);
        assert_eq!(tensor.as_slice(), [5.0, 25.0, 3.0, 23.0, 1.0, 21.0]);
        assert_eq!(tensor.to_array(), view.t().to_owned().into_dyn());
    }

    #[test]
    fn plain_values_keep_their_levels() {
        assert_eq!(Tensor::from(vec![1.0, 2.0]).shape(), [2]);
        assert_eq!(Tensor::from(&[1.0, 2.0, 3.0][..2]).as_slice(), [1.0, 2.0]);
        assert_eq!(Tensor::from([1.0, 2.0]).shape(), [2]);
        assert_eq!(Tensor::from(&[1.0, 2.0]).as_slice(), Tensor::from(&vec![1.0, 2.0]).as_slice());
        assert_eq!(Tensor::from(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).shape(), [2, 3]);
        assert_eq!((0..3).map(|i| i as Scalar).collect::<Tensor>().as_slice(), [0.0, 1.0, 2.0]);
        for matrix in
            [Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), vec![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]].into()]
        {
            assert_eq!(matrix.shape(), [2, 3]);
            assert_eq!(matrix.as_slice(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        }
        let deep = Tensor::from([[[1.0], [2.0]], [[3.0], [4.0]], [[5.0], [6.0]]]);
        assert_eq!((deep.shape(), deep.as_slice()[3]), (&[3, 2, 1][..], 4.0));
        assert_eq!(Tensor::from(Vec::<Scalar>::new()).shape(), [0]);
        assert_eq!(Tensor::from([[0.0; 0]; 3]).shape(), [3, 0]);
        assert_eq!(Tensor::from([[[0.0; 2]; 0]; 3]).shape(), [3, 0, 2]);
    }

    #[test]
    fn ragged_rows_are_named() {
        let rows = vec![vec![1.0], vec![2.0], vec![], vec![3.0]];
        let error = Tensor::try_from(rows).unwrap_err();
        assert!(matches!(error, Error::Ragged { row: 2, expected: 1, found: 0 }), "{error}");
        assert_eq!(Tensor::try_from(Vec::<Vec<Scalar>>::new()).unwrap().shape(), [0, 0]);
        assert_eq!(Tensor::try_from(vec![vec![], vec![]]).unwrap().shape(), [2, 0]);
    }
}
