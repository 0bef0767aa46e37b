//! Initialisation of parameters.
//!
//! Layers are initialised like PyTorch's layers. The functions of this module initialise a
//! parameter in another way. [`seed`](crate::seed) determines all draws.
//!
//! ```
//! use training_loop::nn::init;
//! use training_loop::prelude::*;
//!
//! let layer = Linear::new(64, 32);
//! init::kaiming_normal(&layer.weight, 0.0);
//! init::constant(layer.bias.as_ref().unwrap(), 0.0);
//! ```

mod orthogonal;
mod truncated;

pub use orthogonal::orthogonal;
pub use truncated::truncated_normal;

use crate::random::{Purpose, Stream, draw};
use crate::value::Value;
use crate::{Parameter, Scalar};

/// Sets every element to `value`.
#[track_caller]
pub fn constant(parameter: &Parameter, value: Scalar) {
    fill(parameter, |_, values| values.fill(value));
}

/// Draws every element uniformly from `[low, high)`.
#[track_caller]
pub fn uniform(parameter: &Parameter, low: f64, high: f64) {
    fill(parameter, |stream, values| stream.fill_uniform(values, low, high));
}

/// Draws every element from a normal distribution.
#[track_caller]
pub fn normal(parameter: &Parameter, mean: f64, deviation: f64) {
    fill(parameter, |stream, values| stream.fill_normal(values, mean, deviation));
}

/// Draws every element uniformly. With these values, a layer without an activation (or with `tanh`)
/// preserves the variance of its input.
///
/// # Formula
/// The elements are uniform over ±`gain · √(6 / (in + out))`.
///
/// # Source
/// Glorot and Bengio 2010; PyTorch's `xavier_uniform_`.
#[track_caller]
pub fn xavier_uniform(parameter: &Parameter, gain: f64) {
    let bound = gain * (6.0 / total(parameter)).sqrt();
    uniform(parameter, -bound, bound);
}

/// Draws every element from a normal distribution. With these values, a layer without an activation
/// (or with `tanh`) preserves the variance of its input.
///
/// # Formula
/// The standard deviation is `gain · √(2 / (in + out))`.
///
/// # Source
/// Glorot and Bengio 2010; PyTorch's `xavier_normal_`.
#[track_caller]
pub fn xavier_normal(parameter: &Parameter, gain: f64) {
    normal(parameter, 0.0, gain * (2.0 / total(parameter)).sqrt());
}

/// Draws every element uniformly. A layer with a leaky ReLU of slope `slope` then preserves the
/// variance of its input. The slope of `relu` is 0.
///
/// # Formula
/// The elements are uniform over ±`√(6 / ((1 + slope²) · in))`.
///
/// # Source
/// He et al. 2015; PyTorch's `kaiming_uniform_`.
#[track_caller]
pub fn kaiming_uniform(parameter: &Parameter, slope: f64) {
    let bound = (6.0 / ((1.0 + slope * slope) * fans(parameter).0)).sqrt();
    uniform(parameter, -bound, bound);
}

/// Draws every element from a normal distribution. A layer with a leaky ReLU of slope `slope` then
/// preserves the variance of its input. The slope of `relu` is 0.
///
/// # Formula
/// The standard deviation is `√(2 / ((1 + slope²) · in))`.
///
/// # Source
/// He et al. 2015; PyTorch's `kaiming_normal_`.
#[track_caller]
pub fn kaiming_normal(parameter: &Parameter, slope: f64) {
    normal(parameter, 0.0, (2.0 / ((1.0 + slope * slope) * fans(parameter).0)).sqrt());
}

/// The number that the variance of a weight is divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fan {
    /// The number of inputs of each output, which preserves the variance in the forward pass.
    #[default]
    In,
    /// The number of outputs of each input, which preserves the variance in the backward pass.
    Out,
}

/// Draws every element uniformly, for any activation and either pass.
///
/// `gain` is 1 for no activation, 5/3 for `tanh`, √2 for `relu` and `√(2 / (1 + slope²))` for a leaky ReLU, as in
/// `PyTorch`'s `calculate_gain`.
///
/// # Formula
/// The elements are uniform over ±`gain · √(3 / fan)`.
///
/// # Source
/// He et al. 2015; PyTorch's `kaiming_uniform_(mode=..)`.
#[track_caller]
pub fn kaiming_uniform_by(parameter: &Parameter, gain: f64, fan: Fan) {
    let bound = gain * (3.0 / number(parameter, fan)).sqrt();
    uniform(parameter, -bound, bound);
}

/// Draws every element from a normal distribution, for any activation and either pass. `gain` is that of
/// [`kaiming_uniform_by`].
///
/// # Formula
/// The standard deviation is `gain / √fan`.
///
/// # Source
/// He et al. 2015; PyTorch's `kaiming_normal_(mode=..)`.
///
/// # Example
/// ```
/// use training_loop::nn::init::{self, Fan};
/// use training_loop::prelude::*;
///
/// let layer = Conv2d::new(3, 16, 3);
/// init::kaiming_normal_by(&layer.weight, 2.0_f64.sqrt(), Fan::Out);
/// ```
#[track_caller]
pub fn kaiming_normal_by(parameter: &Parameter, gain: f64, fan: Fan) {
    normal(parameter, 0.0, gain / number(parameter, fan).sqrt());
}

fn number(parameter: &Parameter, fan: Fan) -> f64 {
    let (inputs, outputs) = fans(parameter);
    match fan {
        Fan::In => inputs,
        Fan::Out => outputs,
    }
}

fn total(parameter: &Parameter) -> f64 {
    let (inputs, outputs) = fans(parameter);
    inputs + outputs
}

/// The numbers of inputs and outputs of a weight `[out, in, ..]`, each at least 1. For a vector,
/// both numbers are the length of the vector.
fn fans(parameter: &Parameter) -> (f64, f64) {
    let (outputs, inputs, field) = match parameter.shape() {
        [] => (1, 1, 1),
        [length] => (*length, *length, 1),
        [outputs, inputs, field @ ..] => (*outputs, *inputs, field.iter().product()),
    };
    ((inputs * field).max(1) as f64, (outputs * field).max(1) as f64)
}

#[track_caller]
fn fill(parameter: &Parameter, write: impl FnOnce(&mut Stream, &mut [Scalar])) {
    parameter.replace(Value::build(parameter.shape(), |values| write(&mut draw(Purpose::Initial), values)));
}

/// A parameter of this shape, with values drawn uniformly from ±`bound`.
#[track_caller]
pub(super) fn drawn(shape: &[usize], bound: f64) -> Parameter {
    let parameter = Parameter::filled(shape, 0.0);
    uniform(&parameter, -bound, bound);
    parameter
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(parameter: &Parameter) -> (f64, f64) {
        let values = parameter.value().mapv(f64::from);
        let mean = values.mean().unwrap();
        (mean, values.mapv(|value| (value - mean).powi(2)).mean().unwrap().sqrt())
    }

    type Fill = fn(&Parameter);

    #[test]
    fn spreads_are_those_of_their_formulas() {
        let weight = Parameter::new(ndarray::Array2::zeros((100, 300)));
        let cases: [(Fill, f64); 9] = [
            (|p| uniform(p, -1.0, 1.0), 1.0 / 3_f64.sqrt()),
            (|p| normal(p, 0.0, 0.5), 0.5),
            (|p| xavier_uniform(p, 2.0), 2.0 * (2.0 / 400_f64).sqrt()),
            (|p| xavier_normal(p, 2.0), 2.0 * (2.0 / 400_f64).sqrt()),
            (|p| kaiming_uniform(p, 1.0), (1.0 / 300_f64).sqrt()),
            (|p| kaiming_normal(p, 0.0), (2.0 / 300_f64).sqrt()),
            (|p| kaiming_uniform_by(p, 1.5, Fan::In), 1.5 / 300_f64.sqrt()),
            (|p| kaiming_uniform_by(p, 1.5, Fan::Out), 1.5 / 100_f64.sqrt()),
            (|p| kaiming_normal_by(p, 1.5, Fan::Out), 1.5 / 100_f64.sqrt()),
        ];
        for (number, (fill, expected)) in cases.into_iter().enumerate() {
            fill(&weight);
            let (mean, deviation) = moments(&weight);
            assert!(mean.abs() < 0.03 * expected, "case {number}: mean {mean}");
            assert!((deviation / expected - 1.0).abs() < 0.02, "case {number}: {deviation} for {expected}");
        }
        constant(&weight, 2.0);
        assert_eq!(moments(&weight), (2.0, 0.0));
    }
}
