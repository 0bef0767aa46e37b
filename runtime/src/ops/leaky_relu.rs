//! Leaky ReLU.

use super::by_input;
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// Keeps positive elements and scales the others by `slope`.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = x` where `x > 0`, else `slope · x`; `dx = g` where `x > 0`, else `slope · g`. At
    /// `x = 0`, `dx` uses the left derivative, as in `PyTorch`.
    #[track_caller]
    pub fn leaky_relu(&self, slope: Scalar) -> Self {
        by_input(
            self,
            move |x| if x > 0.0 { x } else { slope * x },
            move |g, x| if x > 0.0 { g } else { slope * g },
        )
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[0]]], |x| x[0].leaky_relu(0.01))];
