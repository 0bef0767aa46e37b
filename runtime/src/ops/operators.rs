//! `+ - * /` between tensors and numbers, borrowed or owned, on either side.

use std::ops::{Add, Div, Mul, Sub};

use crate::{Scalar, Tensor};

macro_rules! operator {
    ($trait:ident, $method:ident, $operation:ident) => {
        operator!(@ $trait, $method, $operation, Tensor, Tensor);
        operator!(@ $trait, $method, $operation, Tensor, &Tensor);
        operator!(@ $trait, $method, $operation, &Tensor, Tensor);
        operator!(@ $trait, $method, $operation, &Tensor, &Tensor);

        impl $trait<Scalar> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Scalar) -> Tensor {
                self.$operation(&Tensor::from(other))
            }
        }
        impl $trait<Scalar> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Scalar) -> Tensor {
                self.$operation(&Tensor::from(other))
            }
        }
        impl $trait<Tensor> for Scalar {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                Tensor::from(self).$operation(&other)
            }
        }
        impl $trait<&Tensor> for Scalar {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                Tensor::from(self).$operation(other)
            }
        }
    };
    (@ $trait:ident, $method:ident, $operation:ident, $left:ty, $right:ty) => {
        impl $trait<$right> for $left {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: $right) -> Tensor {
                self.$operation(other.borrowed())
            }
        }
    };
}

operator!(Add, add, add_tensor);
operator!(Sub, sub, sub_tensor);
operator!(Mul, mul, mul_tensor);
operator!(Div, div, div_tensor);

impl Tensor {
    /// Both `Tensor` and `&Tensor` reach this by autoref.
    fn borrowed(&self) -> &Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::Tensor;

    #[test]
    fn numbers_stand_on_either_side() {
        let x = Tensor::from(ndarray::arr1(&[2.0, 4.0]));
        assert_eq!((8.0 / &x).as_slice(), [4.0, 2.0]);
        assert_eq!((&x - 1.0).as_slice(), [1.0, 3.0]);
        assert_eq!((1.0 - x.clone() * x + 2.0).as_slice(), [-1.0, -13.0]);
    }

    #[test]
    #[should_panic(expected = "add: the shapes [2] and [3] do not broadcast")]
    fn shapes_that_do_not_meet() {
        let _ = Tensor::zeros(&[2]) + Tensor::zeros(&[3]);
    }
}
