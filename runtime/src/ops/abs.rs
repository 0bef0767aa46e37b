//! Absolute value.

use super::by_input;
use crate::{Scalar, Tensor};
use crate::gradcheck::Case;

impl Tensor {
    /// The absolute value of each element.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = |x|`; `dx = g` where `x > 0`, `-g` where `x < 0`, and 0 at 0, as in `PyTorch`.
    #[track_caller]
    pub fn abs(&self) -> Self {
        by_input(self, Scalar::abs, |g, x| if x > 0.0 { g } else if x < 0.0 { -g } else { 0.0 * g })
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].abs())];
