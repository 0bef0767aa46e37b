//! Numbers too small to matter become 0 in an optimizer's state.
//!
//! The running mean of a gradient that stays 0, such as that of a unit that no input activates or of a token that does
//! not occur, decays to a subnormal number and stays there, because 0.9 times a number near the smallest one rounds to
//! the same number. Many processors need a hundred times as long for an operation on subnormal numbers.

use crate::Scalar;

/// The limit for gradients and their means: 1e-32 in single precision. Even divided by the usual `eps` of 1e-8, a smaller
/// number changes no parameter above 1e-17.
const MEAN: Scalar = Scalar::MIN_POSITIVE * 1_048_576.0;
/// The limit for numbers to square: the square of a smaller one could be subnormal after the product with `1 - β₂`.
#[cfg(not(feature = "f64"))]
const ROOT: Scalar = 1.4e-17;
#[cfg(feature = "f64")]
const ROOT: Scalar = 2e-152;

/// A gradient or its running mean, or 0 if it is too small to matter.
#[inline(always)]
pub(crate) fn mean_or_zero(x: Scalar) -> Scalar {
    if x.abs() < MEAN { 0.0 } else { x }
}

/// A number to square and compare with `eps`, or 0 if it is too small to matter.
#[inline(always)]
pub(super) fn root_or_zero(x: Scalar, eps: Scalar) -> Scalar {
    if x.abs() < root_limit(eps) { 0.0 } else { x }
}

/// The running mean of squares after `v`: `keep · v + fresh · g²`, or 0 if its root is too small to matter.
#[inline(always)]
pub(super) fn next_square(v: Scalar, g: Scalar, (keep, fresh, eps): (Scalar, Scalar, Scalar)) -> Scalar {
    let g = root_or_zero(g, eps);
    let v = keep * v + fresh * g * g;
    if v < root_limit(eps) * root_limit(eps) { 0.0 } else { v }
}

/// With a smaller number `x`, `x + eps` is `eps` after rounding. No number is smaller than the limit of `eps` 0.
#[inline(always)]
fn root_limit(eps: Scalar) -> Scalar {
    ROOT.min(eps * 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::optimizer::{
        AdadeltaStep, AdagradStep, AdamStep, AdamaxStep, LionStep, MixedStep, RmsPropStep, SgdStep, adadelta,
        adagrad, adam, adamax, amsgrad, lion, mixed_adam, rms_prop_centered, rms_prop_momentum, sgd_momentum,
    };

    const ADAM: AdamStep = AdamStep {
        shrink: 1.0,
        decay: 0.0,
        first: 0.1,
        second: 0.001,
        keep: 0.999,
        rate: 0.01,
        correction: 3.0,
        eps: 1e-8,
    };

    /// A pass over a parameter, a gradient and three state arrays.
    type Pass = fn(&mut [Scalar], &[Scalar], [&mut [Scalar]; 3]);

    /// Every pass with a running mean, with the usual settings.
    const PASSES: [Pass; 9] = [
        |p, g, [m, v, _]| adam(p, g, m, v, ADAM),
        |p, g, [m, v, x]| amsgrad(p, g, m, v, x, ADAM),
        |p, g, [m, _, _]| {
            let step = SgdStep { rate: 0.1, decay: 0.0, momentum: 0.9, fresh: 1.0, nesterov: true };
            sgd_momentum(p, g, m, step);
        },
        |p, g, [m, v, _]| {
            let mut step = MixedStep::new((0.9, 0.999), 1e-8, 0.1, 0.0, true);
            (step.on_mean, step.on_gradient) = (0.1, 0.02);
            mixed_adam(p, g, m, v, step);
        },
        |p, g, [m, v, _]| rms_prop_momentum(p, g, v, m, RMS),
        |p, g, [m, v, x]| rms_prop_centered(p, g, v, m, x, RMS),
        |p, g, [m, v, _]| {
            adadelta(p, g, m, v, AdadeltaStep { rate: 0.1, decay: 0.0, keep: 0.9, fresh: 0.1, eps: 1e-6 });
        },
        |p, g, [m, v, _]| {
            adamax(p, g, m, v, AdamaxStep { rate: 0.1, decay: 0.0, first: 0.1, keep: 0.9, eps: 1e-8 });
        },
        |p, g, [m, v, _]| {
            lion(p, g, m, LionStep { shrink: 1.0, rate: 0.1, first: 0.1, second: 0.01 });
            adagrad(p, g, v, AdagradStep { rate: 0.1, decay: 0.0, eps: 1e-10 });
        },
    ];
    const RMS: RmsPropStep =
        RmsPropStep { rate: 0.1, decay: 0.0, keep: 0.9, fresh: 0.1, momentum: 0.9, eps: 1e-8 };

    #[test]
    fn no_state_stays_subnormal() {
        for pass in PASSES {
            let start = Scalar::MIN_POSITIVE * 2.0;
            let (mut p, mut m, mut v, mut x) = ([1.0; 20], [start; 20], [start; 20], [0.0; 20]);
            for _ in 0..2000 {
                pass(&mut p, &[0.0; 20], [&mut m, &mut v, &mut x]);
                let mut state = m.iter().chain(&v).chain(&x);
                assert!(state.all(|number| !number.is_subnormal()));
            }
        }
    }

    #[test]
    fn tiny_gradients_leave_finite_numbers() {
        for pass in PASSES {
            let sizes: Vec<Scalar> = (0..60).map(|power| Scalar::powi(0.1, power)).collect();
            let (mut p, mut m) = (vec![1.0; 60], vec![0.0; 60]);
            let (mut v, mut x) = (m.clone(), m.clone());
            for size in sizes {
                let gradient: Vec<Scalar> = (0..60).map(|at| size * Scalar::powi(0.1, at)).collect();
                pass(&mut p, &gradient, [&mut m, &mut v, &mut x]);
            }
            assert!(p.iter().chain(&m).chain(&v).chain(&x).all(|number| number.is_finite()));
        }
    }

    /// The step of Adam in double precision, where none of these numbers is tiny.
    #[test]
    fn the_parameter_is_that_of_the_formula() {
        for power in 0..45 {
            let g = Scalar::powi(0.1, power);
            let (mut p, mut m, mut v) = ([0.0], [0.0], [0.0]);
            let (mut p64, mut m64, mut v64) = (0.0_f64, 0.0_f64, 0.0_f64);
            for _ in 0..3 {
                adam(&mut p, &[g], &mut m, &mut v, ADAM);
                let g = f64::from(g);
                m64 += (g - m64) * 0.1;
                v64 = 0.999 * v64 + 0.001 * g * g;
                p64 -= 0.01 * m64 / (v64.sqrt() * 3.0 + 1e-8);
            }
            let allowed = 1e-6 * p64.abs() + 1e-24;
            assert!((f64::from(p[0]) - p64).abs() <= allowed, "gradient {g}: {} and {p64}", p[0]);
        }
    }

    #[test]
    fn without_eps_no_gradient_is_too_small() {
        let (mut p, mut m, mut v) = ([1.0], [0.0], [0.0]);
        adam(&mut p, &[1e-18], &mut m, &mut v, AdamStep { eps: 0.0, ..ADAM });
        assert!(p[0] < 1.0 && p[0].is_finite(), "{}", p[0]);
    }
}
