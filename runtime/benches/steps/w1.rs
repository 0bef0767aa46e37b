//! W1: a line through 40 points, all of them in each batch: the overhead of the framework.

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::data;
use crate::training::training;

/// The expected losses of the first fifty steps: gradient descent by hand, in double precision.
///
/// The initial weight and bias are the draws of `seed`, which [`workload`] uses too.
pub(crate) fn exact_losses(seed: u64) -> Vec<f64> {
    training_loop::seed(seed);
    let model = Linear::new(1, 1);
    let first = |parameter: &Parameter| f64::from(parameter.tensor().as_slice()[0]);
    let (mut weight, mut bias) = (first(&model.weight), model.bias.as_ref().map_or(0.0, first));
    let (x, y) = data::line();
    let points: Vec<_> =
        x.as_slice().iter().zip(y.as_slice()).map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
    let mean = |f: &dyn Fn(f64, f64) -> f64| points.iter().map(|(x, y)| f(*x, *y)).sum::<f64>() / 40.0;
    let step = |_| {
        let loss = mean(&|x, y| (weight * x + bias - y).powi(2));
        let slope = mean(&|x, y| 2.0 * (weight * x + bias - y) * x);
        let shift = mean(&|x, y| 2.0 * (weight * x + bias - y));
        (weight, bias) = (weight - 0.01 * slope, bias - 0.01 * shift);
        loss
    };
    (0..50).map(step).collect()
}

pub(crate) fn workload() -> impl FnMut(usize) -> Scalar {
    let (x, y) = data::line();
    let model = Linear::new(1, 1);
    let optimizer = Sgd::new(model.parameters(), 0.01);
    training(optimizer, move |_| (x.clone(), y.clone()), move |x| model.forward(x), mse_loss)
}
