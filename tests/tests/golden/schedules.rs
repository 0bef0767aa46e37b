//! Schedules: the learning rate of each update, exact up to f32 rounding.

use training_loop::prelude::*;

use crate::cases::{Case, cases};

/// Half the distance between adjacent f32 values, relative to their size.
const ROUNDING: f64 = 6e-8;

#[test]
pub(crate) fn schedules() {
    let mut faults = Vec::new();
    for case in cases("schedules") {
        for (update, (ours, theirs)) in rates(&case).into_iter().zip(case.numbers("rates")).enumerate() {
            // PyTorch's cosine schedule ends at about 1e-19 where the formula gives zero.
            if (ours - theirs).abs() > ROUNDING * theirs.abs() + 1e-15 {
                faults.push(format!(
                    "{}: update {update}: ours is {ours:e}, PyTorch's {theirs:e}",
                    case.name()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn cyclic(options: &Case) -> CyclicLr {
    let [low, high] = ["base_lr", "max_lr"].map(|name| options.number(name) as Scalar);
    let schedule = CyclicLr::new(low, high, options.count("step_size_up"))
        .step_size_down(options.count("step_size_down"));
    match options.text("mode") {
        "triangular2" => schedule.triangular2(),
        "exp_range" => schedule.exp_range(options.number("gamma")),
        _ => schedule,
    }
}

fn plateau(options: &Case) -> PlateauLr {
    let mut schedule = PlateauLr::new();
    for name in ["factor", "patience", "cooldown", "min_lr", "threshold", "eps"] {
        if !options.has(name) {
            continue;
        }
        schedule = match name {
            "factor" => schedule.factor(options.number(name)),
            "patience" => schedule.patience(options.count(name)),
            "cooldown" => schedule.cooldown(options.count(name)),
            "min_lr" => schedule.min_rate(options.number(name) as Scalar),
            "threshold" => schedule.threshold(options.number(name)),
            _ => schedule.eps(options.number(name)),
        };
    }
    if options.has("threshold_mode") {
        schedule = schedule.absolute();
    }
    if options.has("mode") { schedule.max() } else { schedule }
}

/// The learning rate after each of the recorded values.
fn rates_of_plateau(case: &Case, optimizer: &mut Sgd) -> Vec<f64> {
    let mut schedule = plateau(&case.part("options"));
    let mut rates = Vec::new();
    for value in case.numbers("values") {
        // Saves and restores the state in the middle of the run, as a checkpoint does.
        let state = schedule.state_dict();
        schedule = plateau(&case.part("options"));
        schedule.load_state_dict(state);
        schedule.step(value, optimizer);
        rates.push(f64::from(optimizer.learning_rate()));
    }
    rates
}

fn rates(case: &Case) -> Vec<f64> {
    let options = case.part("options");
    let mut optimizer = Sgd::new(vec![Parameter::new(ndarray::arr1(&[0.0]))], case.number("rate") as Scalar);
    if case.kind() == "plateau_lr" {
        return rates_of_plateau(case, &mut optimizer);
    }
    let mut schedule: Box<dyn Schedule> = match case.kind() {
        "step_lr" => Box::new(StepLr::new(options.count("step_size"), options.number("gamma"))),
        "cosine_lr" => {
            Box::new(CosineLr::new(options.count("T_max")).min(options.number("eta_min") as Scalar))
        }
        "one_cycle_lr" => Box::new(
            OneCycleLr::new(options.number("max_lr") as Scalar, options.count("total_steps"))
                .pct_start(options.number("pct_start") as Scalar)
                .div_factor(options.number("div_factor") as Scalar)
                .final_div_factor(options.number("final_div_factor") as Scalar),
        ),
        "constant_lr" => Box::new(ConstantLr::new(options.number("factor"), options.count("total_iters"))),
        "linear_lr" => Box::new(LinearLr::new(
            options.number("start_factor"),
            options.number("end_factor"),
            options.count("total_iters"),
        )),
        "multi_step_lr" => Box::new(MultiStepLr::new(options.counts("milestones"), options.number("gamma"))),
        "exponential_lr" => Box::new(ExponentialLr::new(options.number("gamma"))),
        "polynomial_lr" => Box::new(PolynomialLr::new(options.count("total_iters"), options.number("power"))),
        "cosine_restarts_lr" => Box::new(
            CosineRestartsLr::new(options.count("T_0"))
                .t_mult(options.count("T_mult"))
                .min(options.number("eta_min") as Scalar),
        ),
        "cyclic_lr" => Box::new(cyclic(&options)),
        "lambda_lr" => Box::new(LambdaLr::new(|t| 1.0 / (1.0 + 0.1 * t as f64))),
        "sequential_lr" => Box::new(
            SequentialLr::new(LinearLr::new(0.25, 1.0, 4))
                .then(4, ConstantLr::new(0.5, 3))
                .then(10, ExponentialLr::new(0.9)),
        ),
        "chained_lr" => Box::new(ChainedLr::new(ConstantLr::new(0.1, 5)).and(ExponentialLr::new(0.9))),
        other => panic!("the recorded schedule `{other}` is not tested: add it here"),
    };
    schedule.start(&mut optimizer);
    let mut rates = Vec::new();
    for _ in 0..case.numbers("rates").len() {
        rates.push(f64::from(optimizer.learning_rate()));
        schedule.step(&mut optimizer);
    }
    rates
}
