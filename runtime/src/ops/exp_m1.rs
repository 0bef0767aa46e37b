//! Exponential function minus 1.

use super::by_output;
use crate::Tensor;
use crate::gradcheck::Case;
use crate::kernel::math;

impl Tensor {
    /// The exponential of each element minus one, without loss of accuracy for small elements.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = eˣ - 1`; `dx = g (y + 1)`.
    #[doc(alias("expm1"))]
    #[track_caller]
    pub fn exp_m1(&self) -> Self {
        by_output(self, math::exp_m1, |g, y| g * (y + 1.0))
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].exp_m1())];
