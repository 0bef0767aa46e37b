//! Optimizers: the parameters after each of 20 steps.

use training_loop::{Adam, AdamW, Array, Optimizer, Parameter, Scalar, Sgd, Tensor};

use crate::cases::{Case, Verdict, cases, number};

#[test]
fn optimizers() {
    let mut verdict = Verdict::default();
    let cases = cases("optimizers");
    let (given, cases) = cases.split_first().expect("a file begins with what all its cases share");
    for case in cases {
        if case.kind().starts_with("clip") {
            crate::clipping::check(&mut verdict, case);
        } else {
            check(&mut verdict, given, case);
        }
    }
    verdict.demand("optimizers");
}

fn check(verdict: &mut Verdict, given: &Case, case: &Case) {
    verdict.case();
    let parameters: Vec<Parameter> = given.arrays("start").into_iter().map(Parameter::new).collect();
    let mut optimizer = build(case, &parameters);
    optimizer.check().expect("PyTorch takes these");
    let gradients: Vec<Vec<Array>> = arrays_of_steps(given);
    let (has_gradient, after) = (case.json("has_gradient"), case.json("after"));
    for (step, gradients) in gradients.iter().enumerate() {
        optimizer.zero_grad();
        for (index, gradient) in gradients.iter().enumerate() {
            if has_gradient[step][index].as_bool().expect("a flag") {
                give(&parameters[index], gradient);
            }
        }
        if case.flag("halving") && step > 0 && step % 5 == 0 {
            let rate = optimizer.learning_rate() / 2.0;
            optimizer.set_learning_rate(rate);
        }
        optimizer.step();
        for (index, parameter) in parameters.iter().enumerate() {
            let theirs = after[step][index].as_array().expect("numbers").iter().map(number);
            for (place, (ours, theirs)) in parameter.value().iter().zip(theirs).enumerate() {
                let what = format!("{}: step {step}, parameter {index}[{place}]", case.name());
                verdict.numbers(&what, f64::from(*ours), theirs);
            }
        }
    }
}

fn arrays_of_steps(given: &Case) -> Vec<Vec<Array>> {
    let steps = given.json("gradients").as_array().expect("a list of steps").len();
    (0..steps).map(|step| given.rows("gradients", step)).collect()
}

/// Sets the parameter's gradient to `gradient`, by the loss Σ parameter · gradient.
pub(crate) fn give(parameter: &Parameter, gradient: &Array) {
    (parameter.tensor() * Tensor::from(gradient.view())).sum().backward();
}

fn build(case: &Case, parameters: &[Parameter]) -> Box<dyn Optimizer> {
    let options = case.part("options");
    let get = |key: &str| options.has(key).then(|| options.number(key) as Scalar);
    let rate = get("lr").expect("a learning rate");
    let parameters = parameters.to_vec();
    let betas = options.has("betas").then(|| options.numbers("betas"));
    macro_rules! with {
        ($optimizer:ident, $($option:ident)*) => {{
            let mut optimizer = $optimizer::new(parameters, rate);
            $(if let Some(value) = get(stringify!($option)) {
                optimizer = optimizer.$option(value);
            })*
            optimizer
        }};
    }
    match case.text("optimizer") {
        "sgd" => {
            let mut sgd = with!(Sgd, momentum dampening weight_decay);
            if options.has("nesterov") {
                sgd = sgd.nesterov(options.flag("nesterov"));
            }
            Box::new(sgd)
        }
        "adam" => {
            let mut adam = with!(Adam, eps weight_decay);
            if let Some(betas) = betas {
                adam = adam.betas(betas[0], betas[1]);
            }
            Box::new(adam)
        }
        "adamw" => {
            let mut adamw = with!(AdamW, eps weight_decay);
            if let Some(betas) = betas {
                adamw = adamw.betas(betas[0], betas[1]);
            }
            Box::new(adamw)
        }
        other => panic!("the recorded optimizer `{other}` is not tested: add it here"),
    }
}
