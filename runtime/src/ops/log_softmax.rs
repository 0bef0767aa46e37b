//! Logarithm of the softmax.

use super::axis;
use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::softmax::{log_softmax, log_softmax_gradient};
use crate::value::Value;

impl Tensor {
    /// The logarithm of [`Tensor::softmax`], accurate even where the probability underflows.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = x - ln Σ eˣ` along the axis; `dx = g - eʸ Σ g`.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn log_softmax(&self, axis: isize) -> Self {
        let axis = self::axis("log_softmax", self.shape(), axis);
        let x = self.value();
        let shape = x.shape().around(axis);
        let output = Value::build(x.shape().clone(), |y| log_softmax(shape, x.as_slice(), y));
        let y = output.clone();
        record(output, [self], move |gradient| {
            let slope = |dx: &mut [_]| log_softmax_gradient(shape, y.as_slice(), gradient.as_slice(), dx);
            [Value::build(y.shape().clone(), slope)]
        })
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[2, 1]], &[&[0, 2]]], |x| x[0].log_softmax(-1)),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]]], |x| x[0].log_softmax(0)),
];
