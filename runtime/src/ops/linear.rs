//! A matmul with a weight, the addition of a bias and optionally a ReLU, in one operation.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::affine::{add_and_rectify, rectify_and_sum};
use crate::kernel::gemm::{transposed, plain, matmul};
use crate::parameter::InLayer;
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

/// Multiplies the last axis of `x` by `weight` and adds `bias`.
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
    affine(x, weight, bias, false)
}

/// As [`linear`]. If `relu` is set, a ReLU is fused into the operation.
#[track_caller]
pub(crate) fn affine(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, relu: bool) -> Tensor {
    let sizes = check(InLayer::of("linear", weight), x.shape(), weight.shape(), bias.map(Tensor::shape));
    let (input, w) = (x.value().clone(), weight.value().clone());
    let (rows, inputs, outputs) = sizes;
    let mut bound = Scalar::INFINITY;
    let output = Value::build(input.shape().with(x.rank() - 1, outputs), |y| {
        let bias = bias.map(|bias| bias.value().as_slice());
        let preset = bias.filter(|_| !relu);
        if let Some(bias) = preset {
            kernel::repeat(bias, y);
        }
        matmul(sizes, plain(input.as_slice()), transposed(w.as_slice()), y, preset.is_some());
        match bias {
            Some(bias) if relu => bound = add_and_rectify(bias, y),
            None if relu => kernel::map_in_place(y, |y| if y <= 0.0 { 0.0 } else { y }),
            _ => {}
        }
    });
    let output = output.with_bound(bound);
    let needs = [x.requires_grad(), weight.requires_grad(), bias.is_some_and(Tensor::requires_grad)];
    let rectified = relu.then(|| output.clone());
    let backward = move |mut gradient: Value| {
        let mut db = needs[2].then(|| Value::filled([outputs], 0.0));
        match (&rectified, &mut db) {
            (Some(y), Some(db)) => {
                let bound = rectify_and_sum(y.as_slice(), gradient.make_mut(), db.make_mut());
                gradient = gradient.with_bound(bound);
            }
            (Some(y), None) => {
                kernel::zip_in_place(gradient.make_mut(), y.as_slice(), |g, y| if y <= 0.0 { 0.0 } else { g });
            }
            (None, Some(db)) => kernel::add_rows(gradient.as_slice(), db.make_mut()),
            (None, None) => {}
        }
        let g = gradient.as_slice();
        let [largest_g, largest_x] = bounds_of_factors(&gradient, &input, outputs * inputs);
        let dx = needs[0].then(|| {
            Value::build(input.shape().clone(), |dx| {
                matmul((rows, outputs, inputs), plain(g), plain(w.as_slice()), dx, false);
            })
        });
        let dw = needs[1].then(|| {
            let x = input.as_slice();
            let dw = Value::build(w.shape().clone(), |dw| {
                matmul((outputs, rows, inputs), transposed(g), plain(x), dw, false);
            });
            dw.with_bound(rows as Scalar * largest_g * largest_x)
        });
        let db = db.map(|db| db.with_bound(rows as Scalar * largest_g));
        (dx, dw, db)
    };
    match bias {
        Some(bias) => record(output, [x, weight, bias], move |gradient| <[_; 3]>::from(backward(gradient))),
        None => record(output, [x, weight], move |gradient| {
            let (dx, dw, _) = backward(gradient);
            [dx, dw]
        }),
    }
}

/// Upper bounds of `|g|` and `|x|`, for a weight whose gradient is `gᵀ · x`.
///
/// The absolute values of the gradient are at most `rows · max|g| · max|x|`. If both bounds are
/// finite, a check for NaN and infinity need not read the `count` elements of the gradient. An
/// unknown bound is computed if this costs less than reading the gradient. Otherwise the bound is
/// infinite.
fn bounds_of_factors(gradient: &Value, input: &Value, count: usize) -> [Scalar; 2] {
    let unknown = |factor: &Value| if factor.bound().is_finite() { 0 } else { factor.len() };
    if unknown(gradient) + unknown(input) < count {
        [gradient.largest(), input.largest()]
    } else {
        [gradient.bound(), input.bound()]
    }
}

/// Checks the shapes. Returns the number of rows of `x`, and the numbers of inputs and outputs.
#[track_caller]
fn check(
    op: InLayer<'_>,
    x: &[usize],
    weight: &[usize],
    bias: Option<&[usize]>,
) -> (usize, usize, usize) {
    let &[outputs, inputs] = weight else {
        panic!("{op}: the weight must be a matrix [out, in], and its shape is {weight:?}");
    };
    if x.last() != Some(&inputs) {
        let help = if x.len() > 2 && x[1..].iter().product::<usize>() == inputs {
            "`flatten(1)` the input first, or put a `Flatten` before the layer"
        } else if x.len() == 1 && inputs > 0 && x[0] > inputs && x[0].is_multiple_of(inputs) {
            "the whole batch seems to be one row: merge only the axes after the first, with `flatten(1)`"
        } else if x.len() > 3 {
            "`flatten(1)` the input first, and build the layer for that many inputs"
        } else {
            "build the layer for that many inputs, or `reshape` the input"
        };
        panic!(
            "{op}: the last axis of the input {x:?} must equal the columns of the weight {weight:?} [out, in]; {help}"
        );
    }
    if let Some(bias) = bias {
        assert!(
            bias == [outputs],
            "{op}: the bias has the shape {bias:?}, and the weight {weight:?} [out, in] needs [{outputs}]"
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
    Case::new(&[&[&[5, 4], &[7, 4], &[7]], &[&[0, 4], &[3, 4], &[3]]], |x| {
        affine(&x[0], &x[1], Some(&x[2]), true)
    }),
    Case::new(&[&[&[5, 4], &[7, 4]]], |x| affine(&x[0], &x[1], None, true)),
];

#[cfg(test)]
mod tests {
    use super::linear;
    use crate::Tensor;

    #[test]
    fn a_rectifier_inside_gives_the_numbers_of_one_behind() {
        let numbers = |rows: usize, columns: usize| {
            crate::Parameter::new(ndarray::Array2::from_shape_fn((rows, columns), |(i, j)| {
                ((i * 13 + j * 7) % 11) as crate::Scalar / 4.0 - 1.25
            }))
        };
        let (x, w, b) = (numbers(300, 9), numbers(130, 9), numbers(1, 130));
        let run = |inside: bool| {
            let bias = b.tensor().reshape(&[130]);
            let y = super::affine(&x.tensor(), &w.tensor(), Some(&bias), inside);
            let y = if inside { y } else { y.relu() };
            (&y * &y).sum().backward();
            let gradients = [&x, &w, &b].map(|parameter| {
                let gradient = parameter.grad().unwrap();
                parameter.zero_grad();
                gradient
            });
            (y.to_array(), gradients)
        };
        let (inside, behind) = (run(true), run(false));
        let near = |a: &crate::Array, b: &crate::Array| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-4 * (1.0 + b.abs()));
        assert!(near(&inside.0, &behind.0));
        assert!(inside.1.iter().zip(&behind.1).all(|(a, b)| near(a, b)));
    }

    #[test]
    #[should_panic(expected = "the whole batch seems to be one row: merge only the axes after the first, with `flatten(1)`")]
    fn a_batch_in_one_row_is_named() {
        let pictures = Tensor::zeros(&[4, 2, 3]);
        let _ = linear(&pictures.flatten(0), &Tensor::zeros(&[5, 6]), None);
    }

    #[test]
    fn gradients_that_overflow_are_not_called_finite() {
        use crate::{Optimizer, Sgd};
        let weight = crate::Parameter::new(ndarray::Array2::zeros((16, 16)));
        let optimizer = Sgd::new(vec![weight.clone()], 0.1);
        let large = crate::Scalar::MAX.sqrt();
        let found = |x: crate::Scalar, slope: crate::Scalar| {
            weight.zero_grad();
            (linear(&(Tensor::ones(&[2, 16]) * x), &weight.tensor(), None).sum() * slope).backward();
            (optimizer.non_finite_gradient(), weight.grad().unwrap().iter().all(|g| g.is_finite()))
        };
        assert_eq!(found(2.0, 3.0), (None, true));
        assert_eq!(found(large, large / 2.0), (None, true), "too close to be sure by the factors");
        assert_eq!(found(large, large), (Some(0), false), "two finite products whose sum is not");
        assert_eq!(found(crate::Scalar::NAN, 1.0), (Some(0), false));
        assert_eq!(found(1.0, crate::Scalar::INFINITY), (Some(0), false));
        linear(&Tensor::ones(&[2, 16]), &weight.tensor(), None).sum().backward();
        assert_eq!(optimizer.non_finite_gradient(), Some(0), "what is added to it stays");
    }

    #[test]
    #[should_panic(expected = "last axis of the input [8, 3] must equal the columns of the weight [2, 4]")]
    fn other_inputs_are_named() {
        let _ = linear(&Tensor::zeros(&[8, 3]), &Tensor::zeros(&[2, 4]), None);
    }
}
