//! Leaky rectifier.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

impl Tensor {
    /// Keeps positive entries and scales the others by `slope`.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = x` where `x > 0`, else `slope · x`; `dx = g` where `x > 0`, else `slope · g`.
    /// At `x = 0` this is the left derivative, as in PyTorch.
    pub fn leaky_relu(&self, slope: Scalar) -> Self {
        let x = self.value().clone();
        let output = Value::build(x.shape().clone(), |y| {
            kernel::map(x.as_slice(), y, |x| if x > 0.0 { x } else { slope * x });
        });
        record(output, [self], move |mut gradient| {
            kernel::zip_in_place(gradient.make_mut(), x.as_slice(), |g, x| if x > 0.0 { g } else { slope * g });
            [gradient]
        })
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[0]]], |x| x[0].leaky_relu(0.01))];
