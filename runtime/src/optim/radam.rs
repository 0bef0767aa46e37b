//! `RAdam`.

use std::fmt;

use super::group::{Slot, Update};
use super::rule::{Core, MEANS, Rule, betas_and_eps, optimizer, two, visit_betas_and_eps};
use super::{IntoParameters, Optimizer, OptimizerState, ParameterGroup, Setting};
use crate::kernel::optimizer::{MixedStep, mean_step, mixed_adam};
use crate::parameter::Parameter;
use crate::{Result, Scalar};

/// `RAdam`: [`Adam`](crate::Adam) with smaller (rectified) steps while `v` is a mean of few gradients.
///
/// # Formula
/// `d = g + weight_decay · p`, `m ← β₁ m + (1 - β₁) d`, `v ← β₂ v + (1 - β₂) d²`, `m̂ = m / (1 - β₁ᵗ)`,
/// `ρ∞ = 2 / (1 - β₂) - 1`, `ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)`, with `t` counted from 1. If `ρ > 5`,
/// `r = √((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ))` and `p ← p - rate · m̂ · r · √(1 - β₂ᵗ) / (√v + eps)`;
/// otherwise `p ← p - rate · m̂`. With [`decoupled_weight_decay`](Self::decoupled_weight_decay), `d = g` and
/// first `p ← p (1 - rate · weight_decay)`.
///
/// # Source
/// Liu and others 2020, <https://arxiv.org/abs/1908.03265>; `PyTorch`'s `RAdam`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[3.0]));
/// let optimizer = RAdam::new(vec![weight], 1e-3).betas(0.9, 0.99);
/// ```
pub struct RAdam(Core<RAdamRule>);

/// The rule of [`RAdam`], with its settings.
struct RAdamRule {
    betas: (f64, f64),
    eps: Scalar,
    decoupled: bool,
}

impl RAdam {
    /// An optimizer with the default settings. The learning rate must be at least 0; PyTorch's default is
    /// 1e-3.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        let rule = RAdamRule { betas: (0.9, 0.999), eps: 1e-8, decoupled: false };
        Self(Core::new(parameters, learning_rate, 0.0, rule))
    }

    /// Enables decoupled weight decay, as in `AdamW`; by default `false`.
    pub fn decoupled_weight_decay(mut self, decoupled: bool) -> Self {
        self.0.rule.decoupled = decoupled;
        self
    }
}

optimizer!(RAdam);
betas_and_eps!(RAdam);

impl Rule for RAdamRule {
    const NAME: &'static str = "RAdam";

    fn settings(&self, visit: &mut dyn FnMut(Setting)) {
        visit_betas_and_eps(visit, self.betas, self.eps);
        visit(Setting::flag("decoupled_weight_decay", self.decoupled));
    }

    fn buffers(&self) -> &[(&'static str, Scalar)] {
        &MEANS
    }

    fn update(&self, update: Update<'_>, slot: &mut Slot) {
        let Update { value, gradient, rate, decay, .. } = update;
        let (beta1, beta2) = self.betas;
        let power = beta2.powi(slot.steps);
        let longest = 2.0 / (1.0 - beta2) - 1.0;
        let length = longest - 2.0 * f64::from(slot.steps) * power / (1.0 - power);
        let corrected = rate / (1.0 - beta1.powi(slot.steps));
        let mut step = MixedStep::new(self.betas, self.eps, rate, decay, self.decoupled);
        let (first, second) = two(slot);
        if length > 5.0 {
            let share = (length - 4.0) * (length - 2.0) * longest;
            let whole = (longest - 4.0) * (longest - 2.0) * length;
            step.on_mean = (corrected * (share / whole).sqrt() * (1.0 - power).sqrt()) as Scalar;
            mixed_adam(value, gradient, first, second, step);
        } else {
            step.on_mean = corrected as Scalar;
            mean_step(value, gradient, first, second, step);
        }
    }
}
