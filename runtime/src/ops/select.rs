//! Elementwise choice between two tensors.

use crate::Tensor;
use crate::autograd::record;
use crate::broadcast::{self, needs};
use crate::gradcheck::Case;

/// Takes the element of `a` where the condition is not 0, else the element of `b`; `PyTorch`'s `where`.
/// Comparisons such as [`Tensor::gt`] return conditions.
///
/// # Shapes
/// Any three shapes that broadcast. Axes are matched from the last.
///
/// # Formula
/// `da = g` where the condition is not 0, else 0. `db = g` where the condition is 0, else 0. The
/// condition has no gradient. Elements that are not selected have no influence, even if they are
/// NaN.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let x = Tensor::from([5.0, -6.0]);
/// assert_eq!(select(&x.gt(0.0), &x, &Tensor::from(-1.0)).as_slice(), [5.0, -1.0]);
/// ```
#[track_caller]
pub fn select(condition: &Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    let shape = broadcast::shape("select", a.value().shape(), b.value().shape());
    let shape = broadcast::shape("select", condition.value().shape(), &shape);
    let held = broadcast::expand(condition.value(), &shape);
    let mut output = broadcast::expand(a.value(), &shape);
    let other = broadcast::expand(b.value(), &shape);
    for ((y, other), held) in output.make_mut().iter_mut().zip(other.as_slice()).zip(held.as_slice()) {
        if *held == 0.0 {
            *y = *other;
        }
    }
    let shapes = [a.value().shape().clone(), b.value().shape().clone()];
    let needs = needs([a, b]);
    record(output, [a, b], move |gradient| {
        let part = |taken: bool, shape| {
            let kept = broadcast::zip("select", &gradient, &held, move |g, h| if (h != 0.0) == taken { g } else { 0.0 });
            broadcast::reduce(kept, shape)
        };
        [needs[0].then(|| part(true, &shapes[0])), needs[1].then(|| part(false, &shapes[1]))]
    })
}

impl Tensor {
    /// As [`select`], with this tensor as the condition.
    #[track_caller]
    pub(crate) fn choose(&self, a: &Self, b: &Self) -> Self {
        select(self, a, b)
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(broadcast::SHAPES, |x| {
    let mut condition = x[1].to_array();
    condition.iter_mut().enumerate().for_each(|(i, c)| *c = if i % 2 == 0 { 1.0 } else { 0.0 });
    select(&Tensor::from(condition), &x[0], &x[1])
})];
