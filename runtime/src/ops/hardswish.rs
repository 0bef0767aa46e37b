//! Hard swish.

use super::by_input;
use crate::Tensor;
use crate::gradcheck::Case;

impl Tensor {
    /// A piecewise approximation of [`silu`](Tensor::silu).
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = x · min(max(x + 3, 0), 6) / 6`; `dx` is 0 where `x ≤ -3`, `g` where `x ≥ 3`, else
    /// `g (x / 3 + 1 / 2)`.
    ///
    /// # Source
    /// Howard et al. 2019; PyTorch's `F.hardswish`.
    #[track_caller]
    pub fn hardswish(&self) -> Self {
        by_input(
            self,
            |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
            |g, x| {
                if x <= -3.0 {
                    0.0
                } else if x < 3.0 {
                    g * (x / 3.0 + 0.5)
                } else {
                    g
                }
            },
        )
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[0]]], |x| x[0].hardswish()).within(-4.5, 4.5)];
