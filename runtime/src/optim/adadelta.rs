//! Adadelta.

use std::fmt;

use super::group::{Slot, Update};
use super::rule::{Core, Rule, optimizer, two};
use super::{IntoParameters, Optimizer, OptimizerState, ParameterGroup, Setting};
use crate::kernel::optimizer::{AdadeltaStep, adadelta};
use crate::parameter::Parameter;
use crate::{Result, Scalar};

/// Adadelta: scales each gradient by the ratio of the running RMS of the updates to the running RMS of the
/// gradients.
///
/// # Formula
/// `d = g + weight_decay · p`, `v ← ρ v + (1 - ρ) d²`, `δ = d · √(u + eps) / √(v + eps)`,
/// `u ← ρ u + (1 - ρ) δ²`, `p ← p - rate · δ`.
///
/// # Source
/// Zeiler 2012; `PyTorch`'s `Adadelta`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[3.0]));
/// let optimizer = Adadelta::new(vec![weight], 1.0).rho(0.95);
/// ```
pub struct Adadelta(Core<AdadeltaRule>);

/// The rule of [`Adadelta`], with its settings.
struct AdadeltaRule {
    rho: f64,
    eps: Scalar,
}

impl Adadelta {
    /// An optimizer with the default settings. The learning rate must be at least 0; PyTorch's default is 1.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        Self(Core::new(parameters, learning_rate, 0.0, AdadeltaRule { rho: 0.9, eps: 1e-6 }))
    }

    /// Sets the decay rate of the running means, in [0, 1); by default 0.9.
    pub fn rho(mut self, rho: f64) -> Self {
        self.0.rule.rho = rho;
        self
    }

    /// Sets the constant (at least 0) added under the square roots; by default 1e-6. With 0, no parameter
    /// ever changes.
    pub fn eps(mut self, eps: Scalar) -> Self {
        self.0.rule.eps = eps;
        self
    }
}

optimizer!(Adadelta);

impl Rule for AdadeltaRule {
    const NAME: &'static str = "Adadelta";

    fn settings(&self, visit: &mut dyn FnMut(Setting)) {
        visit(Setting::below_one("rho", self.rho));
        visit(Setting::at_least_zero("eps", self.eps));
    }

    fn buffers(&self) -> &[(&'static str, Scalar)] {
        &[("square_avg", 0.0), ("acc_delta", 0.0)]
    }

    fn update(&self, update: Update<'_>, slot: &mut Slot) {
        let Update { value, gradient, rate, decay, .. } = update;
        let step = AdadeltaStep {
            rate: rate as Scalar,
            decay,
            keep: self.rho as Scalar,
            fresh: (1.0 - self.rho) as Scalar,
            eps: self.eps,
        };
        let (squares, deltas) = two(slot);
        adadelta(value, gradient, squares, deltas, step);
    }
}
