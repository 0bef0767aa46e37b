//! Division.

use crate::autograd::record;
use crate::broadcast::{self, needs};
use crate::gradcheck::Case;
use crate::reduction::Reduction;
use crate::Tensor;

impl Tensor {
    /// The elementwise quotient.
    ///
    /// # Shapes
    /// Any two shapes that broadcast. Axes are matched from the last.
    ///
    /// # Formula
    /// `y = a / b`; `da = g / b`, `db = -g · y / b`, each summed over its broadcast axes.
    #[track_caller]
    pub(crate) fn div_tensor(&self, other: &Self) -> Self {
        let (a, b) = (self.value().clone(), other.value().clone());
        let output = broadcast::zip("div", &a, &b, |a, b| a / b);
        let needs = needs([self, other]);
        let quotient = output.clone();
        record(output, [self, other], move |gradient| {
            let over = broadcast::zip("div", &gradient, &b, |g, b| g / b);
            let db = needs[1].then(|| {
                broadcast::reduce(broadcast::zip("div", &over, &quotient, |g, y| -g * y), b.shape())
            });
            let da = needs[0].then(|| broadcast::reduce(over, a.shape()));
            [da, db]
        })
        .with_reduction(Reduction::of_quotient(self, other))
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(broadcast::SHAPES, |x| &x[0] / &x[1]).within(0.5, 2.5)];
