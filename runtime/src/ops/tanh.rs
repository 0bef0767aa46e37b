//! Hyperbolic tangent.

use super::by_output;
use crate::Tensor;
use crate::kernel::math;
use crate::gradcheck::Case;

impl Tensor {
    /// The hyperbolic tangent of each element, which maps to (-1, 1).
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = tanh x`; `dx = g (1 - y²)`.
    #[track_caller]
    pub fn tanh(&self) -> Self {
        by_output(self, math::tanh, |g, y| g * (1.0 - y * y))
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].tanh())];
