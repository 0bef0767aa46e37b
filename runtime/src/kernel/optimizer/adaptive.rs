//! Steps of the adaptive optimizers, which scale each gradient by statistics of earlier gradients.

use super::{AdamStep, PART, pool, tiny};
use crate::Scalar;
use crate::kernel::simd::multiversioned;

/// Declares a pass over a parameter `p`, its gradient `g` and its optimizer state. The body runs once per
/// element, with references to the element of the parameter and of each state array.
macro_rules! pass {
    ($(#[$docs:meta])* fn $name:ident($p:ident, $g:ident, [$($own:ident),*], $s:ident: $step:ty) $body:block) => {
        $(#[$docs])*
        pub(crate) fn $name($p: &mut [Scalar], $g: &[Scalar], $($own: &mut [Scalar],)* $s: $step) {
            multiversioned!(
                fn body($p: &mut [Scalar], $g: &[Scalar], $($own: &mut [Scalar],)* $s: $step) {
                    let n = $p.len();
                    assert!($g.len() == n $(&& $own.len() == n)*);
                    for i in 0..n {
                        let ($p, $g) = (&mut $p[i], $g[i]);
                        $(let $own = &mut $own[i];)*
                        $body
                    }
                }
            );
            pool::chunks([$p $(, $own)*], PART, |number, [$p $(, $own)*]| {
                let $g = &$g[number * PART..][..$p.len()];
                body($p, $g, $($own,)* $s);
            });
        }
    };
}

pass! {
    /// Computes the `AMSGrad` variant of [`adam`](super::adam): the running maximum `x ← max(x, v)` replaces
    /// `v`.
    fn amsgrad(p, g, [m, v, x], s: AdamStep) {
        let g = tiny::mean_or_zero(g + s.decay * *p);
        *m = tiny::mean_or_zero(*m + (g - *m) * s.first);
        *v = tiny::next_square(*v, g, (s.keep, s.second, s.eps));
        *x = if *x > *v { *x } else { *v };
        *p = *p * s.shrink - s.rate * *m / (x.sqrt() * s.correction + s.eps);
    }
}

/// The coefficients of one step of `NAdam` or `RAdam`, which mixes the gradient with its running mean.
#[derive(Clone, Copy)]
pub(crate) struct MixedStep {
    /// The factor of the parameter's old value.
    pub(crate) shrink: Scalar,
    /// The coefficient of L2 weight decay, which adds `decay · p` to the gradient.
    pub(crate) decay: Scalar,
    /// The weights of the new gradient in the running means: `1 - β₁` (`first`) and `1 - β₂` (`second`).
    pub(crate) first: Scalar,
    pub(crate) second: Scalar,
    /// The weight `β₂` of the old running mean of the squares.
    pub(crate) keep: Scalar,
    /// The learning rate of the gradient.
    pub(crate) on_gradient: Scalar,
    /// The learning rate of the running mean.
    pub(crate) on_mean: Scalar,
    /// The factor of `√v` in the denominator.
    pub(crate) correction: Scalar,
    pub(crate) eps: Scalar,
}

impl MixedStep {
    /// The coefficients for these settings. The caller sets `on_gradient` and `on_mean`, which are 0 here,
    /// and may change `correction`, which is 1.
    pub(crate) fn new(betas: (f64, f64), eps: Scalar, rate: f64, decay: Scalar, decoupled: bool) -> Self {
        Self {
            shrink: if decoupled { (1.0 - rate * f64::from(decay)) as Scalar } else { 1.0 },
            decay: if decoupled { 0.0 } else { decay },
            first: (1.0 - betas.0) as Scalar,
            second: (1.0 - betas.1) as Scalar,
            keep: betas.1 as Scalar,
            on_gradient: 0.0,
            on_mean: 0.0,
            correction: 1.0,
            eps,
        }
    }
}

pass! {
    /// Computes `m += (g - m)(1 - β₁)`, `v = β₂ v + (1 - β₂) g²`,
    /// `p -= (on_mean · m + on_gradient · g) / (√v · correction + eps)`.
    fn mixed_adam(p, g, [m, v], s: MixedStep) {
        let g = tiny::mean_or_zero(g + s.decay * *p);
        *m = tiny::mean_or_zero(*m + (g - *m) * s.first);
        *v = tiny::next_square(*v, g, (s.keep, s.second, s.eps));
        let step = s.on_mean * *m + s.on_gradient * g;
        *p = *p * s.shrink - step / (v.sqrt() * s.correction + s.eps);
    }
}

pass! {
    /// Computes the running means of [`mixed_adam`], and `p -= on_mean · m`.
    fn mean_step(p, g, [m, v], s: MixedStep) {
        let g = tiny::mean_or_zero(g + s.decay * *p);
        *m = tiny::mean_or_zero(*m + (g - *m) * s.first);
        *v = tiny::next_square(*v, g, (s.keep, s.second, s.eps));
        *p = *p * s.shrink - s.on_mean * *m;
    }
}

/// The coefficients of one step of `RMSprop`.
#[derive(Clone, Copy)]
pub(crate) struct RmsPropStep {
    pub(crate) rate: Scalar,
    pub(crate) decay: Scalar,
    /// The weights of the old running mean, `α`, and of the new value, `1 - α`.
    pub(crate) keep: Scalar,
    pub(crate) fresh: Scalar,
    pub(crate) momentum: Scalar,
    pub(crate) eps: Scalar,
}

pass! {
    /// Computes `v = α v + (1 - α) g²`, `p -= rate · g / (√v + eps)`.
    fn rms_prop(p, g, [v], s: RmsPropStep) {
        let g = tiny::mean_or_zero(g + s.decay * *p);
        *v = tiny::next_square(*v, g, (s.keep, s.fresh, s.eps));
        *p -= s.rate * g / (v.sqrt() + s.eps);
    }
}

pass! {
    /// Computes `v = α v + (1 - α) g²`, `b = momentum · b + g / (√v + eps)`, `p -= rate · b`.
    fn rms_prop_momentum(p, g, [v, b], s: RmsPropStep) {
        let g = tiny::mean_or_zero(g + s.decay * *p);
        *v = tiny::next_square(*v, g, (s.keep, s.fresh, s.eps));
        *b = tiny::mean_or_zero(s.momentum * *b + g / (v.sqrt() + s.eps));
        *p -= s.rate * *b;
    }
}

pass! {
    /// Computes the step of [`rms_prop_momentum`] with `√(v - a²)` in place of `√v`, where
    /// `a += (g - a)(1 - α)`.
    fn rms_prop_centered(p, g, [v, b, a], s: RmsPropStep) {
        let g = tiny::mean_or_zero(g + s.decay * *p);
        *v = tiny::next_square(*v, g, (s.keep, s.fresh, s.eps));
        // The same limit as for `v`, so that the difference is not negative.
        *a = tiny::root_or_zero(*a + (tiny::root_or_zero(g, s.eps) - *a) * s.fresh, s.eps);
        *b = tiny::mean_or_zero(s.momentum * *b + g / ((*v - *a * *a).sqrt() + s.eps));
        *p -= s.rate * *b;
    }
}

/// The coefficients of one step of Adagrad.
#[derive(Clone, Copy)]
pub(crate) struct AdagradStep {
    pub(crate) rate: Scalar,
    pub(crate) decay: Scalar,
    pub(crate) eps: Scalar,
}

pass! {
    /// Computes `a += g²`, `p -= rate · g / (√a + eps)`.
    fn adagrad(p, g, [a], s: AdagradStep) {
        let g = tiny::mean_or_zero(g + s.decay * *p);
        *a = tiny::next_square(*a, g, (1.0, 1.0, s.eps));
        *p -= s.rate * g / (a.sqrt() + s.eps);
    }
}

/// The coefficients of one step of Adadelta.
#[derive(Clone, Copy)]
pub(crate) struct AdadeltaStep {
    pub(crate) rate: Scalar,
    pub(crate) decay: Scalar,
    /// The weights of the old running mean, `ρ`, and of the new value, `1 - ρ`.
    pub(crate) keep: Scalar,
    pub(crate) fresh: Scalar,
    pub(crate) eps: Scalar,
}

pass! {
    /// Computes `v = ρ v + (1 - ρ) g²`, `d = g · √(u + eps) / √(v + eps)`, `u = ρ u + (1 - ρ) d²`,
    /// `p -= rate · d`.
    fn adadelta(p, g, [v, u], s: AdadeltaStep) {
        let g = tiny::mean_or_zero(g + s.decay * *p);
        *v = tiny::next_square(*v, g, (s.keep, s.fresh, s.eps));
        let d = (*u + s.eps).sqrt() / (*v + s.eps).sqrt() * g;
        *u = tiny::next_square(*u, d, (s.keep, s.fresh, s.eps));
        *p -= s.rate * d;
    }
}

/// The coefficients of one step of Adamax.
#[derive(Clone, Copy)]
pub(crate) struct AdamaxStep {
    /// The learning rate, corrected for the bias of the mean: `rate / (1 - β₁ᵗ)`.
    pub(crate) rate: Scalar,
    pub(crate) decay: Scalar,
    /// The weight `1 - β₁` of the new gradient in the running mean.
    pub(crate) first: Scalar,
    /// The factor `β₂` of the old largest gradient.
    pub(crate) keep: Scalar,
    pub(crate) eps: Scalar,
}

pass! {
    /// Computes `m += (g - m)(1 - β₁)`, `u = max(β₂ u, |g| + eps)`, `p -= rate · m / u`.
    fn adamax(p, g, [m, u], s: AdamaxStep) {
        let g = tiny::mean_or_zero(g + s.decay * *p);
        *m = tiny::mean_or_zero(*m + (g - *m) * s.first);
        let (old, new) = (s.keep * *u, g.abs() + s.eps);
        *u = if old > new { old } else { new };
        *p -= s.rate * *m / *u;
    }
}

/// The coefficients of one step of Lion.
#[derive(Clone, Copy)]
pub(crate) struct LionStep {
    /// The factor of the parameter's old value: `1 - rate · decay`.
    pub(crate) shrink: Scalar,
    pub(crate) rate: Scalar,
    /// The weights of the new gradient: `1 - β₁` in the direction (`first`) and `1 - β₂` in the momentum
    /// (`second`).
    pub(crate) first: Scalar,
    pub(crate) second: Scalar,
}

pass! {
    /// Computes `p = p · shrink - rate · sign(m + (g - m)(1 - β₁))`, `m += (g - m)(1 - β₂)`.
    fn lion(p, g, [m], s: LionStep) {
        let direction = *m + (g - *m) * s.first;
        // A direction of 0 or NaN is kept.
        let sign = if direction > 0.0 { 1.0 } else if direction < 0.0 { -1.0 } else { direction };
        *p = *p * s.shrink - s.rate * sign;
        *m = tiny::mean_or_zero(*m + (g - *m) * s.second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::simd::forced::on_each_level;

    #[test]
    fn every_level_gives_the_bits_of_the_plain_one() {
        let mut mixed = MixedStep::new((0.9, 0.99), 1e-8, 0.1, 0.1, true);
        (mixed.on_mean, mixed.on_gradient) = (0.1, 0.02);
        let adam = AdamStep {
            shrink: 0.99,
            decay: 0.1,
            first: 0.1,
            second: 0.001,
            keep: 0.999,
            rate: 0.01,
            correction: 3.0,
            eps: 1e-8,
        };
        let rms = RmsPropStep { rate: 0.1, decay: 0.1, keep: 0.9, fresh: 0.1, momentum: 0.5, eps: 1e-8 };
        let ada = AdadeltaStep { rate: 0.1, decay: 0.1, keep: 0.9, fresh: 0.1, eps: 1e-6 };
        let max = AdamaxStep { rate: 0.1, decay: 0.1, first: 0.1, keep: 0.9, eps: 1e-8 };
        let signs = LionStep { shrink: 0.99, rate: 0.1, first: 0.1, second: 0.01 };
        for length in [0, 1, 7, 16, 33, 100] {
            let start = |seed: usize| -> Vec<Scalar> {
                (0..length).map(|i| ((i * 31 + seed * 17) % 29) as Scalar / 10.0 - 1.0).collect()
            };
            let g = start(1);
            let results = on_each_level(|| {
                let (mut p, mut m, mut v) = (start(2), start(3), start(4));
                for v in &mut v {
                    *v = v.abs();
                }
                let (mut x, mut u) = (v.clone(), v.clone());
                amsgrad(&mut p, &g, &mut m, &mut v, &mut x, adam);
                mixed_adam(&mut p, &g, &mut m, &mut v, mixed);
                mean_step(&mut p, &g, &mut m, &mut v, mixed);
                rms_prop(&mut p, &g, &mut v, rms);
                rms_prop_momentum(&mut p, &g, &mut v, &mut m, rms);
                // The running mean of the squares must be at least the square of the running mean.
                let (mut means, mut squares) = (vec![0.0; length], vec![0.0; length]);
                rms_prop_centered(&mut p, &g, &mut squares, &mut m, &mut means, rms);
                adagrad(&mut p, &g, &mut x, AdagradStep { rate: 0.1, decay: 0.1, eps: 1e-10 });
                adadelta(&mut p, &g, &mut v, &mut u, ada);
                adamax(&mut p, &g, &mut m, &mut u, max);
                lion(&mut p, &g, &mut m, signs);
                assert!(p.iter().all(|p| p.is_finite()));
                [p, m, v, x, u, means, squares].concat()
            });
            assert!(results.iter().all(|result| *result == results[0]));
        }
    }

    #[test]
    fn nan_reaches_the_parameter() {
        let (mut p, mut m) = (vec![1.0, 1.0], vec![0.0, 0.0]);
        let step = LionStep { shrink: 1.0, rate: 0.5, first: 0.1, second: 0.01 };
        lion(&mut p, &[Scalar::NAN, 0.0], &mut m, step);
        assert!(p[0].is_nan() && p[1] == 1.0);
    }
}
