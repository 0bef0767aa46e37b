//! An affine map, bias and all, in one operation.

use crate::Tensor;
use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::{self, gemm::{flipped, plain, product}};
use crate::value::Value;

/// Applies `weight` to the last axis of `x` and adds `bias`.
///
/// # Shapes
/// `x: [.., in]`, `weight: [out, in]`, `bias: [out]` → `[.., out]`
///
/// # Formula
/// `y = x · wᵀ + b`; `dx = g · w`, `dw = gᵀ · x`, `db` is the sum of the rows of `g`.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let sizes = check(x.shape(), weight.shape(), bias.map(Tensor::shape));
    let (input, w) = (x.value().clone(), weight.value().clone());
    let (rows, inputs, outputs) = sizes;
    let shape = input.shape().with(x.rank() - 1, outputs);
    let output = Value::build(shape, |y| {
        if let Some(bias) = bias {
            kernel::repeat(bias.value().as_slice(), y);
        }
        product(sizes, plain(input.as_slice()), flipped(w.as_slice()), y, bias.is_some());
    });
    let needs = [x.requires_grad(), weight.requires_grad(), bias.is_some_and(Tensor::requires_grad)];
    let backward = move |gradient: &Value| {
        let g = gradient.as_slice();
        let dx = needs[0].then(|| {
            Value::build(input.shape().clone(), |dx| {
                product((rows, outputs, inputs), plain(g), plain(w.as_slice()), dx, false);
            })
        });
        let dw = needs[1].then(|| {
            Value::build(w.shape().clone(), |dw| {
                product((outputs, rows, inputs), flipped(g), plain(input.as_slice()), dw, false);
            })
        });
        (dx, dw)
    };
    let Some(bias) = bias else {
        return record(output, [x, weight], move |gradient| <[_; 2]>::from(backward(&gradient)));
    };
    record(output, [x, weight, bias], move |gradient| {
        let (dx, dw) = backward(&gradient);
        let db = needs[2].then(|| {
            let mut sums = Value::filled([outputs], 0.0);
            kernel::add_rows(gradient.as_slice(), sums.make_mut());
            sums
        });
        [dx, dw, db]
    })
}

/// Rows, inputs and outputs of the product.
#[track_caller]
fn check(x: &[usize], weight: &[usize], bias: Option<&[usize]>) -> (usize, usize, usize) {
    let &[outputs, inputs] = weight else {
        panic!("linear: the weight must be a matrix [out, in], and its shape is {weight:?}");
    };
    assert!(
        x.last() == Some(&inputs),
        "linear: the last axis of the input {x:?} must equal the columns of the weight {weight:?} [out, in]; \
         build the layer for that many inputs, or `reshape` the input"
    );
    if let Some(bias) = bias {
        assert!(
            bias == [outputs],
            "linear: the bias has the shape {bias:?}, and the weight {weight:?} [out, in] needs [{outputs}]"
        );
    }
    (x[..x.len() - 1].iter().product(), inputs, outputs)
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        &[
            &[&[3, 4], &[2, 4], &[2]],
            &[&[1, 1], &[1, 1], &[1]],
            &[&[2, 3, 4], &[2, 4], &[2]],
            &[&[4], &[3, 4], &[3]],
            &[&[0, 4], &[3, 4], &[3]],
        ],
        |x| linear(&x[0], &x[1], Some(&x[2])),
    ),
    Case::new(&[&[&[3, 4], &[2, 4]]], |x| linear(&x[0], &x[1], None)),
];

#[cfg(test)]
mod tests {
    use super::linear;
    use crate::Tensor;

    #[test]
    #[should_panic(expected = "last axis of the input [8, 3] must equal the columns of the weight [2, 4]")]
    fn other_inputs_are_named() {
        let _ = linear(&Tensor::zeros(&[8, 3]), &Tensor::zeros(&[2, 4]), None);
    }
}
