//! Rounding to the nearest integer.

use super::by_output;
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// Each element rounded to the nearest integer, and to the even one if two are equally near.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `round 2.5 = 2`, `round 3.5 = 4`, as in `PyTorch`; `dx = 0`.
    #[track_caller]
    pub fn round(&self) -> Self {
        by_output(self, Scalar::round_ties_even, |_, _| 0.0)
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].round() * &x[0])];
