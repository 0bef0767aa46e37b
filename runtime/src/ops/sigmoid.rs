//! Logistic function.

use super::by_output;
use crate::Tensor;
use crate::kernel::math;
use crate::gradcheck::Case;

impl Tensor {
    /// The logistic function of each element, which maps to (0, 1).
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = 1 / (1 + e⁻ˣ)`; `dx = g · y (1 - y)`.
    #[track_caller]
    pub fn sigmoid(&self) -> Self {
        by_output(self, math::sigmoid, |g, y| g * y * (1.0 - y))
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].sigmoid())];
