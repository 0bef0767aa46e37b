//! Adagrad.

use std::fmt;

use super::group::{Slot, Update};
use super::rule::{Core, Rule, optimizer};
use super::{IntoParameters, Optimizer, OptimizerState, ParameterGroup, Setting};
use crate::kernel::optimizer::{AdagradStep, adagrad};
use crate::parameter::Parameter;
use crate::{Result, Scalar};

/// Adagrad: steps scaled by the sum of the squares of all gradients so far.
///
/// # Formula
/// `d = g + weight_decay · p`, `s ← s + d²`, `p ← p - rate / (1 + (t - 1) · lr_decay) · d / (√s + eps)`, with
/// `t` counted from 1.
///
/// # Source
/// Duchi, Hazan and Singer 2011; `PyTorch`'s `Adagrad`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[3.0]));
/// let optimizer = Adagrad::new(vec![weight], 0.01).lr_decay(1e-4);
/// ```
pub struct Adagrad(Core<AdagradRule>);

/// The rule of [`Adagrad`], with its settings.
struct AdagradRule {
    lr_decay: f64,
    eps: Scalar,
    /// The name and the initial value of the sum of squares.
    sum: [(&'static str, Scalar); 1],
}

impl Adagrad {
    /// An optimizer with the default settings. The learning rate must be at least 0; PyTorch's default is
    /// 0.01.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        let rule = AdagradRule { lr_decay: 0.0, eps: 1e-10, sum: [("sum", 0.0)] };
        Self(Core::new(parameters, learning_rate, 0.0, rule))
    }

    /// Sets the inverse-time decay (at least 0) of the learning rate per update; by default 0.
    pub fn lr_decay(mut self, lr_decay: f64) -> Self {
        self.0.rule.lr_decay = lr_decay;
        self
    }

    /// Sets the initial value (at least 0) of the sums of squares; by default 0.
    pub fn initial_accumulator_value(mut self, value: Scalar) -> Self {
        self.0.rule.sum[0].1 = value;
        self
    }

    /// Sets the constant (at least 0) added to the square root in the denominator; by default 1e-10.
    pub fn eps(mut self, eps: Scalar) -> Self {
        self.0.rule.eps = eps;
        self
    }
}

optimizer!(Adagrad);

impl Rule for AdagradRule {
    const NAME: &'static str = "Adagrad";

    fn settings(&self, visit: &mut dyn FnMut(Setting)) {
        let is_inside = self.lr_decay >= 0.0 && self.lr_decay.is_finite();
        visit(Setting::number("lr_decay", self.lr_decay, is_inside, "at least 0 and finite"));
        visit(Setting::at_least_zero("initial_accumulator_value", self.sum[0].1));
        visit(Setting::at_least_zero("eps", self.eps));
    }

    fn buffers(&self) -> &[(&'static str, Scalar)] {
        &self.sum
    }

    fn update(&self, update: Update<'_>, slot: &mut Slot) {
        let Update { value, gradient, rate, decay, .. } = update;
        let rate = rate / (1.0 + f64::from(slot.steps - 1) * self.lr_decay);
        let step = AdagradStep { rate: rate as Scalar, decay, eps: self.eps };
        adagrad(value, gradient, slot.buffers[0].as_mut_slice(), step);
    }
}
