//! Rounding down.

use super::by_output;
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// The greatest integer that is not above each element.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = ⌊x⌋`; `dx = 0`.
    #[track_caller]
    pub fn floor(&self) -> Self {
        by_output(self, Scalar::floor, |_, _| 0.0)
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].floor() * &x[0])];
