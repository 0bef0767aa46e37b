//! Elementary functions that the compiler can vectorise: no calls, no branches.
//!
//! In single precision they are polynomials, good to a few units in the last place; in double precision they
//! are the standard library's, since nothing is faster at that accuracy.

use crate::Scalar;

/// `eˣ`
#[cfg(not(feature = "f64"))]
#[inline(always)]
pub(crate) fn exp(x: Scalar) -> Scalar {
    // Adding and taking away 1.5 · 2²³ rounds to an integer.
    const ROUND: Scalar = 12_582_912.0;
    const LN2_HIGH: Scalar = 0.693_359_4;
    const LN2_LOW: Scalar = -2.121_944_4e-4;
    let clamped = x.clamp(-105.0, 89.0);
    let n = clamped * std::f32::consts::LOG2_E + ROUND - ROUND;
    let r = clamped - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    p = p * r * r + r + 1.0;
    // Two factors, so that the smallest results do not vanish before their time. A NaN becomes 0 here and
    // is carried by `p`.
    let n = n as i32;
    let half = n >> 1;
    p * power_of_two(half) * power_of_two(n - half)
}

#[cfg(not(feature = "f64"))]
#[inline(always)]
fn power_of_two(n: i32) -> Scalar {
    Scalar::from_bits(((n + 127) << 23).cast_unsigned())
}

/// `eˣ`
#[cfg(feature = "f64")]
#[inline(always)]
pub(crate) fn exp(x: Scalar) -> Scalar {
    x.exp()
}

/// `1 / (1 + e⁻ˣ)`
#[inline(always)]
pub(crate) fn sigmoid(x: Scalar) -> Scalar {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent, by a rational function that is odd and saturates at ±1.
#[cfg(not(feature = "f64"))]
#[inline(always)]
pub(crate) fn tanh(x: Scalar) -> Scalar {
    let x = x.clamp(-7.998_811_7, 7.998_811_7);
    let s = x * x;
    let mut p = -2.760_768_5e-16;
    p = p * s + 2.000_188e-13;
    p = p * s - 8.604_672e-11;
    p = p * s + 5.122_297e-8;
    p = p * s + 1.485_722_4e-5;
    p = p * s + 6.372_619e-4;
    p = p * s + 4.893_524_6e-3;
    let mut q = 1.198_258_4e-6;
    q = q * s + 1.185_347e-4;
    q = q * s + 2.268_434_6e-3;
    q = q * s + 4.893_525e-3;
    x * p / q
}

/// The hyperbolic tangent.
#[cfg(feature = "f64")]
#[inline(always)]
pub(crate) fn tanh(x: Scalar) -> Scalar {
    x.tanh()
}

/// The share of a standard normal distribution below `x`, also far out on the left.
#[cfg(not(feature = "f64"))]
#[inline(always)]
pub(crate) fn normal_below(x: Scalar) -> Scalar {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * z);
    let mut p = 0.170_872_77;
    p = p * t - 0.822_152_23;
    p = p * t + 1.488_515_9;
    p = p * t - 1.135_204;
    p = p * t + 0.278_868_07;
    p = p * t - 0.186_288_06;
    p = p * t + 0.096_784_18;
    p = p * t + 0.374_091_96;
    p = p * t + 1.000_023_7;
    p = p * t - 1.265_512_2;
    let beyond = 0.5 * t * exp(p - z * z);
    if x > 0.0 { 1.0 - beyond } else { beyond }
}

/// The share of a standard normal distribution below `x`: a series near 0, a continued fraction far out.
#[cfg(feature = "f64")]
pub(crate) fn normal_below(x: Scalar) -> Scalar {
    let z = x.abs();
    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let beyond = if z < 4.0 {
        let (mut term, mut total, mut odd) = (z, z, 1.0);
        while term > total * 1e-17 {
            odd += 2.0;
            term *= z * z / odd;
            total += term;
        }
        0.5 - density * total
    } else {
        density / (1..=60).rev().fold(z, |below, n| z + f64::from(n) / below)
    };
    if x > 0.0 { 1.0 - beyond } else { beyond }
}

#[cfg(test)]
mod tests {
    use super::{exp, normal_below, sigmoid, tanh};
    use crate::Scalar;

    #[track_caller]
    fn assert_near(ours: Scalar, theirs: f64, tolerance: f64, x: Scalar) {
        let ours = f64::from(ours);
        assert!((ours - theirs).abs() <= tolerance * theirs.abs(), "at {x}: {ours} is not {theirs}");
    }

    #[test]
    fn polynomials_are_near_the_functions() {
        for i in -860..880 {
            let x = 0.1 * i as Scalar;
            let wide = f64::from(x);
            assert_near(exp(x), wide.exp(), 4e-7, x);
            assert_near(sigmoid(x), 1.0 / (1.0 + (-wide).exp()), 5e-7, x);
            assert_near(tanh(x), wide.tanh(), 5e-7, x);
        }
        for i in 1..100 {
            let x = 1e-3 * i as Scalar;
            assert_near(tanh(x), f64::from(x).tanh(), 5e-7, x);
        }
    }

    #[test]
    fn the_normal_distribution_has_its_known_values() {
        let known = [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_542_9),
            (-1.0, 0.158_655_253_931_457_05),
            (-3.0, 1.349_898_031_630_094_6e-3),
            (-5.0, 2.866_515_718_791_939e-7),
            (2.5, 0.993_790_334_674_224),
        ];
        for (x, share) in known {
            assert_near(normal_below(x), share, if cfg!(feature = "f64") { 1e-13 } else { 1e-6 }, x);
        }
    }

    #[test]
    fn ends_and_faults_pass_through() {
        assert_eq!(exp(Scalar::NEG_INFINITY), 0.0);
        assert_eq!(exp(Scalar::INFINITY), Scalar::INFINITY);
        assert!(exp(Scalar::NAN).is_nan() && tanh(Scalar::NAN).is_nan() && sigmoid(Scalar::NAN).is_nan());
        assert_eq!((sigmoid(-1000.0), sigmoid(1000.0)), (0.0, 1.0));
        assert_eq!(exp(0.0), 1.0);
    }
}
