//! Error function.

use super::by_input;
use crate::gradcheck::Case;
use crate::kernel::math;
use crate::{Scalar, Tensor};

impl Tensor {
    /// The error function of each element: `erf(x/√2)` is the probability of `[-x, x]` under the standard normal
    /// distribution.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = 2/√π ∫₀ˣ e^(-t²) dt`; `dx = g · 2/√π e^(-x²)`.
    #[track_caller]
    pub fn erf(&self) -> Self {
        const SLOPE: Scalar = std::f64::consts::FRAC_2_SQRT_PI as Scalar;
        by_input(self, math::erf, |g, x| g * SLOPE * math::exp(-x * x))
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].erf())];
