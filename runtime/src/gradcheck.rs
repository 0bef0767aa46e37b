//! Cases that check a derivative against central differences.
//!
//! Each operation and each loss defines its cases in its own file. The registries in `ops.rs` and
//! `loss.rs` do not compile if these cases are missing. The cases run in double precision, in the
//! package `tests/f64`, with a non-uniform output gradient. A gradient of ones would not detect a
//! backward pass that ignores the incoming gradient.
#![cfg_attr(not(all(test, feature = "f64")), allow(dead_code))]

use crate::{Scalar, Tensor};

/// An operation, the input shapes to test, and the range of the input values.
pub(crate) struct Case {
    shapes: &'static [&'static [&'static [usize]]],
    operation: fn(&[Tensor]) -> Tensor,
    range: (Scalar, Scalar),
}

impl Case {
    /// A case with distinct input values in (-2, 2). No value is at a point where the operation has
    /// no derivative.
    ///
    /// Each element of `shapes` is a set of input shapes.
    pub(crate) const fn new(
        shapes: &'static [&'static [&'static [usize]]],
        operation: fn(&[Tensor]) -> Tensor,
    ) -> Self {
        Self { shapes, operation, range: (-2.0, 2.0) }
    }

    /// Sets the range of the inputs.
    pub(crate) const fn within(mut self, low: Scalar, high: Scalar) -> Self {
        self.range = (low, high);
        self
    }
}

#[cfg(all(test, feature = "f64"))]
mod tests {
    use ndarray::{ArrayD, IxDyn};

    use super::Case;
    use crate::{Array, Parameter, Scalar, Tensor, autograd, no_grad};

    /// An array of distinct values that fill the range evenly, in no particular order.
    fn spread(shape: &[usize], offset: usize, (low, high): (Scalar, Scalar)) -> Array {
        let mut index = offset as Scalar * 0.137 + 0.31;
        ArrayD::from_shape_simple_fn(IxDyn(shape), || {
            index += 1.0;
            low + (high - low) * (index * 0.618_033_988_749_894_9).fract()
        })
    }

    /// The largest error of `backward` against central differences, and where that error occurs.
    fn worst(case: &Case, shapes: &[&[usize]]) -> (Scalar, String) {
        const STEP: Scalar = 1e-5;
        let parameters: Vec<Parameter> =
            shapes.iter().enumerate().map(|(i, s)| Parameter::new(spread(s, i, case.range))).collect();
        let evaluate = || (case.operation)(&parameters.iter().map(Parameter::tensor).collect::<Vec<_>>());
        let output = evaluate();
        let weights = spread(output.shape(), 7, (0.5, 2.0));
        (&output * &Tensor::from(weights.view())).sum().backward();
        let objective = || no_grad(|| (&evaluate().view() * &weights).sum());
        let mut worst = (0.0, String::new());
        for (number, parameter) in parameters.iter().enumerate() {
            let value = parameter.value();
            let gradient = parameter.grad().unwrap_or_else(|| Array::zeros(value.raw_dim()));
            for (index, &ours) in gradient.indexed_iter() {
                let shifted = |by: Scalar| {
                    let mut moved = value.clone();
                    moved[&index] += by;
                    parameter.set(moved);
                    objective()
                };
                let theirs = (shifted(STEP) - shifted(-STEP)) / (2.0 * STEP);
                let error = (ours - theirs).abs() / (1.0 + theirs.abs());
                if error > worst.0 || error.is_nan() {
                    worst = (
                        error,
                        format!("input {number} {index:?}: {ours} by backward, {theirs} by differences"),
                    );
                }
            }
            parameter.set(value);
        }
        worst
    }

    #[test]
    fn every_operation_and_loss_agrees_with_central_differences() {
        let mut faults = Vec::new();
        let mut checked = 0;
        for (name, cases) in crate::ops::CASES.iter().chain(crate::loss::CASES) {
            assert!(!cases.is_empty(), "{name} has no case");
            for case in *cases {
                for shapes in case.shapes {
                    let (error, place) = worst(case, shapes);
                    checked += 1;
                    if error >= 1e-7 || error.is_nan() {
                        faults.push(format!("{name} on {shapes:?}: {place}"));
                    }
                }
            }
        }
        assert!(faults.is_empty(), "{} of {checked} are wrong:\n{}", faults.len(), faults.join("\n"));
        assert!(checked > 40);
    }

    /// A leaky ReLU that ignores the incoming gradient for positive inputs.
    fn forgetful(x: &Tensor) -> Tensor {
        let input = x.value().clone();
        let output = x.leaky_relu(0.1).value().clone();
        autograd::record(output, [x], move |mut gradient| {
            for (g, x) in gradient.make_mut().iter_mut().zip(input.as_slice()) {
                *g = if *x > 0.0 { 1.0 } else { 0.1 * *g };
            }
            [gradient]
        })
    }

    /// A sum over rows whose backward has a factor that is correct for square shapes only.
    fn misscaled(x: &Tensor) -> Tensor {
        let shape = x.value().shape().clone();
        let output = x.sum().value().clone();
        autograd::record(output, [x], move |gradient| {
            let value = gradient.as_slice()[0] * shape[0] as Scalar / shape[1] as Scalar;
            [crate::value::Value::filled(shape.clone(), value)]
        })
    }

    #[test]
    fn wrong_derivatives_are_caught() {
        let right = Case::new(&[&[&[3, 4]]], |x| x[0].leaky_relu(0.1));
        assert!(worst(&right, &[&[3, 4]]).0 < 1e-7);
        let wrong = Case::new(&[&[&[3, 4]]], |x| forgetful(&x[0]));
        assert!(worst(&wrong, &[&[3, 4]]).0 > 1e-2);
        let wrong = Case::new(&[&[&[3, 4]]], |x| misscaled(&x[0]));
        assert!(worst(&wrong, &[&[3, 4]]).0 > 1e-2);
        assert!(worst(&wrong, &[&[3, 3]]).0 < 1e-7, "square shapes hide this fault: cases must be uneven");
    }
}
