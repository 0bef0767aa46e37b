//! Signs.

use super::by_output;
use crate::Tensor;
use crate::gradcheck::Case;

impl Tensor {
    /// The sign of each element: -1, 0 or 1.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = -1` where `x < 0`, 0 where `x = 0`, 1 where `x > 0`, and NaN where `x` is NaN; `dx = 0`.
    #[track_caller]
    pub fn sign(&self) -> Self {
        by_output(
            self,
            |x| {
                if x > 0.0 {
                    1.0
                } else if x < 0.0 {
                    -1.0
                } else {
                    x + 0.0
                }
            },
            |_, _| 0.0,
        )
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].sign() * &x[0])];
