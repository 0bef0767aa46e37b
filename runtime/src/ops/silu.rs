//! Sigmoid-weighted linear unit.

use super::by_input;
use crate::Tensor;
use crate::kernel::math;
use crate::gradcheck::Case;

impl Tensor {
    /// Each element times its sigmoid; also called swish.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = x σ(x)`; `dx = g σ(x) (1 + x (1 - σ(x)))`.
    #[track_caller]
    pub fn silu(&self) -> Self {
        by_input(self, |x| x * math::sigmoid(x), |g, x| {
            let s = math::sigmoid(x);
            g * s * (1.0 + x * (1.0 - s))
        })
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].silu())];
