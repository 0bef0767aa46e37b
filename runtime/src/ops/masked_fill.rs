//! Overwriting the elements under a mask.

use crate::autograd::record;
use crate::broadcast;
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// `value` where the mask is not 0, else the element of this tensor. Comparisons such as [`Tensor::gt`] return
    /// masks.
    ///
    /// # Shapes
    /// Any two shapes that broadcast. Axes are matched from the last.
    ///
    /// # Formula
    /// `dx = 0` where the mask is not 0, else `g`. Elements under the mask have no influence, even if they are NaN.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// let scores = x.masked_fill(&Tensor::from([0.0, 1.0]), Scalar::NEG_INFINITY);
    /// assert_eq!(scores.softmax(1).as_slice(), [1.0, 0.0, 1.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn masked_fill(&self, mask: &Self, value: Scalar) -> Self {
        let hold = mask.value().clone();
        let fill = move |x, m| if m == 0.0 { x } else { value };
        let output = broadcast::zip("masked_fill", self.value(), &hold, fill);
        let shape = self.value().shape().clone();
        record(output, [self], move |gradient| {
            let kept = broadcast::zip("masked_fill", &gradient, &hold, |g, m| if m == 0.0 { g } else { 0.0 });
            [broadcast::reduce(kept, &shape)]
        })
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(broadcast::SHAPES, |x| {
    let mut mask = x[1].to_array();
    mask.iter_mut().enumerate().for_each(|(i, m)| *m = if i % 3 == 0 { 1.0 } else { 0.0 });
    x[0].masked_fill(&Tensor::from(mask), 1.5)
})];
