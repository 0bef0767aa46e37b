//! Rectifier.

use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel;
use crate::value::Value;

impl Tensor {
    /// Keeps positive entries and replaces the others by zero; a NaN stays one.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = max(x, 0)`; `dx = g` where `x > 0`, else `0`.
    pub fn relu(&self) -> Self {
        let x = self.value();
        let output = Value::build(x.shape().clone(), |y| {
            kernel::map(x.as_slice(), y, |x| if x <= 0.0 { 0.0 } else { x });
        });
        let y = output.clone();
        record(output, [self], move |mut gradient| {
            kernel::zip_in_place(gradient.make_mut(), y.as_slice(), |g, y| if y <= 0.0 { 0.0 } else { g });
            [gradient]
        })
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[1]], &[&[0]], &[&[17]]], |x| x[0].relu())];
