//! Stochastic gradient descent with momentum.

use std::fmt;

use super::group::{Slot, Update};
use super::rule::{Core, Rule, optimizer};
use super::{IntoParameters, Optimizer, OptimizerState, ParameterGroup, Setting};
use crate::kernel::optimizer::{SgdStep, sgd, sgd_momentum};
use crate::parameter::Parameter;
use crate::{Result, Scalar};

/// Stochastic gradient descent.
///
/// # Formula
/// `d = g + weight_decay · p`. Without momentum, `p ← p - rate · d`.
/// With momentum, `b ← momentum · b + (1 - dampening) · d` (in the first step, `b = d`), then
/// `p ← p - rate · b`. With Nesterov momentum, `p ← p - rate · (d + momentum · b)` instead.
///
/// # Source
/// `PyTorch`'s `SGD`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[3.0]));
/// let optimizer = Sgd::new(vec![weight], 0.1).momentum(0.9).nesterov(true);
/// ```
pub struct Sgd(Core<SgdRule>);

/// The rule of [`Sgd`], with its settings.
struct SgdRule {
    momentum: Scalar,
    dampening: Scalar,
    nesterov: bool,
}

impl Sgd {
    /// Gradient descent without momentum. The learning rate must be at least 0.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        let rule = SgdRule { momentum: 0.0, dampening: 0.0, nesterov: false };
        Self(Core::new(parameters, learning_rate, 0.0, rule))
    }

    /// Sets the momentum, in [0, 1): the fraction of the previous update that is kept.
    pub fn momentum(mut self, momentum: Scalar) -> Self {
        self.0.rule.momentum = momentum;
        self
    }

    /// Sets the dampening, in [0, 1]: the fraction of each new gradient that does not enter the
    /// momentum.
    pub fn dampening(mut self, dampening: Scalar) -> Self {
        self.0.rule.dampening = dampening;
        self
    }

    /// Enables or disables Nesterov momentum, which requires a momentum above 0 and no dampening.
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.0.rule.nesterov = nesterov;
        self
    }
}

optimizer!(Sgd);

impl Rule for SgdRule {
    const NAME: &'static str = "Sgd";
    const COUNTS: bool = false;

    fn settings(&self, visit: &mut dyn FnMut(Setting)) {
        let (momentum, dampening) = (f64::from(self.momentum), f64::from(self.dampening));
        visit(if self.nesterov && momentum == 0.0 {
            Setting::number("momentum", momentum, false, "above 0 with `nesterov`")
        } else {
            Setting::below_one("momentum", momentum)
        });
        visit(if self.nesterov && dampening != 0.0 {
            Setting::number("dampening", dampening, false, "0 with `nesterov`")
        } else {
            Setting::number("dampening", dampening, (0.0..=1.0).contains(&dampening), "in [0, 1]")
        });
        visit(Setting::flag("nesterov", self.nesterov));
    }

    fn buffers(&self) -> &[(&'static str, Scalar)] {
        if self.momentum == 0.0 { &[] } else { &[("momentum_buffer", 0.0)] }
    }

    fn update(&self, update: Update<'_>, slot: &mut Slot) {
        let step = SgdStep {
            rate: update.rate as Scalar,
            decay: update.decay,
            momentum: self.momentum,
            // Dampening does not apply to the first gradient.
            fresh: if slot.steps == 1 { 1.0 } else { 1.0 - self.dampening },
            nesterov: self.nesterov,
        };
        match slot.buffers.first_mut() {
            Some(buffer) => sgd_momentum(update.value, update.gradient, buffer.as_mut_slice(), step),
            None => sgd(update.value, update.gradient, step),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sgd;
    use crate::{Optimizer, Parameter, Scalar};

    /// The parameter after `steps` steps on the loss `p² / 2`, whose gradient is `p`.
    fn run(build: impl Fn(Vec<Parameter>) -> Sgd, steps: usize) -> Scalar {
        let parameter = Parameter::new(ndarray::arr1(&[1.0]));
        let mut optimizer = build(vec![parameter.clone()]);
        for _ in 0..steps {
            optimizer.zero_grad();
            (parameter.tensor() * parameter.tensor() * 0.5).sum().backward();
            optimizer.step();
        }
        parameter.value()[0]
    }

    #[track_caller]
    fn assert_close(ours: Scalar, theirs: Scalar) {
        assert!((ours - theirs).abs() < 1e-6, "{ours} is not {theirs}");
    }

    #[test]
    fn each_option_follows_its_formula() {
        assert_close(run(|p| Sgd::new(p, 0.1), 2), 0.81);
        assert_close(run(|p| Sgd::new(p, 0.1).weight_decay(0.5), 1), 0.85);
        // b = 1, p = 0.9; b = 0.9 · 1 + 0.9 = 1.8, p = 0.72.
        assert_close(run(|p| Sgd::new(p, 0.1).momentum(0.9), 2), 0.72);
        // The first step ignores dampening: b = 1, p = 0.9; b = 0.9 + 0.5 · 0.9 = 1.35, p = 0.765.
        assert_close(run(|p| Sgd::new(p, 0.1).momentum(0.9).dampening(0.5), 2), 0.765);
        // b = 1, p = 1 - 0.1 · 1.9 = 0.81; b = 0.9 + 0.81 = 1.71, p = 0.81 - 0.1 (0.81 + 1.539) = 0.5751.
        assert_close(run(|p| Sgd::new(p, 0.1).momentum(0.9).nesterov(true), 2), 0.5751);
    }

    #[test]
    fn ranges_are_named() {
        let parameters = || vec![Parameter::new(ndarray::arr1(&[1.0]))];
        let message = |optimizer: Sgd| optimizer.check().unwrap_err().to_string();
        assert!(message(Sgd::new(parameters(), -0.1)).contains("learning_rate"));
        assert!(message(Sgd::new(parameters(), Scalar::NAN)).contains("learning_rate"));
        assert!(message(Sgd::new(parameters(), 0.1).momentum(1.0)).contains("[0, 1)"));
        assert!(message(Sgd::new(parameters(), 0.1).nesterov(true)).contains("nesterov"));
    }

    #[test]
    #[should_panic(expected = "momentum")]
    fn step_refuses_what_check_refuses() {
        Sgd::new(vec![Parameter::new(ndarray::arr1(&[1.0]))], 0.1).momentum(2.0).step();
    }
}
