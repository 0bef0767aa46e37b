//! Schedules: the learning rate of each update, exact up to f32 rounding.

use training_loop::prelude::*;

use crate::cases::{Case, cases};

/// Half the distance between adjacent f32 values, relative to their size.
const ROUNDING: f64 = 6e-8;

#[test]
fn schedules() {
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

fn rates(case: &Case) -> Vec<f64> {
    let options = case.part("options");
    let mut optimizer = Sgd::new(vec![Parameter::new(ndarray::arr1(&[0.0]))], case.number("rate") as Scalar);
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
