//! Optimizer steps: one pass over a parameter, its gradient and its optimizer state.

mod adaptive;
mod tiny;

pub(crate) use adaptive::{
    AdadeltaStep, AdagradStep, AdamaxStep, LionStep, MixedStep, RmsPropStep, adadelta, adagrad, adamax,
    amsgrad, lion, mean_step, mixed_adam, rms_prop, rms_prop_centered, rms_prop_momentum,
};
pub(crate) use tiny::mean_or_zero;

use super::pool;
use super::simd::multiversioned;
use crate::Scalar;

/// The number of elements of a parameter in one part of a pass. A part fits in the caches and is
/// long enough to be worth sharing.
const PART: usize = 1 << 14;

/// The coefficients of one Adam step.
#[derive(Clone, Copy)]
pub(crate) struct AdamStep {
    /// The factor of the parameter's old value: `1 - rate · decay` for `AdamW`, 1 for Adam.
    pub(crate) shrink: Scalar,
    /// The coefficient of Adam's L2 weight decay, which adds `decay · p` to the gradient.
    pub(crate) decay: Scalar,
    /// The weights of the new gradient in the running means: `1 - β₁` (`first`) and `1 - β₂` (`second`).
    pub(crate) first: Scalar,
    pub(crate) second: Scalar,
    /// The weight `β₂` of the old running mean of the squares.
    pub(crate) keep: Scalar,
    /// The learning rate, corrected for the bias of the first mean: `rate / (1 - β₁ᵗ)`.
    pub(crate) rate: Scalar,
    /// The correction for the bias of the second mean: `1 / √(1 - β₂ᵗ)`.
    pub(crate) correction: Scalar,
    pub(crate) eps: Scalar,
}

/// Computes `m += (g - m)(1 - β₁)`, `v = β₂ v + (1 - β₂) g²`,
/// `p -= rate · m / (√v · correction + eps)`.
pub(crate) fn adam(p: &mut [Scalar], g: &[Scalar], m: &mut [Scalar], v: &mut [Scalar], s: AdamStep) {
    multiversioned!(
        fn body(p: &mut [Scalar], g: &[Scalar], m: &mut [Scalar], v: &mut [Scalar], s: AdamStep) {
            let n = p.len();
            assert!(g.len() == n && m.len() == n && v.len() == n);
            for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
                let g = tiny::mean_or_zero(*g + s.decay * *p);
                *m = tiny::mean_or_zero(*m + (g - *m) * s.first);
                *v = tiny::next_square(*v, g, (s.keep, s.second, s.eps));
                *p = *p * s.shrink - s.rate * *m / (v.sqrt() * s.correction + s.eps);
            }
        }
    );
    pool::chunks([p, m, v], PART, |number, [p, m, v]| {
        let g = &g[number * PART..][..p.len()];
        body(p, g, m, v, s);
    });
}

/// The coefficients of one SGD step.
#[derive(Clone, Copy)]
pub(crate) struct SgdStep {
    pub(crate) rate: Scalar,
    pub(crate) decay: Scalar,
    pub(crate) momentum: Scalar,
    /// The weight of the new gradient in the momentum: 1 in the first step, then `1 - dampening`.
    pub(crate) fresh: Scalar,
    pub(crate) nesterov: bool,
}

/// Computes `p -= rate · (g + decay · p)`.
pub(crate) fn sgd(p: &mut [Scalar], g: &[Scalar], s: SgdStep) {
    multiversioned!(
        fn body(p: &mut [Scalar], g: &[Scalar], s: SgdStep) {
            assert_eq!(p.len(), g.len());
            for (p, g) in p.iter_mut().zip(g) {
                *p -= s.rate * (*g + s.decay * *p);
            }
        }
    );
    pool::chunks([p], PART, |number, [p]| {
        let g = &g[number * PART..][..p.len()];
        body(p, g, s);
    });
}

/// Computes `d = g + decay · p`, `b = momentum · b + fresh · d`, then `p -= rate · b`. With
/// Nesterov momentum `p -= rate · (d + momentum · b)` instead.
pub(crate) fn sgd_momentum(p: &mut [Scalar], g: &[Scalar], b: &mut [Scalar], s: SgdStep) {
    multiversioned!(
        fn body(p: &mut [Scalar], g: &[Scalar], b: &mut [Scalar], s: SgdStep) {
            assert!(p.len() == g.len() && p.len() == b.len());
            let (on_gradient, on_buffer) = if s.nesterov { (1.0, s.momentum) } else { (0.0, 1.0) };
            for ((p, g), b) in p.iter_mut().zip(g).zip(b) {
                let d = tiny::mean_or_zero(*g + s.decay * *p);
                *b = tiny::mean_or_zero(s.momentum * *b + s.fresh * d);
                *p -= s.rate * (on_gradient * d + on_buffer * *b);
            }
        }
    );
    pool::chunks([p, b], PART, |number, [p, b]| {
        let g = &g[number * PART..][..p.len()];
        body(p, g, b, s);
    });
}

#[cfg(test)]
mod tests {
    use super::{AdamStep, SgdStep, adam, sgd, sgd_momentum};
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    #[test]
    fn every_level_gives_the_bits_of_the_plain_one() {
        let decay = 0.1;
        let sgd_step = SgdStep { rate: 0.1, decay, momentum: 0.9, fresh: 0.8, nesterov: true };
        let adam_step = AdamStep {
            shrink: 0.99,
            decay,
            first: 0.1,
            second: 0.001,
            keep: 0.999,
            rate: 0.01,
            correction: 3.0,
            eps: 1e-8,
        };
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
                adam(&mut p, &g, &mut m, &mut v, adam_step);
                sgd(&mut p, &g, sgd_step);
                sgd_momentum(&mut p, &g, &mut m, sgd_step);
                [p, m, v].concat()
            });
            assert!(results.iter().all(|result| *result == results[0]));
        }
    }
}
