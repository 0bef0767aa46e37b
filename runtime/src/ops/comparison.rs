//! Elementwise comparisons. Their results are masks of ones and zeros, and have no gradient.

use crate::reduction::Reduction;
use crate::{Scalar, Tensor, broadcast};

#[track_caller]
fn compare(op: &str, a: &Tensor, b: &Tensor, holds: fn(Scalar, Scalar) -> bool) -> Tensor {
    let mask = broadcast::zip(op, a.value(), b.value(), |a, b| if holds(a, b) { 1.0 } else { 0.0 });
    Tensor::constant(mask).with_reduction(Reduction::of_operation(&[a, b]))
}

macro_rules! comparisons {
    ($($(#[$docs:meta])* $method:ident $operator:tt)*) => {
        impl Tensor {$(
            $(#[$docs])*
            ///
            /// `other` is a tensor or a number. A mask can be the condition of
            /// [`select`](crate::select). For masks `a` and `b`, `a * b` is the conjunction,
            /// `a.maximum(b)` the disjunction, and `1.0 - a` the negation. No gradient flows
            /// through a mask.
            ///
            /// # Shapes
            /// Any two shapes that broadcast. Axes are matched from the last.
            #[track_caller]
            pub fn $method(&self, other: impl Into<Self>) -> Self {
                compare(stringify!($method), self, &other.into(), |a, b| a $operator b)
            }
        )*}
    };
}

comparisons! {
    /// 1 where an element equals the matching element of `other`, else 0; NaN equals nothing.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::from([1.0, 2.0, 2.0]);
    /// assert_eq!(x.eq(2.0).sum().item(), 2.0);
    /// ```
    eq ==
    /// 1 where an element differs from the matching element of `other`, else 0; NaN differs from
    /// everything.
    ne !=
    /// 1 where an element is less than the matching element of `other`, else 0.
    lt <
    /// 1 where an element is at most the matching element of `other`, else 0.
    le <=
    /// 1 where an element is greater than the matching element of `other`, else 0.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let x = Tensor::from([[1.0, -2.0], [-3.0, 4.0]]);
    /// assert_eq!(x.gt(0.0).as_slice(), [1.0, 0.0, 0.0, 1.0]);
    /// assert_eq!(x.gt(&Tensor::from([0.0, 5.0])).as_slice(), [1.0, 0.0, 0.0, 0.0]);
    /// let clipped = select(&x.gt(0.0), &x, &Tensor::from(-1.0));
    /// assert_eq!(clipped.as_slice(), [1.0, -1.0, -1.0, 4.0]);
    /// ```
    gt >
    /// 1 where an element is at least the matching element of `other`, else 0.
    ge >=
}

#[cfg(test)]
mod tests {
    use crate::{Parameter, Scalar, Tensor, select};

    #[test]
    fn every_comparison_of_every_order() {
        let (x, y) = (Tensor::from([1.0, 2.0, 3.0, Scalar::NAN]), Tensor::from([2.0, 2.0, 2.0, 2.0]));
        for (mask, expected) in [
            (x.eq(&y), [0.0, 1.0, 0.0, 0.0]),
            (x.ne(&y), [1.0, 0.0, 1.0, 1.0]),
            (x.lt(&y), [1.0, 0.0, 0.0, 0.0]),
            (x.le(&y), [1.0, 1.0, 0.0, 0.0]),
            (x.gt(&y), [0.0, 0.0, 1.0, 0.0]),
            (x.ge(2.0), [0.0, 1.0, 1.0, 0.0]),
        ] {
            assert_eq!(mask.as_slice(), expected);
        }
        assert_eq!(Tensor::zeros(&[2, 1]).lt(Tensor::ones(&[1, 3])).shape(), [2, 3]);
        assert_eq!(Tensor::zeros(&[0, 3]).eq(Tensor::ones(&[3])).shape(), [0, 3]);
        assert_eq!(Tensor::from(1.0).eq(1.0).item(), 1.0);
    }

    #[test]
    fn no_gradient_flows_through_a_mask() {
        let weight = Parameter::new(ndarray::arr1(&[-2.0, 3.0]));
        let x = weight.tensor();
        assert!(!x.gt(0.0).requires_grad());
        (select(&x.gt(0.0), &x, &(&x * 0.5)) * x.lt(10.0)).sum().backward();
        assert_eq!(weight.grad().unwrap().as_slice().unwrap(), [0.5, 1.0]);
    }

    #[test]
    #[should_panic(expected = "gt: the shapes [2] and [3] do not broadcast")]
    fn shapes_that_do_not_meet() {
        let _ = Tensor::zeros(&[2]).gt(Tensor::zeros(&[3]));
    }
}
