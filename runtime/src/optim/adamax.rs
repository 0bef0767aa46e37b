//! Adamax.

use std::fmt;

use super::group::{Slot, Update};
use super::rule::{Core, Rule, betas_and_eps, optimizer, two, visit_betas_and_eps};
use super::{IntoParameters, Optimizer, OptimizerState, ParameterGroup, Setting};
use crate::kernel::optimizer::{AdamaxStep, adamax};
use crate::parameter::Parameter;
use crate::{Result, Scalar};

/// Adamax: [`Adam`](crate::Adam) with a decaying maximum of the gradients' magnitudes in place of the root
/// mean square.
///
/// # Formula
/// `d = g + weight_decay · p`, `m ← β₁ m + (1 - β₁) d`, `u ← max(β₂ u, |d| + eps)`,
/// `p ← p - rate / (1 - β₁ᵗ) · m / u`, with `t` counted from 1.
///
/// # Source
/// Kingma and Ba, <https://arxiv.org/abs/1412.6980>; `PyTorch`'s `Adamax`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[3.0]));
/// let optimizer = Adamax::new(vec![weight], 2e-3);
/// ```
pub struct Adamax(Core<AdamaxRule>);

/// The rule of [`Adamax`], with its settings.
struct AdamaxRule {
    betas: (f64, f64),
    eps: Scalar,
}

impl Adamax {
    /// An optimizer with the default settings. The learning rate must be at least 0; PyTorch's default is
    /// 2e-3.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        Self(Core::new(parameters, learning_rate, 0.0, AdamaxRule { betas: (0.9, 0.999), eps: 1e-8 }))
    }
}

optimizer!(Adamax);
betas_and_eps!(Adamax);

impl Rule for AdamaxRule {
    const NAME: &'static str = "Adamax";

    fn settings(&self, visit: &mut dyn FnMut(Setting)) {
        visit_betas_and_eps(visit, self.betas, self.eps);
    }

    fn buffers(&self) -> &[(&'static str, Scalar)] {
        &[("exp_avg", 0.0), ("exp_inf", 0.0)]
    }

    fn update(&self, update: Update<'_>, slot: &mut Slot) {
        let Update { value, gradient, rate, decay, .. } = update;
        let (beta1, beta2) = self.betas;
        let step = AdamaxStep {
            rate: (rate / (1.0 - beta1.powi(slot.steps))) as Scalar,
            decay,
            first: (1.0 - beta1) as Scalar,
            keep: beta2 as Scalar,
            eps: self.eps,
        };
        let (means, largest) = two(slot);
        adamax(value, gradient, means, largest, step);
    }
}
