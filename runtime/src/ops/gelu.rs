//! Gaussian error linear unit.

use super::by_input;
use crate::autograd::{is_recording, record};
use crate::gradcheck::Case;
use crate::kernel::{self, gelu, math};
use crate::storage::Buffer;
use crate::value::Value;
use crate::{Scalar, Tensor};

/// The factor `√(2/π)` of the approximation by `tanh`.
#[allow(clippy::excessive_precision)] // The double-precision build uses every digit.
const ROOT: Scalar = 0.797_884_560_802_865_4;
/// The coefficient of `x³` in the approximation by `tanh`.
const CUBE: Scalar = 0.044_715;

impl Tensor {
    /// Each element `x` times `Φ(x)`, where `Φ` is the standard normal distribution function.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = x Φ(x)`; `dx = g (Φ(x) + x φ(x))`, with `φ(x) = e^(-x²/2) / √(2π)`.
    #[track_caller]
    pub fn gelu(&self) -> Self {
        if !(is_recording() && self.requires_grad()) {
            let y = Value::build(self.value().shape().clone(), |y| gelu::forward(self.as_slice(), y, None));
            return Self::constant(y);
        }
        let shape = self.value().shape();
        let mut slopes = Buffer::stale(self.len());
        let y = Value::build(shape.clone(), |y| gelu::forward(self.as_slice(), y, Some(slopes.as_mut_slice())));
        record(y, [self], move |mut gradient| {
            kernel::zip_in_place(gradient.make_mut(), slopes.as_slice(), |g, slope| g * slope);
            [gradient]
        })
    }

    /// [`Tensor::gelu`] in the tanh approximation that GPT-2 uses.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `u = √(2/π) (x + 0.044715 x³)`, `y = x (1 + tanh u) / 2`; `dx = g (s + 2 x s (1 - s) u')`
    /// with `s = (1 + tanh u) / 2`. `s` is computed as `1 / (1 + e^(-2u))`, which is accurate in
    /// the left tail.
    #[track_caller]
    pub fn gelu_tanh(&self) -> Self {
        by_input(
            self,
            |x| x * math::sigmoid(2.0 * ROOT * (x + CUBE * x * x * x)),
            |g, x| {
                let u = ROOT * (x + CUBE * x * x * x);
                let share = math::sigmoid(2.0 * u);
                let inner = ROOT * (1.0 + 3.0 * CUBE * x * x);
                g * (share + 2.0 * x * share * math::sigmoid(-2.0 * u) * inner)
            },
        )
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].gelu()),
    Case::new(&[&[&[3, 4]]], |x| x[0].gelu_tanh()),
];
