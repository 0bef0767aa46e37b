//! Elementwise maximum of two tensors.

use crate::autograd::record;
use crate::broadcast::{self, needs};
use crate::gradcheck::Case;
use crate::{Scalar, Tensor};

impl Tensor {
    /// The larger of each pair of elements; NaN if one of them is NaN.
    ///
    /// `other` is a tensor or a number. [`Tensor::max`] is the largest element of one tensor.
    ///
    /// # Shapes
    /// Any two shapes that broadcast. Axes are matched from the last.
    ///
    /// # Formula
    /// `y = max(a, b)`; `da = g` where `a > b`, 0 where `a < b`, and `g / 2` at ties, as in PyTorch; `db`
    /// symmetrically.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::from([-1.0, 2.0]);
    /// assert_eq!(x.maximum(0.5).as_slice(), [0.5, 2.0]);
    /// assert_eq!(x.maximum(&Tensor::from([[0.0], [3.0]])).as_slice(), [0.0, 2.0, 3.0, 3.0]);
    /// ```
    #[track_caller]
    pub fn maximum(&self, other: impl Into<Self>) -> Self {
        better("maximum", self, &other.into(), |a, b| a > b)
    }
}

/// For each pair of elements, the better one according to `is_better`; NaN if one of them is NaN.
#[track_caller]
pub(super) fn better(op: &'static str, a: &Tensor, b: &Tensor, is_better: fn(Scalar, Scalar) -> bool) -> Tensor {
    let values = [a.value().clone(), b.value().clone()];
    let choose = move |a: Scalar, b: Scalar| if is_better(a, b) || a.is_nan() { a } else { b };
    let output = broadcast::zip(op, &values[0], &values[1], choose);
    let needs = needs([a, b]);
    record(output, [a, b], move |gradient| {
        let part = |own: usize| {
            let [mine, other] = [&values[own], &values[1 - own]];
            // If one element is NaN, neither element is better, and both get the gradient, as in
            // PyTorch.
            let share = move |a: Scalar, b: Scalar| {
                if a == b {
                    0.5
                } else if is_better(b, a) {
                    0.0
                } else {
                    1.0
                }
            };
            let shares = broadcast::zip(op, mine, other, share);
            broadcast::reduce(broadcast::zip(op, &gradient, &shares, |g, share| g * share), mine.shape())
        };
        [needs[0].then(|| part(0)), needs[1].then(|| part(1))]
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(broadcast::SHAPES, |x| x[0].maximum(&x[1])),
    Case::new(&[&[&[3, 4]], &[&[]], &[&[0, 2]]], |x| x[0].maximum(0.3)),
];

#[cfg(test)]
mod tests {
    use crate::{Parameter, Scalar, Tensor};

    fn gradients(a: &[Scalar], b: &[Scalar], f: fn(&Tensor, Tensor) -> Tensor) -> [Vec<Scalar>; 2] {
        let [a, b] = [a, b].map(|x| Parameter::new(ndarray::arr1(x)));
        f(&a.tensor(), b.tensor()).sum().backward();
        [a, b].map(|x| x.grad().unwrap().into_raw_vec_and_offset().0)
    }

    #[test]
    fn ties_share_the_gradient() {
        let [a, b] = gradients(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0], |a, b| a.maximum(b));
        assert_eq!((a, b), (vec![0.0, 0.5, 1.0], vec![1.0, 0.5, 0.0]));
        let [a, b] = gradients(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0], |a, b| a.minimum(b));
        assert_eq!((a, b), (vec![1.0, 0.5, 0.0], vec![0.0, 0.5, 1.0]));
    }

    #[test]
    fn a_nan_on_either_side_wins() {
        let (x, y) = (Tensor::from([Scalar::NAN, 1.0]), Tensor::from([1.0, Scalar::NAN]));
        for both in [x.maximum(&y), x.minimum(&y), y.maximum(&x), y.minimum(x)] {
            assert!(both.as_slice().iter().all(|y| y.is_nan()));
        }
        assert_eq!(Tensor::zeros(&[2, 0]).maximum(Tensor::ones(&[1])).shape(), [2, 0]);
    }

    #[test]
    #[should_panic(expected = "minimum: the shapes [2] and [3] do not broadcast")]
    fn shapes_that_do_not_meet() {
        let _ = Tensor::zeros(&[2]).minimum(Tensor::zeros(&[3]));
    }
}
