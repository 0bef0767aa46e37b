//! Sines and cosines.
//!
//! Formula: `y = sin(x + k π/2)`, where `k` is 0 for the sine and 1 for the cosine.
//! Layout: dense slices.
//! Blocking: blocks of [`BLOCK`] elements. In single precision, a polynomial in double precision computes a
//! block whose elements are all below [`LIMIT`], and the standard library computes the other blocks. The error
//! is at most 0.51 units in the last place.
//! Bound: arithmetic.

use super::elementwise::part;
use super::pool;
use crate::Scalar;

/// Computes `y[i] = sin(x[i])`.
pub(crate) fn sin(x: &[Scalar], y: &mut [Scalar]) {
    turned::<0>(x, y);
}

/// Computes `y[i] = cos(x[i])`.
pub(crate) fn cos(x: &[Scalar], y: &mut [Scalar]) {
    turned::<1>(x, y);
}

/// Computes `y[i] = sin(x[i] + K π/2)`.
fn turned<const K: i64>(x: &[Scalar], y: &mut [Scalar]) {
    assert_eq!(x.len(), y.len());
    let size = part(y.len());
    pool::chunks([y], size, |number, [y]| {
        let x = &x[number * size..][..y.len()];
        #[cfg(feature = "f64")]
        y.iter_mut().zip(x).for_each(|(y, x)| *y = if K == 0 { x.sin() } else { x.cos() });
        #[cfg(not(feature = "f64"))]
        narrow::turned(x, y, K);
    });
}

#[cfg(not(feature = "f64"))]
mod narrow {
    use crate::kernel::simd::multiversioned;

    /// The number of elements that take the same of the two ways.
    const BLOCK: usize = 256;

    /// Below this size, the product of the quadrant's number and the upper part of π/2 is exact.
    const LIMIT: f32 = 1_000_000.0;

    multiversioned!(
        pub(super) fn turned(x: &[f32], y: &mut [f32], k: i64) {
            for (x, y) in x.chunks(BLOCK).zip(y.chunks_mut(BLOCK)) {
                // NaN fails the comparison too.
                if x.iter().fold(true, |all, x| all & (x.abs() < LIMIT)) {
                    for (y, x) in y.iter_mut().zip(x) {
                        *y = near(*x, k);
                    }
                } else {
                    for (y, x) in y.iter_mut().zip(x) {
                        let x = f64::from(*x);
                        *y = if k == 0 { x.sin() } else { x.cos() } as f32;
                    }
                }
            }
        }
    );

    /// `sin(x + k π/2)` for `|x|` below [`LIMIT`].
    #[inline(always)]
    fn near(x: f32, k: i64) -> f32 {
        // Adding 1.5 · 2⁵² rounds to an integer, which is then in the low bits.
        const ROUND: f64 = 6_755_399_441_055_744.0;
        // The upper part has so few digits that its products with the quadrant's number are exact.
        const HIGH: f64 = 1.570_796_326_734_125_6;
        const LOW: f64 = 6.077_100_506_506_192e-11;
        let x = f64::from(x);
        let shifted = x * std::f64::consts::FRAC_2_PI + ROUND;
        let n = shifted - ROUND;
        let r = x - n * HIGH - n * LOW;
        let s = r * r;
        let mut p = 2.724_934_981_970_817e-6;
        p = p * s - 1.984_008_149_322_468e-4;
        p = p * s + 8.333_331_862_776_848e-3;
        p = p * s - 1.666_666_666_381_497_2e-1;
        let sine = r + r * s * p;
        let mut q = -2.730_063_427_436_182_7e-7;
        q = q * s + 2.480_059_744_647_396_3e-5;
        q = q * s - 1.388_888_766_540_955_5e-3;
        q = q * s + 4.166_666_666_429_907e-2;
        let cosine = 1.0 - 0.5 * s + s * s * q;
        let quadrant = shifted.to_bits().cast_signed().wrapping_add(k);
        let size = if quadrant & 1 == 0 { sine } else { cosine };
        (if quadrant & 2 == 0 { size } else { -size }) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::{cos, sin};
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    type Pair = (fn(&[Scalar], &mut [Scalar]), fn(f64) -> f64);

    /// Each finite size, both signs, multiples of π/2 and blocks that mix both ways.
    fn numbers() -> Vec<Scalar> {
        let mut all = Vec::new();
        let mut x: Scalar = 1e-30;
        while x < 1e30 {
            all.extend([x, -x]);
            x *= 1.000_713;
        }
        all.extend((0..20_000).map(|i| (f64::from(i) * std::f64::consts::FRAC_PI_2) as Scalar));
        all.extend([0.0, -0.0, 3.0, 2e6, 0.5]);
        all
    }

    #[test]
    fn both_functions_are_exact_to_half_a_unit() {
        let x = numbers();
        let pairs: [Pair; 2] = [(sin, f64::sin), (cos, f64::cos)];
        for (ours, theirs) in pairs {
            let results: Vec<Vec<Scalar>> = on_each_level(|| {
                let mut y = vec![0.0; x.len()];
                ours(&x, &mut y);
                y
            });
            for (i, (x, y)) in x.iter().zip(&results[0]).enumerate() {
                assert!(results.iter().all(|result| result[i].to_bits() == y.to_bits()), "{x:e}");
                let exact = theirs((*x).into());
                let error = (f64::from(*y) - exact).abs() / exact.abs().max(f64::from(Scalar::MIN_POSITIVE));
                assert!(error < 0.51 * f64::from(Scalar::EPSILON), "{x:e}: {y:e} for {exact:e}");
            }
        }
    }

    #[test]
    fn what_has_no_sine_is_nan_and_spares_its_neighbours() {
        let mut y = [0.0; 4];
        sin(&[Scalar::INFINITY, Scalar::NAN, Scalar::NEG_INFINITY, 0.0], &mut y);
        assert!(y[..3].iter().all(|y| y.is_nan()));
        assert_eq!(y[3], 0.0);
        cos(&[Scalar::INFINITY, Scalar::NAN, Scalar::NEG_INFINITY, 0.0], &mut y);
        assert!(y[..3].iter().all(|y| y.is_nan()));
        assert_eq!(y[3], 1.0);
    }
}
