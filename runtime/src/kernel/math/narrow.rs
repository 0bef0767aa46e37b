//! Single precision: polynomials and rational functions, fitted to the smallest relative error.

/// `eˣ`
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    exp_less(x, 0.0)
}

/// `eˣ - 1`, without loss of accuracy for small `x`.
#[inline(always)]
pub(crate) fn exp_m1(x: f32) -> f32 {
    // As in `exp_less`.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Below -25 the result is -1 in single precision.
    let x = x.clamp(-25.0, 89.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.381_310_2e-3;
    p = p * r + 8.369_41e-3;
    p = p * r + 4.166_845_7e-2;
    p = p * r + 1.666_651_5e-1;
    p = p * r + 4.999_999_3e-1;
    p = p * (r * r) + r;
    // Half of the power of 2, which does not overflow.
    let n = shifted.to_bits().cast_signed().wrapping_sub(ROUND.to_bits().cast_signed());
    let half = power_of_two(n.wrapping_sub(1));
    let y = (p * half + (half - 0.5)) * 2.0;
    // Keeps the digits and the sign of the smallest arguments.
    if x.abs() < 1e-10 { x } else { y }
}

/// `e^(x - low)` for a small `low`. The function subtracts `low` only after the reduction of the
/// argument, because `x - low` would lose digits of `low`.
#[inline(always)]
fn exp_less(x: f32, low: f32) -> f32 {
    // Adding 1.5 · 2²³ rounds to an integer, which is then in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // The upper part has so few digits that its products with `n` are exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-105.0, 89.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW - low;
    let mut p = 1.381_310_2e-3;
    p = p * r + 8.369_41e-3;
    p = p * r + 4.166_845_7e-2;
    p = p * r + 1.666_651_5e-1;
    p = p * r + 4.999_999_3e-1;
    p = p * (r * r) + r + 1.0;
    // The power of 2 is applied as two factors, so that the smallest results do not underflow
    // early. NaN propagates through `p`.
    let n = shifted.to_bits().cast_signed().wrapping_sub(ROUND.to_bits().cast_signed());
    let half = n >> 1;
    p * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23).cast_unsigned())
}

/// The natural logarithm.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    const ROOT_HALF: i32 = 0x3F35_04F3;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Scales subnormal numbers into the normal range.
    let tiny = x < f32::MIN_POSITIVE;
    let lifted = if tiny { x * 8_388_608.0 } else { x };
    let exponent = lifted.to_bits().cast_signed().wrapping_sub(ROOT_HALF) >> 23;
    let mantissa = lifted.to_bits().cast_signed().wrapping_sub(exponent << 23);
    let f = f32::from_bits(mantissa.cast_unsigned()) - 1.0;
    let n = exponent as f32 - if tiny { 23.0 } else { 0.0 };
    let mut p = 7.037_683_6e-2;
    p = p * f - 1.151_461e-1;
    p = p * f + 1.167_699_9e-1;
    p = p * f - 1.242_014_1e-1;
    p = p * f + 1.424_932_3e-1;
    p = p * f - 1.666_805_8e-1;
    p = p * f + 2.000_071_5e-1;
    p = p * f - 2.499_999_4e-1;
    p = p * f + 3.333_333e-1;
    let s = f * f;
    let y = (f * s * p + n * LN2_LOW - 0.5 * s) + f + n * LN2_HIGH;
    let y = if x < f32::INFINITY { y } else { x };
    let zero = if x == 0.0 { f32::NEG_INFINITY } else { f32::NAN };
    if x <= 0.0 { zero } else { y }
}

/// `ln (1 + x)`, without loss of accuracy for small `x`.
#[inline(always)]
pub(crate) fn ln_1p(x: f32) -> f32 {
    let sum = 1.0 + x;
    // The rounding error of the addition, to first order.
    let lost = (x - (sum - 1.0)) / sum;
    let y = ln(sum);
    if sum > 0.0 && sum < f32::INFINITY { y + lost } else { y }
}

/// `1 / (1 + e⁻ˣ)`, without loss of accuracy in the left tail.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    let e = exp(-x.abs());
    let above = if x < 0.0 { e } else { 1.0 };
    above / (1.0 + e)
}

/// The hyperbolic tangent: a polynomial near 0, `1 - 2 / (e²ˣ + 1)` elsewhere.
///
/// Both formulas are computed and one result is selected. Derivatives use `1 - tanh²`, which magnifies errors
/// near 1. A faster rational function with an error of five units in the last place is therefore
/// not good enough.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let s = x * x;
    let mut p = -5.704_988_7e-3;
    p = p * s + 2.063_908_8e-2;
    p = p * s - 5.373_971_6e-2;
    p = p * s + 1.333_144_2e-1;
    p = p * s - 3.333_328e-1;
    let near = p * s * x + x;
    let far = (1.0 - 2.0 / (exp(size + size) + 1.0)).copysign(x);
    if size < 0.625 { near } else { far }
}

/// The error function, `2/√π ∫₀ˣ e^(-t²) dt`.
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let s = x * x;
    let mut p = 8.513_04e-5;
    p = p * s - 8.175_625e-4;
    p = p * s + 5.203_858e-3;
    p = p * s - 2.686_050_8e-2;
    p = p * s + 1.128_371_5e-1;
    p = p * s - 3.761_263_5e-1;
    p = p * s + std::f32::consts::FRAC_2_SQRT_PI;
    let (beyond, _) = tail(x.abs() * std::f32::consts::SQRT_2);
    let far = 1.0 - 2.0 * beyond;
    let far = if x < 0.0 { -far } else { far };
    if s < 0.81 { x * p } else { far }
}

/// The standard normal distribution function and the standard normal density at `x`. Both are
/// accurate in the left tail.
#[inline(always)]
pub(crate) fn normal(x: f32) -> (f32, f32) {
    const DENSITY: f32 = 0.398_942_3;
    let (beyond, falloff) = tail(x.abs());
    (if x > 0.0 { 1.0 - beyond } else { beyond }, DENSITY * falloff)
}

/// For `x ≥ 0`: the upper tail of the standard normal distribution at `x`, and `e^(-x²/2)`.
#[inline(always)]
fn tail(x: f32) -> (f32, f32) {
    // Above 14.5 both results are 0 in single precision. NaN is kept.
    let x = if x > 14.5 { 14.5 } else { x };
    // Splits the square into two parts, of which the first is exact.
    let high = f32::from_bits(x.to_bits() & 0xFFFF_F000);
    let falloff = exp_less(-0.5 * high * high, 0.5 * (x - high) * (x + high));
    let mut p = 4.085_606e-3;
    p = p * x + 4.044_186_6e-2;
    p = p * x + 1.826_903_4e-1;
    p = p * x + 4.375_953e-1;
    p = p * x + 0.5;
    let mut q = 1.024_097_3e-2;
    q = q * x + 1.013_793e-1;
    q = q * x + 4.680_254_7e-1;
    q = q * x + 1.200_297_8;
    q = q * x + 1.673_075_4;
    q = q * x + 1.0;
    (falloff * (p / q), falloff)
}
