//! The functions that draws from the normal distribution need. They use basic arithmetic only,
//! which is identical on every machine.
//!
//! The standard library delegates `ln`, `sin` and `cos` to the system, and their last bits differ between systems.

use std::f64::consts::{FRAC_PI_2, LN_2, SQRT_2};

/// The natural logarithm of a number in (0, 1] that is not subnormal.
///
/// # Formula
/// `ln(2ᵉ m) = e ln 2 + 2 artanh((m - 1) / (m + 1))` with `m` in (√½, √2]. `artanh` is computed by
/// its series.
pub(super) fn ln(x: f64) -> f64 {
    const FRACTION: u64 = (1 << 52) - 1;
    let mut exponent = f64::from((x.to_bits() >> 52) as i32 - 1023);
    let mut m = f64::from_bits(x.to_bits() & FRACTION | 1.0_f64.to_bits());
    if m > SQRT_2 {
        m /= 2.0;
        exponent += 1.0;
    }
    let z = (m - 1.0) / (m + 1.0);
    let series = ODD.iter().rev().fold(0.0, |sum, part| sum * z * z + part);
    exponent * LN_2 + 2.0 * z * series
}

/// The sine and the cosine of `part` of a full turn, for `part` in [0, 1).
///
/// # Formula
/// The Taylor series at the nearest quarter turn, which is at most an eighth of a turn away.
pub(super) fn sin_cos_turn(part: f64) -> (f64, f64) {
    let quarter = (4.0 * part).round();
    let angle = (4.0 * part - quarter) * FRAC_PI_2;
    let nested =
        |parts: &[f64]| parts.iter().rev().fold(1.0, |inner, part| 1.0 - angle * angle * part * inner);
    let (sine, cosine) = (angle * nested(&SINE), nested(&COSINE));
    match quarter as u8 % 4 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

/// The coefficients `1 / (2k + 1)` of the series of `artanh`.
const ODD: [f64; 12] = reciprocals(1, 2, 0);

/// The factors `1 / (2k (2k + 1))` between successive terms of the series of the sine.
const SINE: [f64; 9] = reciprocals(2, 2, 1);

/// The factors `1 / ((2k - 1) 2k)` between successive terms of the series of the cosine.
const COSINE: [f64; 9] = reciprocals(1, 2, 1);

/// The reciprocals `1 / n` if `next` is 0, or `1 / (n (n + 1))` if `next` is 1. `n` takes the `N`
/// values `first`, `first + step`, `first + 2 · step` and so on.
const fn reciprocals<const N: usize>(first: usize, step: usize, next: usize) -> [f64; N] {
    let mut parts = [0.0; N];
    let mut k = 0;
    while k < N {
        let n = first + k * step;
        parts[k] = 1.0 / (if next == 1 { n * (n + 1) } else { n }) as f64;
        k += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::{ln, sin_cos_turn};

    #[test]
    fn both_agree_with_the_standard_library() {
        for i in 1..=100_000 {
            let part = f64::from(i) / 100_000.0;
            assert!((ln(part) - part.ln()).abs() <= 4.0 * f64::EPSILON * part.ln().abs(), "ln {part}");
            let part = f64::from(i - 1) / 100_000.0;
            let (sine, cosine) = sin_cos_turn(part);
            let (s, c) = (TAU * part).sin_cos();
            assert!((sine - s).abs() < 1e-15 && (cosine - c).abs() < 1e-15, "the turn {part}");
        }
        assert_eq!(ln(1.0), 0.0);
        let small = 2.0_f64.powi(-53);
        assert!((ln(small) - small.ln()).abs() < 1e-13);
        assert_eq!([0.0, 0.25, 0.5].map(sin_cos_turn), [(0.0, 1.0), (1.0, -0.0), (-0.0, -1.0)]);
    }
}
