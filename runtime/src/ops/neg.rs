//! Negation.

use std::ops::Neg;

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Tensor, kernel};

impl Neg for &Tensor {
    type Output = Tensor;

    /// # Formula
    /// `y = -x`; `dx = -g`
    #[track_caller]
    fn neg(self) -> Tensor {
        let x = self.value();
        let output = Value::build(x.shape().clone(), |y| kernel::map(x.as_slice(), y, |x| -x));
        record(output, [self], |mut gradient| {
            kernel::map_in_place(gradient.make_mut(), |g| -g);
            [gradient]
        })
        .with_reduction(self.reduction())
    }
}

impl Neg for Tensor {
    type Output = Tensor;

    #[track_caller]
    fn neg(self) -> Tensor {
        -&self
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]]], |x| -&x[0])];
