//! Operations of the user.

use std::panic::Location;

use ndarray::{ArrayViewD, IxDyn};

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::shape::Shape;
use crate::tensor::copied;
use crate::value::Value;
use crate::{Array, Scalar, Tensor};

/// An operation with a derivative of your own.
///
/// `forward` gets the values of the inputs. It returns the output, and a closure that maps the gradient of the output to
/// one gradient per input, in order, each of the input's shape. What the derivative needs from the forward pass, the
/// closure captures: it must own its arrays. The closure runs once for each `backward`, and not at all if no input needs
/// a gradient.
///
/// # Panics
/// `backward` panics if a gradient has another shape than its input.
///
/// # Source
/// PyTorch's `torch.autograd.Function`; the captured arrays are those of `ctx.save_for_backward`.
///
/// # Example
/// The logarithm of a sigmoid without overflow, and a check of its derivative by central differences. The weights of the
/// outputs are uneven, so that the check would see a derivative that ignores the incoming gradient.
/// ```
/// use training_loop::prelude::*;
///
/// fn log_sigmoid(x: &Tensor) -> Tensor {
///     custom_op([x], |[x]| {
///         let output = x.mapv(|x| x.min(0.0) - (-x.abs()).exp().ln_1p());
///         let saved = output.clone();
///         (output, move |gradient| [&gradient * &saved.mapv(|y| 1.0 - y.exp())])
///     })
/// }
///
/// let x = Parameter::new([-2.0, -0.3, 0.5, 1.7]);
/// let weighted = || (log_sigmoid(&x.tensor()) * Tensor::from([1.0, -2.0, 0.5, 3.0])).sum();
/// weighted().backward();
/// let (start, gradient, step) = (x.value(), x.grad().unwrap(), 1e-2);
/// for i in 0..4 {
///     let at = |by: Scalar| {
///         let mut moved = start.clone();
///         moved[i] += by;
///         x.set(moved);
///         weighted().item()
///     };
///     let difference = (at(step) - at(-step)) / (2.0 * step);
///     assert!((gradient[i] - difference).abs() < 1e-3, "{} by backward, {difference} by differences", gradient[i]);
/// }
/// ```
#[doc(alias("Function", "autograd"))]
#[track_caller]
pub fn custom_op<const N: usize, B>(
    inputs: [&Tensor; N],
    forward: impl FnOnce([ArrayViewD<'_, Scalar>; N]) -> (Array, B),
) -> Tensor
where
    B: Fn(ArrayViewD<'_, Scalar>) -> [Array; N] + Send + Sync + 'static,
{
    let place = Location::caller();
    let shapes = inputs.map(|input| input.value().shape().clone());
    let (output, backward) = forward(inputs.map(Tensor::view));
    record(copied(&output), inputs, move |gradient: Value| {
        let view = ArrayViewD::from_shape(IxDyn(gradient.shape()), gradient.as_slice());
        let gradients = backward(view.expect("the shape counts the numbers"));
        check(&gradients, &shapes, place);
        gradients.map(|gradient| copied(&gradient))
    })
}

/// Panics unless each gradient has the shape of its input. `place` is the line of the operation.
fn check(gradients: &[Array], shapes: &[Shape], place: &Location<'_>) {
    for (number, (gradient, shape)) in gradients.iter().zip(shapes).enumerate() {
        assert!(
            *gradient.shape() == shape[..],
            "custom_op: the operation at {place} returned a gradient of shape {:?} for input {number}, which has the shape \
             {shape:?}",
            gradient.shape()
        );
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[3, 4], &[3, 4]], &[&[], &[]], &[&[0, 2], &[0, 2]]], |x| {
        custom_op([&x[0], &x[1]], |[a, b]| {
            let (left, right) = (a.to_owned(), b.to_owned());
            (&a * &b, move |g| [&g * &right, &g * &left])
        })
    }),
    // The output and the gradient are not in row-major order.
    Case::new(&[&[&[3, 4]]], |x| {
        custom_op([&x[0]], |[a]| {
            let saved = a.to_owned();
            let output = a.t().mapv(|v| v * v);
            (output, move |g| [(&g.t() * &saved.mapv(|v| 2.0 * v)).t().to_owned().reversed_axes()])
        })
    }),
];

#[cfg(test)]
mod tests {
    use super::custom_op;
    use crate::{Array, Parameter, Tensor, no_grad};

    #[test]
    fn inputs_without_a_gradient_are_left_out() {
        let weight = Parameter::new([2.0, 3.0]);
        let double = |x: &Tensor| custom_op([x], |[x]| (&x + &x, |g| [&g + &g]));
        assert!(!double(&Tensor::from([1.0])).requires_grad());
        assert!(!no_grad(|| double(&weight.tensor())).requires_grad());
        let twice = double(&double(&weight.tensor()));
        assert_eq!(twice.as_slice(), [8.0, 12.0]);
        twice.sum().backward();
        assert_eq!(weight.grad().unwrap().as_slice().unwrap(), [4.0, 4.0]);
    }

    #[test]
    fn a_gradient_of_another_shape_is_named() {
        let weight = Parameter::new([2.0, 3.0]);
        let line = line!() + 1;
        let y = custom_op([&weight.tensor()], |[x]| (x.to_owned(), |_| [Array::zeros(vec![3])]));
        let run = std::panic::AssertUnwindSafe(|| y.sum().backward());
        let message = *std::panic::catch_unwind(run).unwrap_err().downcast::<String>().unwrap();
        let expected = format!("custom_op.rs:{line}:");
        assert!(message.contains(&expected), "{message}");
        assert!(
            message.contains("a gradient of shape [3] for input 0, which has the shape [2]"),
            "{message}"
        );
    }
}
