//! Products.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Scalar, Tensor};

impl Tensor {
    /// The product of all elements.
    ///
    /// # Shapes
    /// `x: [..]` → `[]`
    ///
    /// # Formula
    /// `y = Π x`; `dx` is `g` times the product of all other elements, which is exact for zeros too. The product of an
    /// empty tensor is 1.
    #[track_caller]
    pub fn prod(&self) -> Self {
        let shape = self.value().shape().clone();
        let flat = self.value().reshaped([1, self.len()]);
        record(products(&flat, 1).reshaped([]), [self], move |gradient| {
            [others(&flat, 1, &gradient).reshaped(shape.clone())]
        })
    }

    /// The product of each line along one axis. The axis is removed; a negative axis counts from the last.
    ///
    /// # Shapes
    /// `x: [a, b, c]` → `[a, c]` for `axis = 1`.
    ///
    /// # Formula
    /// As [`Tensor::prod`], along the axis.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn prod_axis(&self, axis: isize) -> Self {
        let axis = super::axis("prod_axis", self.shape(), axis);
        prod_along(self, axis, false)
    }

    /// As [`Tensor::prod_axis`], but the axis is kept with length 1.
    #[track_caller]
    pub fn prod_axis_keepdim(&self, axis: isize) -> Self {
        let axis = super::axis("prod_axis_keepdim", self.shape(), axis);
        prod_along(self, axis, true)
    }
}

#[track_caller]
fn prod_along(x: &Tensor, axis: usize, keep: bool) -> Tensor {
    let value = x.value().clone();
    let products = products(&value, axis);
    let output = if keep { products } else { products.reshaped(value.shape().without(axis)) };
    record(output, [x], move |gradient| [others(&value, axis, &gradient)])
}

#[track_caller]
fn products(x: &Value, axis: usize) -> Value {
    let (_, length, inner) = x.shape().around(axis);
    let from = x.as_slice();
    Value::build(x.shape().with(axis, 1), |to| {
        for (place, to) in to.iter_mut().enumerate() {
            let start = place / inner * length * inner + place % inner;
            *to = (0..length).map(|i| f64::from(from[start + i * inner])).product::<f64>() as Scalar;
        }
    })
}

/// For each element, `gradient` times the product of the other elements of its line.
#[track_caller]
fn others(x: &Value, axis: usize, gradient: &Value) -> Value {
    let (_, length, inner) = x.shape().around(axis);
    let (from, g) = (x.as_slice(), gradient.as_slice());
    let mut before = vec![1.0; length];
    Value::build(x.shape().clone(), |to| {
        if length == 0 {
            return;
        }
        for (line, g) in g.iter().enumerate() {
            let start = line / inner * length * inner + line % inner;
            let mut product = 1.0;
            for (i, before) in before.iter_mut().enumerate() {
                *before = product;
                product *= f64::from(from[start + i * inner]);
            }
            let mut after = f64::from(*g);
            for (i, before) in before.iter().enumerate().rev() {
                to[start + i * inner] = (before * after) as Scalar;
                after *= f64::from(from[start + i * inner]);
            }
        }
    })
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[2, 3]], &[&[]], &[&[0, 2]]], |x| x[0].prod()),
    Case::new(&[&[&[3, 4]], &[&[2, 3, 2]], &[&[2, 1]], &[&[0, 2]], &[&[2, 0]]], |x| x[0].prod_axis(1)),
    Case::new(&[&[&[2, 3, 2]]], |x| x[0].prod_axis_keepdim(0)),
];

#[cfg(test)]
mod tests {
    use crate::Parameter;

    #[test]
    fn the_other_elements_of_a_zero_count() {
        let parameter = Parameter::new(ndarray::arr2(&[[2.0, 0.0, 5.0], [0.0, 3.0, 0.0]]));
        parameter.tensor().prod_axis(1).sum().backward();
        assert_eq!(parameter.grad().unwrap().as_slice().unwrap(), [0.0, 10.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
