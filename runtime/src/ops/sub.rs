//! Subtraction.

use crate::autograd::record;
use crate::broadcast::{self, needs};
use crate::gradcheck::Case;
use crate::reduction::Reduction;
use crate::{Tensor, kernel};

impl Tensor {
    /// The elementwise difference.
    ///
    /// # Shapes
    /// Any two shapes that broadcast. Axes are matched from the last.
    ///
    /// # Formula
    /// `y = a - b`; `da = g`, `db = -g`, each summed over its broadcast axes.
    #[track_caller]
    pub(crate) fn sub_tensor(&self, other: &Self) -> Self {
        let output = broadcast::zip("sub", self.value(), other.value(), |a, b| a - b);
        let shapes = [self.value().shape().clone(), other.value().shape().clone()];
        let needs = needs([self, other]);
        record(output, [self, other], move |gradient| {
            let a = needs[0].then(|| broadcast::reduce(gradient.clone(), &shapes[0]));
            let b = needs[1].then(|| {
                let mut gradient = broadcast::reduce(gradient, &shapes[1]);
                kernel::map_in_place(gradient.make_mut(), |g| -g);
                gradient
            });
            [a, b]
        })
        .with_reduction(Reduction::of_addition(self, other))
    }
}

pub(crate) const CASES: &[Case] =
    &[Case::new(broadcast::SHAPES, |x| &x[0] - &x[1])];
