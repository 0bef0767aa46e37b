//! Double precision. `erf` and `normal` use a series and a continued fraction. The other functions
//! are from the standard library.
//!
//! These functions are accurate rather than fast. Gradient checks use them, and the single-precision tests
//! compare against them.

/// `eˣ`
pub(crate) fn exp(x: f64) -> f64 {
    x.exp()
}

/// `eˣ - 1`
pub(crate) fn exp_m1(x: f64) -> f64 {
    x.exp_m1()
}

/// The natural logarithm.
pub(crate) fn ln(x: f64) -> f64 {
    x.ln()
}

/// `ln (1 + x)`
pub(crate) fn ln_1p(x: f64) -> f64 {
    x.ln_1p()
}

/// `1 / (1 + e⁻ˣ)`
pub(crate) fn sigmoid(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
}

/// The hyperbolic tangent.
pub(crate) fn tanh(x: f64) -> f64 {
    x.tanh()
}

/// The error function, `2/√π ∫₀ˣ e^(-t²) dt`.
pub(crate) fn erf(x: f64) -> f64 {
    let z = x.abs() * std::f64::consts::SQRT_2;
    let size = if z < NEAR { 2.0 * within(z) } else { 1.0 - 2.0 * tail(z) };
    size.copysign(x)
}

/// The standard normal distribution function at `x`, and its density at `x`.
pub(crate) fn normal(x: f64) -> (f64, f64) {
    let z = x.abs();
    let beyond = if z < NEAR { 0.5 - within(z) } else { tail(z) };
    (if x > 0.0 { 1.0 - beyond } else { beyond }, density(x))
}

/// The argument that separates the two methods for the normal distribution. The series is used
/// below, the continued fraction above.
const NEAR: f64 = 4.0;

fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The standard normal probability of the interval from 0 to `z`, for small `z`.
fn within(z: f64) -> f64 {
    let (mut term, mut total, mut odd) = (z, z, 1.0);
    while term > total * 1e-17 {
        odd += 2.0;
        term *= z * z / odd;
        total += term;
    }
    density(z) * total
}

/// The standard normal probability above `z`, for large `z`; NaN propagates.
fn tail(z: f64) -> f64 {
    density(z) / (1..=60).rev().fold(z, |below, n| z + f64::from(n) / below)
}
