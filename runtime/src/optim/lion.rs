//! Lion.

use std::fmt;

use super::group::{Slot, Update};
use super::rule::{Core, Rule, optimizer};
use super::{IntoParameters, Optimizer, OptimizerState, ParameterGroup, Setting};
use crate::kernel::optimizer::{LionStep, lion};
use crate::parameter::Parameter;
use crate::{Result, Scalar};

/// Lion: the step of each element is the learning rate times the sign of a momentum.
///
/// All elements of a step have the same size. Suitable learning rates are therefore 3 to 10 times smaller
/// than for [`AdamW`](crate::AdamW), and weight decays larger by the same factor.
///
/// # Formula
/// `p ← p (1 - rate · weight_decay) - rate · sign(β₁ m + (1 - β₁) g)`, `m ← β₂ m + (1 - β₂) g`. The sign of 0
/// is 0.
///
/// # Source
/// Chen and others 2023, <https://arxiv.org/abs/2302.06675>.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[3.0]));
/// let optimizer = Lion::new(vec![weight], 1e-4).weight_decay(0.1);
/// ```
pub struct Lion(Core<LionRule>);

/// The rule of [`Lion`], with its settings.
struct LionRule {
    betas: (f64, f64),
}

impl Lion {
    /// An optimizer with the default settings. The learning rate must be at least 0; the paper's default is
    /// 1e-4.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        Self(Core::new(parameters, learning_rate, 0.0, LionRule { betas: (0.9, 0.99) }))
    }

    /// Sets the weights `β₁` and `β₂` of the old momentum in the direction and in the new momentum, each in
    /// [0, 1); by default 0.9 and 0.99.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.0.rule.betas = (first, second);
        self
    }
}

optimizer!(Lion);

impl Rule for LionRule {
    const NAME: &'static str = "Lion";
    const COUNTS: bool = false;

    fn settings(&self, visit: &mut dyn FnMut(Setting)) {
        visit(Setting::below_one("beta1", self.betas.0));
        visit(Setting::below_one("beta2", self.betas.1));
    }

    fn buffers(&self) -> &[(&'static str, Scalar)] {
        &[("exp_avg", 0.0)]
    }

    fn update(&self, update: Update<'_>, slot: &mut Slot) {
        let Update { value, gradient, rate, decay, .. } = update;
        let step = LionStep {
            shrink: (1.0 - rate * f64::from(decay)) as Scalar,
            rate: rate as Scalar,
            first: (1.0 - self.betas.0) as Scalar,
            second: (1.0 - self.betas.1) as Scalar,
        };
        lion(value, gradient, slot.buffers[0].as_mut_slice(), step);
    }
}
