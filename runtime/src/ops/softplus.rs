//! Softplus.

use super::by_input;
use crate::Tensor;
use crate::kernel::math;
use crate::gradcheck::Case;

impl Tensor {
    /// A smooth approximation of the ReLU of each element.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = ln(1 + eˣ)`; `dx = g σ(x)`. For `x > 20`, `y = x`, as in `PyTorch`.
    #[track_caller]
    pub fn softplus(&self) -> Self {
        by_input(self, |x| if x > 20.0 { x } else { math::ln_1p(math::exp(x)) }, |g, x| if x > 20.0 { g } else { g * math::sigmoid(x) })
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].softplus())];
