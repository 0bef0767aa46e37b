//! The element type of tensors.

use crate::Scalar;

/// An element of a tensor: a [`Scalar`], which is `f32`, or `f64` under the feature `f64`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an element type of tensors",
    label = "not an element type",
    note = "tensors hold `Scalar`, which is `f32`: write `1.0` for `1`",
    note = "convert other numbers to `Scalar`: `numbers.iter().map(|x| *x as Scalar).collect::<Tensor>()`",
    note = "rows in vectors may differ in length: `Tensor::try_from(rows)?` takes a `Vec<Vec<Scalar>>`; classes are \
            `Labels::from(..)`"
)]
pub trait Number: Copy {
    #[doc(hidden)]
    fn numbers(numbers: &[Self]) -> &[Scalar];
}

impl Number for Scalar {
    fn numbers(numbers: &[Self]) -> &[Scalar] {
        numbers
    }
}
