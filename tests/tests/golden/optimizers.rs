//! Optimizers: the parameters after each of 20 steps, or after selected steps of up to 100.

use training_loop::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Array, Lbfgs, Lion, Muon, MuonAdjust, NAdam, Optimizer,
    Parameter, RAdam, RmsProp, Scalar, Sgd, Tensor,
};

use crate::cases::{Case, Verdict, cases};

#[test]
pub(crate) fn optimizers() {
    let mut verdict = Verdict::default();
    let cases = cases("optimizers");
    let (given, cases) = cases.split_first().expect("a file begins with what all its cases share");
    for case in cases {
        if case.kind().starts_with("clip") {
            crate::clipping::check(&mut verdict, case);
        } else if case.kind() == "muon" {
            check_muon(&mut verdict, case);
        } else if case.kind() == "lbfgs" {
            check_lbfgs(&mut verdict, case);
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
    let at = if case.has("at") { case.counts("at") } else { (1..=gradients.len()).collect() };
    let (has_gradient, mut after) = (case.json("has_gradient"), case.parts("after").into_iter());
    for step in 0..*at.last().expect("a step is recorded") {
        optimizer.zero_grad();
        for (index, gradient) in gradients[step % gradients.len()].iter().enumerate() {
            if has_gradient[step][index].as_bool().unwrap_or(true) {
                give(&parameters[index], gradient);
            }
        }
        if case.flag("halving") && step > 0 && step % 5 == 0 {
            let rate = optimizer.learning_rate() / 2.0;
            optimizer.set_learning_rate(rate);
        }
        optimizer.step();
        if !at.contains(&(step + 1)) {
            continue;
        }
        let after = after.next().expect("the values of each recorded step");
        for (index, parameter) in parameters.iter().enumerate() {
            for (place, (ours, theirs)) in parameter.value().iter().zip(after.row(index)).enumerate() {
                let what = format!("{}: step {step}, parameter {index}[{place}]", case.name());
                verdict.numbers(&what, f64::from(*ours), theirs);
            }
        }
    }
}

/// Muon, whose parameters are matrices of several shapes.
fn check_muon(verdict: &mut Verdict, case: &Case) {
    verdict.case();
    let parameters: Vec<Parameter> = case.arrays("starts").into_iter().map(Parameter::new).collect();
    let options = case.part("options");
    let mut muon = Muon::new(parameters.clone(), options.number("lr") as Scalar);
    if options.has("momentum") {
        muon = muon.momentum(options.number("momentum")).nesterov(options.flag("nesterov"));
        muon = muon.weight_decay(options.number("weight_decay") as Scalar);
    }
    if options.has("ns_coefficients") {
        let coefficients = options.numbers("ns_coefficients").try_into().expect("three coefficients");
        muon = muon.ns_coefficients(coefficients).ns_steps(options.count("ns_steps"));
        muon = muon.eps(options.number("eps") as Scalar);
    }
    if options.has("adjust_lr_fn") {
        muon = muon.adjust(MuonAdjust::MatchRmsAdamW);
    }
    muon.check().expect("PyTorch takes these");
    let mut row = 0;
    for step in 0..20 {
        muon.zero_grad();
        for (parameter, gradient) in parameters.iter().zip(case.arrays("gradients")) {
            give(parameter, &(gradient * if step % 3 == 0 { -0.5 } else { 1.0 }));
        }
        muon.step();
        if [1, 5, 20].contains(&(step + 1)) {
            for (index, (parameter, theirs)) in parameters.iter().zip(case.rows("after", row)).enumerate() {
                let what = format!("{}: step {step}, parameter {index}", case.name());
                verdict.arrays(&what, &parameter.value(), &theirs);
            }
            row += 1;
        }
    }
}

/// L-BFGS. Each of its steps evaluates the loss several times.
fn check_lbfgs(verdict: &mut Verdict, case: &Case) {
    verdict.case();
    let options = case.part("options");
    let point = Parameter::new(case.array("start"));
    let mut lbfgs = Lbfgs::new(vec![point.clone()], options.number("lr") as Scalar);
    for name in ["history_size", "max_iter", "max_eval"] {
        lbfgs = match (options.has(name), name) {
            (false, _) => lbfgs,
            (true, "history_size") => lbfgs.history_size(options.count(name)),
            (true, "max_iter") => lbfgs.max_iter(options.count(name)),
            (true, _) => lbfgs.max_eval(options.count(name)),
        };
    }
    if options.has("tolerance_grad") {
        lbfgs = lbfgs.tolerance_grad(options.number("tolerance_grad"));
    }
    if options.has("tolerance_change") {
        lbfgs = lbfgs.tolerance_change(options.number("tolerance_change"));
    }
    if options.has("line_search_fn") {
        lbfgs = lbfgs.strong_wolfe();
    }
    let (matrix, target) = (Tensor::from(case.array("matrix")), Tensor::from(case.array("target")));
    for (step, theirs) in case.arrays("after").iter().enumerate() {
        let loss = lbfgs.step(|| {
            point.zero_grad();
            let error = matrix.matmul(&point.tensor()) - &target;
            let square = point.tensor() * point.tensor();
            let loss = (&error * &error).mean() + (&square * &square).sum() * 0.05;
            loss.backward();
            loss.item()
        });
        verdict.numbers(
            &format!("{}: loss {step}", case.name()),
            f64::from(loss),
            case.numbers("losses")[step],
        );
        verdict.arrays(&format!("{}: step {step}", case.name()), &point.value(), theirs);
        let evaluations = lbfgs.state_dict().get_number("func_evals").expect("a count");
        verdict.numbers(
            &format!("{}: evaluations {step}", case.name()),
            evaluations,
            case.numbers("evaluations")[step],
        );
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
    let get = |key: &str| options.has(key).then(|| options.number(key));
    let flag = |key: &str| options.has(key).then(|| options.flag(key));
    let rate = get("lr").expect("a learning rate") as Scalar;
    let betas = options.has("betas").then(|| options.numbers("betas"));
    // Options in single precision, options in double precision, flags, and whether there are betas.
    macro_rules! with {
        ($optimizer:ident, $($option:ident)*; $($wide:ident)*; $($flag:ident)*; $($betas:ident)?) => {{
            let mut optimizer = $optimizer::new(parameters.to_vec(), rate);
            $(if let Some(value) = get(stringify!($option)) {
                optimizer = optimizer.$option(value as Scalar);
            })*
            $(if let Some(value) = get(stringify!($wide)) {
                optimizer = optimizer.$wide(value);
            })*
            $(if let Some(value) = flag(stringify!($flag)) {
                optimizer = optimizer.$flag(value);
            })*
            $(if let Some(betas) = &betas {
                optimizer = optimizer.$betas(betas[0], betas[1]);
            })?
            if case.has("group") {
                let own = case.part("group");
                optimizer = optimizer.group(vec![parameters[1].clone()], |mut group| {
                    if own.has("lr") {
                        group = group.learning_rate(own.number("lr") as Scalar);
                    }
                    if own.has("weight_decay") {
                        group = group.weight_decay(own.number("weight_decay") as Scalar);
                    }
                    group
                });
            }
            Box::new(optimizer)
        }};
    }
    match case.text("optimizer") {
        "sgd" => with!(Sgd, momentum dampening weight_decay;; nesterov maximize;),
        "adam" => with!(Adam, eps weight_decay;; amsgrad maximize; betas),
        "adamw" => with!(AdamW, eps weight_decay;; amsgrad maximize; betas),
        "rms_prop" => with!(RmsProp, eps momentum weight_decay; alpha; centered maximize;),
        "adagrad" => with!(Adagrad, eps weight_decay initial_accumulator_value; lr_decay; maximize;),
        "adadelta" => with!(Adadelta, eps weight_decay; rho; maximize;),
        "adamax" => with!(Adamax, eps weight_decay;; maximize; betas),
        "nadam" => {
            with!(NAdam, eps weight_decay; momentum_decay; decoupled_weight_decay maximize; betas)
        }
        "radam" => with!(RAdam, eps weight_decay;; decoupled_weight_decay maximize; betas),
        "lion" => with!(Lion, weight_decay;;; betas),
        other => panic!("the recorded optimizer `{other}` is not tested: add it here"),
    }
}
