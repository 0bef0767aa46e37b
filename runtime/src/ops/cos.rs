//! Cosine.

use super::sin::by_turn;
use crate::Tensor;
use crate::gradcheck::Case;
use crate::kernel::trig;

impl Tensor {
    /// The cosine of each element, in radians, with the accuracy of [`sin`](Self::sin).
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = cos x`; `dx = -g sin x`. The cosine of an infinity is NaN.
    #[track_caller]
    pub fn cos(&self) -> Self {
        by_turn(self, trig::cos, trig::sin, -1.0)
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].cos())];
