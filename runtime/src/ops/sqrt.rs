//! Square root.

use super::by_output;
use crate::{Scalar, Tensor};
use crate::gradcheck::Case;

impl Tensor {
    /// The square root of each element; NaN below 0.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = √x`; `dx = g / 2y`.
    #[track_caller]
    pub fn sqrt(&self) -> Self {
        by_output(self, Scalar::sqrt, |g, y| 0.5 * g / y)
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].sqrt()).within(0.2, 3.0)];
