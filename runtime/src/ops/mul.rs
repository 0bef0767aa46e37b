//! Multiplication.

use crate::autograd::record;
use crate::broadcast::{self, needs};
use crate::gradcheck::Case;
use crate::reduction::Reduction;
use crate::Tensor;

impl Tensor {
    /// The elementwise product.
    ///
    /// # Shapes
    /// Any two shapes that broadcast. Axes are matched from the last.
    ///
    /// # Formula
    /// `y = a · b`; `da = g · b`, `db = g · a`, each summed over its broadcast axes.
    #[track_caller]
    pub(crate) fn mul_tensor(&self, other: &Self) -> Self {
        let (a, b) = (self.value().clone(), other.value().clone());
        let output = broadcast::zip("mul", &a, &b, |a, b| a * b);
        let needs = needs([self, other]);
        record(output, [self, other], move |gradient| {
            let times = |other| broadcast::zip("mul", &gradient, other, |g, x| g * x);
            let da = needs[0].then(|| broadcast::reduce(times(&b), a.shape()));
            let db = needs[1].then(|| broadcast::reduce(times(&a), b.shape()));
            [da, db]
        })
        .with_reduction(Reduction::of_product(self, other))
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(broadcast::SHAPES, |x| &x[0] * &x[1])];
