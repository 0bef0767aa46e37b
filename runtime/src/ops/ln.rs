//! Natural logarithm.

use super::by_input;
use crate::Tensor;
use crate::gradcheck::Case;
use crate::kernel::math;

impl Tensor {
    /// The natural logarithm of each element; NaN below 0.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = ln x`; `dx = g / x`.
    #[doc(alias("log"))]
    #[track_caller]
    pub fn ln(&self) -> Self {
        by_input(self, math::ln, |g, x| g / x)
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].ln()).within(0.2, 3.0)];
