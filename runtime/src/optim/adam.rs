//! Adam with L2 weight decay, and `AdamW` with decoupled weight decay.

use std::fmt;

use super::group::{Slot, Update};
use super::rule::{Core, MEANS, Rule, betas_and_eps, optimizer, three, two, visit_betas_and_eps};
use super::{IntoParameters, Optimizer, OptimizerState, ParameterGroup, Setting};
use crate::kernel::optimizer::{AdamStep, adam, amsgrad};
use crate::parameter::Parameter;
use crate::{Result, Scalar};

/// Adam: steps scaled by running means of the gradient and its square.
///
/// # Formula
/// `d = g + weight_decay · p`, `m ← β₁ m + (1 - β₁) d`, `v ← β₂ v + (1 - β₂) d²`,
/// `p ← p - rate · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + eps)`, with `t` counted from 1.
/// With [`amsgrad`](Self::amsgrad), the maximum of `v` over all updates so far replaces `v` in the
/// denominator.
///
/// # Source
/// Kingma and Ba, <https://arxiv.org/abs/1412.6980>; `PyTorch`'s `Adam`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[3.0]));
/// let optimizer = Adam::new(vec![weight], 1e-3).betas(0.9, 0.99);
/// ```
pub struct Adam(Core<AdamRule<false>>);

/// [`Adam`] with decoupled weight decay, by default 0.01.
///
/// # Formula
/// `p ← p (1 - rate · weight_decay)`, then Adam's step without weight decay.
///
/// # Source
/// Loshchilov and Hutter, <https://arxiv.org/abs/1711.05101>; `PyTorch`'s `AdamW`.
pub struct AdamW(Core<AdamRule<true>>);

/// The rule of `AdamW` (`DECOUPLED`) or of Adam.
struct AdamRule<const DECOUPLED: bool> {
    betas: (f64, f64),
    eps: Scalar,
    amsgrad: bool,
}

impl<const DECOUPLED: bool> Default for AdamRule<DECOUPLED> {
    fn default() -> Self {
        Self { betas: (0.9, 0.999), eps: 1e-8, amsgrad: false }
    }
}

// The constructors are outside of macros, so that rustc reports wrong arguments at their signature instead of
// inside the macro.

impl Adam {
    /// An optimizer with the default settings. The learning rate must be at least 0.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        Self(Core::new(parameters, learning_rate, 0.0, AdamRule::default()))
    }

    /// Enables `AMSGrad`: the denominator uses the maximum of `v` so far; by default `false`.
    pub fn amsgrad(mut self, amsgrad: bool) -> Self {
        self.0.rule.amsgrad = amsgrad;
        self
    }
}

impl AdamW {
    /// An optimizer with the default settings. The learning rate must be at least 0.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        Self(Core::new(parameters, learning_rate, 0.01, AdamRule::default()))
    }

    /// Enables `AMSGrad`: the denominator uses the maximum of `v` so far; by default `false`.
    pub fn amsgrad(mut self, amsgrad: bool) -> Self {
        self.0.rule.amsgrad = amsgrad;
        self
    }
}

optimizer!(Adam);
optimizer!(AdamW);
betas_and_eps!(Adam);
betas_and_eps!(AdamW);

impl<const DECOUPLED: bool> Rule for AdamRule<DECOUPLED> {
    const NAME: &'static str = if DECOUPLED { "AdamW" } else { "Adam" };

    fn settings(&self, visit: &mut dyn FnMut(Setting)) {
        visit_betas_and_eps(visit, self.betas, self.eps);
        visit(Setting::flag("amsgrad", self.amsgrad));
    }

    fn buffers(&self) -> &[(&'static str, Scalar)] {
        const ALL: [(&str, Scalar); 3] = [MEANS[0], MEANS[1], ("max_exp_avg_sq", 0.0)];
        if self.amsgrad { &ALL } else { &MEANS }
    }

    fn update(&self, update: Update<'_>, slot: &mut Slot) {
        let (beta1, beta2) = self.betas;
        let Update { value, gradient, rate, decay, .. } = update;
        let step = AdamStep {
            shrink: if DECOUPLED { (1.0 - rate * f64::from(decay)) as Scalar } else { 1.0 },
            decay: if DECOUPLED { 0.0 } else { decay },
            first: (1.0 - beta1) as Scalar,
            second: (1.0 - beta2) as Scalar,
            keep: beta2 as Scalar,
            rate: (rate / (1.0 - beta1.powi(slot.steps))) as Scalar,
            correction: (1.0 / (1.0 - beta2.powi(slot.steps)).sqrt()) as Scalar,
            eps: self.eps,
        };
        if self.amsgrad {
            let (first, second, largest) = three(slot);
            amsgrad(value, gradient, first, second, largest, step);
        } else {
            let (first, second) = two(slot);
            adam(value, gradient, first, second, step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Adam, AdamW};
    use crate::{Optimizer, Parameter, Scalar};

    /// The parameter after `steps` steps on the loss `p² / 2`, computed by the formula in double
    /// precision.
    fn by_formula(steps: i32, rate: f64, decay: f64, decoupled: bool) -> f64 {
        let (mut p, mut m, mut v) = (1.0_f64, 0.0_f64, 0.0_f64);
        for t in 1..=steps {
            let mut g = p;
            if decoupled {
                p *= 1.0 - rate * decay;
            } else {
                g += decay * p;
            }
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            p -= rate * (m / (1.0 - 0.9_f64.powi(t))) / ((v / (1.0 - 0.999_f64.powi(t))).sqrt() + 1e-8);
        }
        p
    }

    fn run<O: Optimizer>(build: impl Fn(Vec<Parameter>) -> O, steps: i32) -> Scalar {
        let parameter = Parameter::new(ndarray::arr1(&[1.0]));
        let mut optimizer = build(vec![parameter.clone()]);
        for _ in 0..steps {
            optimizer.zero_grad();
            (parameter.tensor() * parameter.tensor() * 0.5).sum().backward();
            optimizer.step();
        }
        parameter.value()[0]
    }

    #[test]
    fn both_kinds_follow_their_formulas() {
        let close =
            |ours: Scalar, theirs: f64| assert!((f64::from(ours) - theirs).abs() < 1e-5, "{ours} {theirs}");
        close(run(|p| Adam::new(p, 0.1), 7), by_formula(7, 0.1, 0.0, false));
        close(run(|p| Adam::new(p, 0.1).weight_decay(0.3), 7), by_formula(7, 0.1, 0.3, false));
        close(run(|p| AdamW::new(p, 0.1).weight_decay(0.3), 7), by_formula(7, 0.1, 0.3, true));
        close(run(|p| AdamW::new(p, 0.1), 3), by_formula(3, 0.1, 0.01, true));
    }

    #[test]
    fn ranges_are_named() {
        let parameters = vec![Parameter::new(ndarray::arr1(&[1.0]))];
        let error = AdamW::new(parameters, 0.1).betas(0.9, 1.0).check().unwrap_err().to_string();
        assert!(error.contains("AdamW") && error.contains("beta2") && error.contains("[0, 1)"), "{error}");
    }
}
