//! Gaussian error linear unit.

use super::by_input;
use crate::gradcheck::Case;
use crate::kernel::math;
use crate::{Scalar, Tensor};

/// √(2/π)
#[allow(clippy::excessive_precision)] // The double-precision build uses every digit.
const ROOT: Scalar = 0.797_884_560_802_865_4;
/// The factor of x³ in the approximation.
const CUBE: Scalar = 0.044_715;

impl Tensor {
    /// Each element times the share of a standard normal distribution that lies below it.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = x Φ(x)`; `dx = g (Φ(x) + x φ(x))`, with `φ(x) = e^(-x²/2) / √(2π)`.
    pub fn gelu(&self) -> Self {
        by_input(
            self,
            |x| x * math::normal(x).0,
            |g, x| {
                let (below, density) = math::normal(x);
                g * (below + x * density)
            },
        )
    }

    /// [`Tensor::gelu`] by its approximation with a tanh, as GPT-2 was trained.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `u = √(2/π) (x + 0.044715 x³)`, `y = x (1 + tanh u) / 2`;
    /// `dx = g ((1 + tanh u) / 2 + x (1 - tanh² u) u' / 2)`.
    pub fn gelu_tanh(&self) -> Self {
        by_input(
            self,
            |x| 0.5 * x * (1.0 + math::tanh(ROOT * (x + CUBE * x * x * x))),
            |g, x| {
                let t = math::tanh(ROOT * (x + CUBE * x * x * x));
                let inner = ROOT * (1.0 + 3.0 * CUBE * x * x);
                g * 0.5 * (1.0 + t + x * (1.0 - t * t) * inner)
            },
        )
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].gelu()),
    Case::new(&[&[&[3, 4]]], |x| x[0].gelu_tanh()),
];
