//! Clamping.

use super::by_input;
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// Clamps each element to `[low, high]`; NaN propagates.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = min(max(x, low), high)`; `dx = g` inside, 0 at the bounds and outside, as in PyTorch.
    ///
    /// # Panics
    /// If `low > high`, or if one of them is NaN.
    #[doc(alias("clip"))]
    #[track_caller]
    pub fn clamp(&self, low: Scalar, high: Scalar) -> Self {
        assert!(low <= high, "clamp: the lower end {low} must be at most the upper end {high}");
        by_input(
            self,
            move |x| x.clamp(low, high),
            move |g, x| if low < x && x < high { g } else { 0.0 },
        )
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[0]]], |x| x[0].clamp(-0.5, 1.0))];
