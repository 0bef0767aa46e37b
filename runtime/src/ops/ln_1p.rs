//! Logarithm near 1.

use super::by_input;
use crate::Tensor;
use crate::gradcheck::Case;
use crate::kernel::math;

impl Tensor {
    /// The natural logarithm of one plus each element, without loss of accuracy for small elements.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = ln (1 + x)`; `dx = g / (1 + x)`. The result is `-∞` at -1 and NaN below.
    #[doc(alias("log1p"))]
    #[track_caller]
    pub fn ln_1p(&self) -> Self {
        by_input(self, math::ln_1p, |g, x| g / (1.0 + x))
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].ln_1p()).within(-0.8, 3.0)];
