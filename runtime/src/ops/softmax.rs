//! Softmax.

use super::axis;
use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::softmax::{softmax, softmax_gradient};
use crate::value::Value;

impl Tensor {
    /// Turns the elements along one axis into probabilities, which sum to 1; a negative axis counts from the
    /// last.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = eˣ / Σ eˣ` along the axis; `dx = y (g - Σ g y)`.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn softmax(&self, axis: isize) -> Self {
        let axis = self::axis("softmax", self.shape(), axis);
        let x = self.value();
        let shape = x.shape().around(axis);
        let output = Value::build(x.shape().clone(), |y| softmax(shape, x.as_slice(), y));
        let y = output.clone();
        record(output, [self], move |gradient| {
            let slope = |dx: &mut [_]| softmax_gradient(shape, y.as_slice(), gradient.as_slice(), dx);
            [Value::build(y.shape().clone(), slope)]
        })
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[2, 1]], &[&[0, 2]]], |x| x[0].softmax(-1)),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]]], |x| x[0].softmax(0)),
];
