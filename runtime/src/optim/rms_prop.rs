//! `RMSprop`.

use std::fmt;

use super::group::{Slot, Update};
use super::rule::{Core, Rule, optimizer, three, two};
use super::{IntoParameters, Optimizer, OptimizerState, ParameterGroup, Setting};
use crate::kernel::optimizer::{RmsPropStep, rms_prop, rms_prop_centered, rms_prop_momentum};
use crate::parameter::Parameter;
use crate::{Result, Scalar};

/// `RMSprop`: steps scaled by a running mean of the squares of the gradient.
///
/// # Formula
/// `d = g + weight_decay · p`, `v ← α v + (1 - α) d²`, `p ← p - rate · d / (√v + eps)`.
/// With [`centered`](Self::centered), `a ← α a + (1 - α) d`, and `√(v - a²)` replaces `√v`.
/// With [`momentum`](Self::momentum), `b ← momentum · b + d / (√v + eps)`, `p ← p - rate · b`.
///
/// # Source
/// Tieleman and Hinton 2012; `PyTorch`'s `RMSprop`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[3.0]));
/// let optimizer = RmsProp::new(vec![weight], 0.01).momentum(0.9).centered(true);
/// ```
pub struct RmsProp(Core<RmsPropRule>);

/// The rule of [`RmsProp`], with its settings.
struct RmsPropRule {
    alpha: f64,
    eps: Scalar,
    momentum: Scalar,
    centered: bool,
}

impl RmsProp {
    /// An optimizer with the default settings. The learning rate must be at least 0; PyTorch's default is
    /// 0.01.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        let rule = RmsPropRule { alpha: 0.99, eps: 1e-8, momentum: 0.0, centered: false };
        Self(Core::new(parameters, learning_rate, 0.0, rule))
    }

    /// Sets the decay rate of the running means, in [0, 1); by default 0.99.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.0.rule.alpha = alpha;
        self
    }

    /// Sets the constant (at least 0) added to the square root in the denominator; by default 1e-8.
    pub fn eps(mut self, eps: Scalar) -> Self {
        self.0.rule.eps = eps;
        self
    }

    /// Sets the momentum, in [0, 1); by default 0.
    pub fn momentum(mut self, momentum: Scalar) -> Self {
        self.0.rule.momentum = momentum;
        self
    }

    /// Divides by the standard deviation of the gradient instead of the root of its mean square; by default
    /// `false`.
    pub fn centered(mut self, centered: bool) -> Self {
        self.0.rule.centered = centered;
        self
    }
}

optimizer!(RmsProp);

impl Rule for RmsPropRule {
    const NAME: &'static str = "RmsProp";

    fn settings(&self, visit: &mut dyn FnMut(Setting)) {
        visit(Setting::below_one("alpha", self.alpha));
        visit(Setting::at_least_zero("eps", self.eps));
        visit(Setting::below_one("momentum", f64::from(self.momentum)));
        visit(Setting::flag("centered", self.centered));
    }

    fn buffers(&self) -> &[(&'static str, Scalar)] {
        const ALL: [(&str, Scalar); 3] = [("square_avg", 0.0), ("momentum_buffer", 0.0), ("grad_avg", 0.0)];
        match (self.centered, self.momentum == 0.0) {
            (true, _) => &ALL,
            (false, false) => &ALL[..2],
            (false, true) => &ALL[..1],
        }
    }

    fn update(&self, update: Update<'_>, slot: &mut Slot) {
        let Update { value, gradient, rate, decay, .. } = update;
        let step = RmsPropStep {
            rate: rate as Scalar,
            decay,
            keep: self.alpha as Scalar,
            fresh: (1.0 - self.alpha) as Scalar,
            momentum: self.momentum,
            eps: self.eps,
        };
        if self.centered {
            let (squares, buffer, means) = three(slot);
            rms_prop_centered(value, gradient, squares, buffer, means, step);
        } else if self.momentum == 0.0 {
            rms_prop(value, gradient, slot.buffers[0].as_mut_slice(), step);
        } else {
            let (squares, buffer) = two(slot);
            rms_prop_momentum(value, gradient, squares, buffer, step);
        }
    }
}
