//! Rounding up.

use super::by_output;
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// The least integer that is not below each element.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = ⌈x⌉`; `dx = 0`.
    #[track_caller]
    pub fn ceil(&self) -> Self {
        by_output(self, Scalar::ceil, |_, _| 0.0)
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].ceil() * &x[0])];
