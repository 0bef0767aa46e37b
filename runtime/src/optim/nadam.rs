//! `NAdam`.

use std::fmt;

use super::group::{Slot, Update};
use super::rule::{Core, MEANS, Rule, betas_and_eps, optimizer, two, visit_betas_and_eps};
use super::{IntoParameters, Optimizer, OptimizerState, ParameterGroup, Setting};
use crate::kernel::optimizer::{MixedStep, mixed_adam};
use crate::parameter::Parameter;
use crate::{Result, Scalar};

/// `NAdam`: [`Adam`](crate::Adam) with Nesterov momentum.
///
/// # Formula
/// `d = g + weight_decay · p`, `m ← β₁ m + (1 - β₁) d`, `v ← β₂ v + (1 - β₂) d²`,
/// `μₜ = β₁ (1 - 0.96^(t · momentum_decay) / 2)`, `Πₜ = μ₁ · .. · μₜ`,
/// `p ← p - rate · (μₜ₊₁ m / (1 - Πₜ₊₁) + (1 - μₜ) d / (1 - Πₜ)) / (√(v / (1 - β₂ᵗ)) + eps)`, with `t`
/// counted from 1. With [`decoupled_weight_decay`](Self::decoupled_weight_decay), `d = g` and first
/// `p ← p (1 - rate · weight_decay)`.
///
/// # Source
/// Dozat 2016; `PyTorch`'s `NAdam`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[3.0]));
/// let optimizer = NAdam::new(vec![weight], 2e-3).weight_decay(0.01).decoupled_weight_decay(true);
/// ```
pub struct NAdam(Core<NAdamRule>);

/// The rule of [`NAdam`], with its settings.
struct NAdamRule {
    betas: (f64, f64),
    eps: Scalar,
    momentum_decay: f64,
    decoupled: bool,
}

impl NAdam {
    /// An optimizer with the default settings. The learning rate must be at least 0; PyTorch's default is
    /// 2e-3.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        let rule = NAdamRule { betas: (0.9, 0.999), eps: 1e-8, momentum_decay: 4e-3, decoupled: false };
        Self(Core::new(parameters, learning_rate, 0.0, rule))
    }

    /// Sets the decay (at least 0) of the momentum's warmup; by default 4e-3.
    pub fn momentum_decay(mut self, momentum_decay: f64) -> Self {
        self.0.rule.momentum_decay = momentum_decay;
        self
    }

    /// Enables decoupled weight decay, as in `AdamW`; by default `false`.
    pub fn decoupled_weight_decay(mut self, decoupled: bool) -> Self {
        self.0.rule.decoupled = decoupled;
        self
    }
}

optimizer!(NAdam);
betas_and_eps!(NAdam);

impl Rule for NAdamRule {
    const NAME: &'static str = "NAdam";
    const PRODUCT: Option<&'static str> = Some("mu_product");

    fn settings(&self, visit: &mut dyn FnMut(Setting)) {
        visit_betas_and_eps(visit, self.betas, self.eps);
        let is_inside = self.momentum_decay >= 0.0 && self.momentum_decay.is_finite();
        visit(Setting::number("momentum_decay", self.momentum_decay, is_inside, "at least 0 and finite"));
        visit(Setting::flag("decoupled_weight_decay", self.decoupled));
    }

    fn buffers(&self) -> &[(&'static str, Scalar)] {
        &MEANS
    }

    fn update(&self, update: Update<'_>, slot: &mut Slot) {
        let Update { value, gradient, rate, decay, .. } = update;
        let (beta1, beta2) = self.betas;
        let momentum = |t: f64| beta1 * (1.0 - 0.5 * 0.96_f64.powf(t * self.momentum_decay));
        let t = f64::from(slot.steps);
        let (now, next) = (momentum(t), momentum(t + 1.0));
        slot.product *= now;
        let mut step = MixedStep::new(self.betas, self.eps, rate, decay, self.decoupled);
        step.on_gradient = (rate * (1.0 - now) / (1.0 - slot.product)) as Scalar;
        step.on_mean = (rate * next / (1.0 - slot.product * next)) as Scalar;
        step.correction = (1.0 / (1.0 - beta2.powi(slot.steps)).sqrt()) as Scalar;
        let (first, second) = two(slot);
        mixed_adam(value, gradient, first, second, step);
    }
}
