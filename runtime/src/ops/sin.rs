//! Sine.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::trig;
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

impl Tensor {
    /// The sine of each element, in radians. The error is at most 0.51 units in the last place, also for large
    /// elements.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = sin x`; `dx = g cos x`. The sine of an infinity is NaN.
    #[track_caller]
    pub fn sin(&self) -> Self {
        by_turn(self, trig::sin, trig::cos, 1.0)
    }
}

type Map = fn(&[Scalar], &mut [Scalar]);

/// An elementwise operation `y = f(x)` with the derivative `dx = sign · g · slope(x)`.
#[track_caller]
pub(super) fn by_turn(x: &Tensor, f: Map, slope: Map, sign: Scalar) -> Tensor {
    let input = x.value().clone();
    let output = Value::build(input.shape().clone(), |y| f(input.as_slice(), y));
    record(output, [x], move |gradient| {
        let mut dx = Value::build(input.shape().clone(), |dx| slope(input.as_slice(), dx));
        kernel::zip_in_place(dx.make_mut(), gradient.as_slice(), move |slope, g| sign * slope * g);
        [dx]
    })
}

pub(crate) const CASES: &[Case] =
    &[Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]], &[&[1, 19]]], |x| x[0].sin())];
