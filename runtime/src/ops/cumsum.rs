//! Running sums.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Scalar, Tensor};

impl Tensor {
    /// The running sums along one axis; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y[i] = Σⱼ x[j]` over all `j ≤ i` along the axis; `dx[j] = Σᵢ g[i]` over all `i ≥ j`. The sums are accumulated in
    /// double precision.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn cumsum(&self, axis: isize) -> Self {
        let axis = super::axis("cumsum", self.shape(), axis);
        record(running(self.value(), axis, false), [self], move |gradient| [running(&gradient, axis, true)])
    }
}

/// The running sums along an axis, from its start or from its end.
#[track_caller]
fn running(x: &Value, axis: usize, from_end: bool) -> Value {
    let (_, length, inner) = x.shape().around(axis);
    let mut sums = vec![0.0; inner];
    Value::build(x.shape().clone(), |to| {
        let block = (length * inner).max(1);
        for (to, from) in to.chunks_exact_mut(block).zip(x.as_slice().chunks_exact(block)) {
            sums.fill(0.0);
            for i in 0..length {
                let row = if from_end { length - 1 - i } else { i } * inner;
                for ((to, from), sum) in
                    to[row..][..inner].iter_mut().zip(&from[row..][..inner]).zip(&mut sums)
                {
                    *sum += f64::from(*from);
                    *to = *sum as Scalar;
                }
            }
        }
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[2, 1]], &[&[0, 2]], &[&[2, 0]]], |x| x[0].cumsum(1)),
    Case::new(&[&[&[3, 4]], &[&[5]]], |x| x[0].cumsum(-1)),
];
