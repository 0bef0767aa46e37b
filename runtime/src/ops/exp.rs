//! Exponential function.

use super::by_output;
use crate::Tensor;
use crate::kernel::math;
use crate::gradcheck::Case;

impl Tensor {
    /// The exponential of each element.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = eˣ`; `dx = g · y`.
    #[track_caller]
    pub fn exp(&self) -> Self {
        by_output(self, math::exp, |g, y| g * y)
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].exp())];
