//! Clipping: the returned norm and the resulting gradients, also with infinities and NaN.

use training_loop::{Optimizer, Parameter, Scalar, Sgd};

use crate::cases::{Case, Verdict};
use crate::optimizers::give;

pub(crate) fn check(verdict: &mut Verdict, case: &Case) {
    verdict.case();
    let name = case.name();
    let gradients = case.arrays("gradients");
    let parameters: Vec<Parameter> =
        gradients.iter().map(|gradient| Parameter::new(gradient.mapv(|_| 0.0))).collect();
    for (parameter, gradient) in parameters.iter().zip(&gradients) {
        give(parameter, gradient);
    }
    let mut optimizer = Sgd::new(parameters.clone(), 0.1);
    let limit = case.number("limit") as Scalar;
    match case.text("clip") {
        "norm" => {
            let norm = optimizer.clip_grad_norm(limit);
            verdict.numbers(&format!("{name}: norm"), f64::from(norm), case.number("norm"));
        }
        "value" => optimizer.clip_grad_value(limit),
        other => panic!("the recorded clipping `{other}` is not tested: add it here"),
    }
    // If the norm is not finite, PyTorch scales by 0 or NaN and leaves zeros and NaN; we leave the gradients
    // unchanged.
    let kept = case.has("norm") && !case.number("norm").is_finite();
    let expected = if kept { gradients } else { case.arrays("clipped") };
    for (index, (parameter, theirs)) in parameters.iter().zip(expected).enumerate() {
        let ours = parameter.grad().expect("a gradient was given");
        verdict.arrays(&format!("{name}: gradient {index}"), &ours, &theirs);
    }
}
