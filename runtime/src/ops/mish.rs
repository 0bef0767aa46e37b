//! Mish.

use super::by_input;
use crate::Tensor;
use crate::gradcheck::Case;

impl Tensor {
    /// A smooth activation: `x tanh(softplus(x))`.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// With `s = ln(1 + eˣ)`: `y = x tanh s`; `dx = g (tanh s + x σ(x) (1 - tanh² s))`.
    ///
    /// # Source
    /// Misra 2019; PyTorch's `F.mish`.
    #[track_caller]
    pub fn mish(&self) -> Self {
        let bounded = |x: crate::Scalar| (x.max(0.0) + (-x.abs()).exp().ln_1p()).tanh();
        by_input(
            self,
            move |x| x * bounded(x),
            move |g, x| {
                let t = bounded(x);
                g * (t + x * (1.0 - t * t) / (1.0 + (-x).exp()))
            },
        )
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[0]]], |x| x[0].mish())];
