//! Elementary functions that the compiler vectorises: no calls, branches or tables. NaN propagates.
//!
//! Each function reduces its argument exactly to a small interval. On this interval, a polynomial
//! with a minimal relative error approximates the function. Multiplications and additions are never
//! fused, so every instruction set produces the same bits. Maximum errors in units in the last place:
//!
//! | function | error | behaviour at the ends of the range |
//! |---|---|---|
//! | [`exp`] | 1 | gradual down to the smallest number, then 0; infinite above 88.73 |
//! | [`exp_m1`] | 2 | the error bound also holds near 0; -1 below -17.4; infinite above 88.73 |
//! | [`ln`] | 0.9 | also for subnormal numbers; `-∞` at 0, NaN below |
//! | [`ln_1p`], [`sigmoid`] | 1.6, 2.5 | the error bound also holds near 0 and in the left tail |
//! | [`tanh`] | 2 | the error bound also holds near 0; ±1 from 9.02 on |
//! | [`erf`] | 3 | the error bound also holds near 0; ±1 from 4 on |
//! | [`normal`] | 8 (distribution), 2.2 (density) | the error bound also holds in the left tail |

#[cfg(not(feature = "f64"))]
mod narrow;
#[cfg(any(test, feature = "f64"))]
mod wide;

#[cfg(not(feature = "f64"))]
pub(crate) use narrow::*;
#[cfg(feature = "f64")]
pub(crate) use wide::*;

#[cfg(test)]
mod tests {
    use super::{erf, exp, exp_m1, ln, ln_1p, normal, sigmoid, tanh, wide};
    use crate::Scalar;

    /// The name of a function, the function, its exact reference, and its maximum error in units in the last
    /// place.
    #[cfg(not(feature = "f64"))]
    type Claim = (&'static str, fn(&[f32], &mut [f32]), fn(f64) -> f64, f64);

    /// Declares one `Claim` per line. Each function is called through the kernels, as the operations call it.
    #[cfg(not(feature = "f64"))]
    macro_rules! claims {
        ($($name:ident $ours:expr, $theirs:expr, $bound:expr;)*) => {
            [$((stringify!($name), |x, y| crate::kernel::map(x, y, $ours), $theirs, $bound)),*]
        };
    }

    #[cfg(not(feature = "f64"))]
    const CLAIMS: [Claim; 9] = claims! {
        exp exp, wide::exp, 1.0;
        exp_m1 exp_m1, wide::exp_m1, 2.0;
        ln ln, wide::ln, 0.9;
        ln_1p ln_1p, wide::ln_1p, 1.6;
        sigmoid sigmoid, wide::sigmoid, 2.5;
        tanh tanh, wide::tanh, 2.0;
        erf erf, wide::erf, 3.0;
        share |x| normal(x).0, |x| wide::normal(x).0, 8.0;
        density |x| normal(x).1, |x| wide::normal(x).1, 2.2;
    };

    /// The difference between `ours` and `theirs`, in units in the last place.
    #[cfg(not(feature = "f64"))]
    fn distance(ours: f32, theirs: f64) -> f64 {
        let nearest = theirs as f32;
        if ours == nearest || (ours.is_nan() && theirs.is_nan()) {
            return (f64::from(ours) - theirs).abs().min(0.5);
        }
        let size = theirs.abs().clamp(f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX));
        let ours = if ours.is_infinite() {
            f64::from(f32::MAX.copysign(ours)) * (1.0 + 2_f64.powi(-24))
        } else {
            ours.into()
        };
        let unit = 2_f64.powi(((size.to_bits() >> 52) as i32 - 1023) - 23);
        let distance = (ours - theirs).abs() / unit;
        if distance.is_nan() { f64::INFINITY } else { distance }
    }

    /// Tests every function of `CLAIMS` for every `stride`-th single-precision number, on every level.
    #[cfg(not(feature = "f64"))]
    fn check_all(stride: u32) {
        use crate::kernel::simd::forced::on_each_level;
        let all = || (0..=u32::MAX / stride).map(|i| f32::from_bits(i * stride));
        let mut worst = [0.0_f64; CLAIMS.len()];
        let mut numbers = all().peekable();
        while numbers.peek().is_some() {
            let block: Vec<f32> = numbers.by_ref().take(1 << 14).collect();
            for ((name, ours, theirs, bound), worst) in CLAIMS.iter().zip(&mut worst) {
                let results = on_each_level(|| {
                    let mut y = vec![0.0; block.len()];
                    ours(&block, &mut y);
                    y
                });
                for (i, (x, y)) in block.iter().zip(&results[0]).enumerate() {
                    let same = |other: &f32| other.to_bits() == y.to_bits() || (other.is_nan() && y.is_nan());
                    assert!(
                        results.iter().all(|result| same(&result[i])),
                        "{name}({x:e}) differs between levels"
                    );
                    let error = distance(*y, theirs(f64::from(*x)));
                    assert!(error <= *bound, "{name}({x:e}) is {y:e}, {error} units off");
                    *worst = worst.max(error);
                }
            }
        }
        let found = CLAIMS.iter().zip(worst).map(|((name, ..), worst)| format!("{name} {worst:.3}"));
        println!("largest errors: {}", found.collect::<Vec<_>>().join(", "));
    }

    #[cfg(not(feature = "f64"))]
    #[test]
    fn errors_are_within_their_bounds() {
        check_all(20_011);
    }

    #[cfg(not(feature = "f64"))]
    #[test]
    #[ignore = "50 minutes; `cargo test --release -p training-loop --lib every_number -- --ignored --nocapture`"]
    fn errors_are_within_their_bounds_at_every_number() {
        check_all(1);
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
            let error = f64::from(normal(x).0) / share - 1.0;
            assert!(error.abs() < if cfg!(feature = "f64") { 1e-13 } else { 5e-7 }, "{x}: {error:e}");
        }
        assert!((f64::from(erf(0.5)) - 0.520_499_877_813_046_5).abs() < 1e-7);
        assert!((f64::from(erf(-2.5)) + 0.999_593_047_982_555).abs() < 1e-7);
    }

    #[test]
    fn ends_and_faults_pass_through() {
        let infinite = Scalar::INFINITY;
        let share = |x| normal(x).0;
        for f in [exp, exp_m1, ln, ln_1p, sigmoid, tanh, erf, share] {
            assert!(f(Scalar::NAN).is_nan());
        }
        assert_eq!((exp(-infinite), exp(0.0), exp(infinite)), (0.0, 1.0, infinite));
        assert_eq!((exp_m1(-infinite), exp_m1(0.0), exp_m1(infinite)), (-1.0, 0.0, infinite));
        assert_eq!((ln(0.0), ln(1.0), ln(infinite)), (-infinite, 0.0, infinite));
        assert!(ln(-1.0).is_nan() && ln(-infinite).is_nan() && ln_1p(-1.5).is_nan());
        assert_eq!((ln_1p(-1.0), ln_1p(0.0), ln_1p(infinite)), (-infinite, 0.0, infinite));
        assert_eq!((sigmoid(-infinite), sigmoid(0.0), sigmoid(infinite)), (0.0, 0.5, 1.0));
        assert_eq!((tanh(-infinite), tanh(0.0), tanh(infinite)), (-1.0, 0.0, 1.0));
        assert_eq!((erf(-infinite), erf(0.0), erf(infinite)), (-1.0, 0.0, 1.0));
        assert_eq!((share(-infinite), share(0.0), share(infinite)), (0.0, 0.5, 1.0));
        assert_eq!((wide::erf(0.0), wide::ln(1.0), wide::ln_1p(0.0)), (0.0, 0.0, 0.0));
    }

    /// A function with a limit, such as 1 for `tanh`, never exceeds the limit, and equals the limit
    /// for large arguments.
    #[cfg(not(feature = "f64"))]
    #[test]
    fn what_saturates_stays_saturated() {
        let share = |x| normal(x).0;
        let functions: [fn(f32) -> f32; 4] = [sigmoid, tanh, erf, share];
        for (f, full) in functions.into_iter().zip([17.0, 9.02, 3.95, 5.6]) {
            let mut x = 0.25_f32;
            while x < 120.0 {
                assert!((-1.0..=1.0).contains(&f(x)) && (x < full || f(x) == 1.0), "{x}");
                x = x.next_up() * 1.000_01;
            }
        }
    }
}
