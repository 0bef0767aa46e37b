//! Powers with a fixed exponent.

use super::by_input;
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// Each element to the power of `exponent`.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = xᵉ`; `dx = g · e xᵉ⁻¹`, and 0 everywhere for `e = 0`. For a negative element and an
    /// exponent that is not an integer, the result is NaN.
    #[track_caller]
    pub fn pow(&self, exponent: Scalar) -> Self {
        if exponent == 2.0 {
            return by_input(self, |x| x * x, |g, x| 2.0 * g * x);
        }
        by_input(
            self,
            move |x| x.powf(exponent),
            move |g, x| if exponent == 0.0 { 0.0 } else { g * exponent * x.powf(exponent - 1.0) },
        )
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[0]]], |x| x[0].pow(2.0)),
    Case::new(&[&[&[3, 4]]], |x| x[0].pow(3.0)),
    Case::new(&[&[&[3, 4]], &[&[]]], |x| x[0].pow(-1.5)).within(0.3, 2.0),
    Case::new(&[&[&[2]]], |x| x[0].pow(0.0)),
];
