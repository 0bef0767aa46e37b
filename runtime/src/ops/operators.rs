//! The operators `+ - * /` and `+= -= *= /=` for tensors and numbers, and sums of iterators.
//! Tensors may be borrowed or owned, and a number may be on either side.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Sub, SubAssign};

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

/// Implements `a += b` as `a = a + b`: `a` becomes a new tensor, whose graph contains the old one.
macro_rules! assignment {
    ($trait:ident, $method:ident, $operation:ident) => {
        assignment!(@ $trait, $method, $operation, Tensor);
        assignment!(@ $trait, $method, $operation, &Tensor);

        impl $trait<Scalar> for Tensor {
            #[track_caller]
            fn $method(&mut self, other: Scalar) {
                *self = self.$operation(&Tensor::from(other));
            }
        }
    };
    (@ $trait:ident, $method:ident, $operation:ident, $right:ty) => {
        impl $trait<$right> for Tensor {
            #[track_caller]
            fn $method(&mut self, other: $right) {
                *self = self.$operation(other.borrowed());
            }
        }
    };
}

assignment!(AddAssign, add_assign, add_tensor);
assignment!(SubAssign, sub_assign, sub_tensor);
assignment!(MulAssign, mul_assign, mul_tensor);
assignment!(DivAssign, div_assign, div_tensor);

/// The elementwise sum of the tensors, or the scalar 0 if there are no tensors.
impl Sum for Tensor {
    #[track_caller]
    fn sum<I: Iterator<Item = Tensor>>(mut tensors: I) -> Self {
        let Some(mut sum) = tensors.next() else { return Tensor::from(0.0) };
        for tensor in tensors {
            sum += tensor;
        }
        sum
    }
}

/// The elementwise sum of the tensors, or the scalar 0 if there are no tensors.
impl<'a> Sum<&'a Tensor> for Tensor {
    #[track_caller]
    fn sum<I: Iterator<Item = &'a Tensor>>(tensors: I) -> Self {
        tensors.cloned().sum()
    }
}

impl Tensor {
    /// Returns a reference to the tensor. By autoref, the method can be called on both `Tensor` and
    /// `&Tensor`.
    fn borrowed(&self) -> &Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::{Parameter, Scalar, Tensor};

    #[test]
    fn assignments_keep_the_graph() {
        let weight = Parameter::new(ndarray::arr1(&[2.0, 3.0]));
        let before = weight.tensor();
        let mut y = before.clone();
        y += &before;
        y *= before.clone();
        y -= 1.0;
        y /= 2.0;
        assert_eq!(y.as_slice(), [3.5, 8.5]);
        assert_eq!(before.as_slice(), [2.0, 3.0]);
        y.sum().backward();
        assert_eq!(weight.grad().unwrap().as_slice().unwrap(), [4.0, 6.0]);
        let mut row = Tensor::from([1.0, 2.0]);
        row += Tensor::zeros(&[3, 1]);
        assert_eq!(row.shape(), [3, 2]);
    }

    #[test]
    fn iterators_of_tensors_have_a_sum() {
        let tensors = [Tensor::from([1.0, 2.0]), Tensor::from(10.0), Tensor::from([0.5, 0.5])];
        assert_eq!(tensors.iter().sum::<Tensor>().as_slice(), [11.5, 12.5]);
        assert_eq!(tensors.into_iter().sum::<Tensor>().as_slice(), [11.5, 12.5]);
        let none = std::iter::empty::<Tensor>().sum::<Tensor>();
        assert_eq!((none.rank(), none.item()), (0, 0.0 as Scalar));
    }

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
