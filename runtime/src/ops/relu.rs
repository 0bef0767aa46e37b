//! ReLU.

use super::by_output;
use crate::Tensor;
use crate::gradcheck::Case;

impl Tensor {
    /// Keeps positive elements and replaces the others by zero; NaN propagates.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = max(x, 0)`; `dx = g` where `x > 0`, else `0`.
    #[track_caller]
    pub fn relu(&self) -> Self {
        by_output(self, |x| if x <= 0.0 { 0.0 } else { x }, |g, y| if y <= 0.0 { 0.0 } else { g })
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[1]], &[&[0]], &[&[17]]], |x| x[0].relu())];
