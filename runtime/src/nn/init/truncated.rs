//! Truncated normal distributions.

use crate::random::{Purpose, Stream, draw};
use crate::value::Value;
use crate::{Parameter, Scalar};

/// Draws every element from a normal distribution, restricted to the interval `[low, high]`. The limits are values, not
/// multiples of the deviation.
///
/// # Panics
/// If `low` is not below `high`, or if `deviation` is not above 0 and finite.
///
/// # Source
/// PyTorch's `trunc_normal_`, whose limits are -2 and 2 by default.
///
/// # Example
/// ```
/// use training_loop::nn::init;
/// use training_loop::prelude::*;
///
/// let layer = Linear::new(64, 32);
/// init::truncated_normal(&layer.weight, 0.0, 0.02, -0.04, 0.04);
/// assert!(layer.weight.value().iter().all(|x| x.abs() <= 0.04));
/// ```
#[doc(alias("trunc_normal"))]
#[track_caller]
pub fn truncated_normal(parameter: &Parameter, mean: f64, deviation: f64, low: f64, high: f64) {
    assert!(low < high, "truncated_normal: the interval from {low} to {high} is empty");
    assert!(
        deviation > 0.0 && deviation.is_finite(),
        "truncated_normal: the deviation is {deviation}, and it must be above 0 and finite"
    );
    let interval = Interval::new((low - mean) / deviation, (high - mean) / deviation);
    let mut stream = draw(Purpose::Initial);
    parameter.replace(Value::build(parameter.shape(), |values| {
        for value in values {
            // Rounding must not leave the interval.
            *value = ((mean + deviation * interval.draw(&mut stream)) as Scalar)
                .clamp(low as Scalar, high as Scalar);
        }
    }));
}

/// An interval of the standard normal distribution.
struct Interval {
    low: f64,
    high: f64,
    /// The point with the highest density.
    mode: f64,
}

impl Interval {
    fn new(low: f64, high: f64) -> Self {
        let mode = 0.0_f64.clamp(low, high);
        // Outside of this reach, the density is less than 10⁻¹³ of that of the mode.
        let reach = 40.0 / (mode.abs() + 4.0);
        Self { low: low.max(mode - reach), high: high.min(mode + reach), mode }
    }

    /// A number of the interval: uniform numbers are accepted in proportion to their density.
    fn draw(&self, stream: &mut Stream) -> f64 {
        loop {
            let z = self.low + (self.high - self.low) * stream.unit();
            if stream.unit() < (0.5 * (self.mode * self.mode - z * z)).exp() {
                return z;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and standard deviation of numbers, and their least and greatest.
    fn drawn(mean: f64, deviation: f64, low: f64, high: f64) -> [f64; 4] {
        let parameter = Parameter::filled(&[200, 200], 0.0);
        truncated_normal(&parameter, mean, deviation, low, high);
        let values = parameter.value().mapv(f64::from);
        let centre = values.mean().unwrap();
        let spread = values.mapv(|x| (x - centre) * (x - centre)).mean().unwrap().sqrt();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        [centre, spread, least, values.iter().copied().fold(f64::NEG_INFINITY, f64::max)]
    }

    #[test]
    fn moments_are_those_of_the_distribution() {
        let infinite = f64::INFINITY;
        // Mean and deviation of the truncated standard normal distribution, from its density and distribution.
        for ((low, high), mean, deviation) in [
            ((-2.0, 2.0), 0.0, 0.879_626),
            ((-infinite, infinite), 0.0, 1.0),
            ((0.0, infinite), 0.797_885, 0.602_810),
            ((3.0, infinite), 3.283_099, 0.265_868),
            ((-1.5, 0.5), -0.356_273, 0.529_385),
        ] {
            let [centre, spread, least, greatest] = drawn(1.0, 0.5, 1.0 + 0.5 * low, 1.0 + 0.5 * high);
            assert!((centre - 1.0 - 0.5 * mean).abs() < 0.01, "{low} to {high}: mean {centre}");
            assert!((spread / (0.5 * deviation) - 1.0).abs() < 0.02, "{low} to {high}: deviation {spread}");
            assert!(least >= 1.0 + 0.5 * low && greatest <= 1.0 + 0.5 * high);
        }
    }

    #[test]
    #[should_panic(expected = "truncated_normal: the interval from 1 to -1 is empty")]
    fn limits_are_in_order() {
        truncated_normal(&Parameter::filled(&[3], 0.0), 0.0, 1.0, 1.0, -1.0);
    }
}
