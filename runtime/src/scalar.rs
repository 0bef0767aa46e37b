//! The element type of every tensor, and arrays of it.

/// The element type of tensors: `f32`, or `f64` under the feature `f64`.
///
/// A concrete type instead of a type parameter keeps user code short and debug builds fast.
#[cfg(not(feature = "f64"))]
pub type Scalar = f32;
/// The element type of tensors: `f32`, or `f64` under the feature `f64`.
///
/// A concrete type instead of a type parameter keeps user code short and debug builds fast.
#[cfg(feature = "f64")]
pub type Scalar = f64;

/// The type of `ndarray` array that tensors are built from and converted to: an array of any rank.
pub type Array = ndarray::ArrayD<Scalar>;

/// The shortest decimal that rounds to `value`. For the `f32` nearest to 0.1 the result is 0.1.
pub(crate) fn decimal(value: Scalar) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}
