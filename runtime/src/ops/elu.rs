//! Exponential linear unit.

use super::by_input;
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// Keeps positive elements and maps the others smoothly to `(-alpha, 0]`.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = x` where `x > 0`, else `α (eˣ - 1)`; `dx = g` where `x > 0`, else `g α eˣ`.
    #[track_caller]
    pub fn elu(&self, alpha: Scalar) -> Self {
        by_input(
            self,
            move |x| if x > 0.0 { x } else { alpha * x.exp_m1() },
            move |g, x| if x > 0.0 { g } else { g * alpha * x.exp() },
        )
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[0]]], |x| x[0].elu(0.7))];
