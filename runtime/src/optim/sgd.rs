//! Stochastic gradient descent with momentum.

use std::fmt;

use super::state::array;
use super::{
    Counted, IntoParameters, Optimizer, OptimizerState, at_least_zero, check, distinct, for_each_gradient,
};
use crate::kernel::optimizer::{SgdStep, sgd, sgd_momentum};
use crate::parameter::Parameter;
use crate::storage::Buffer;
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
pub struct Sgd {
    parameters: Vec<Parameter>,
    rate: Scalar,
    momentum: Scalar,
    dampening: Scalar,
    nesterov: bool,
    decay: Scalar,
    buffers: Vec<Option<Buffer>>,
}

impl Sgd {
    /// Gradient descent without momentum. The learning rate must be at least 0.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        let parameters = distinct(parameters.into_parameters());
        let buffers = parameters.iter().map(|_| None).collect();
        Self {
            parameters,
            rate: learning_rate,
            momentum: 0.0,
            dampening: 0.0,
            nesterov: false,
            decay: 0.0,
            buffers,
        }
    }

    /// Sets the momentum, in [0, 1): the fraction of the previous update that is kept.
    pub fn momentum(mut self, momentum: Scalar) -> Self {
        self.momentum = momentum;
        self
    }

    /// Sets the dampening, in [0, 1]: the fraction of each new gradient that does not enter the
    /// momentum.
    pub fn dampening(mut self, dampening: Scalar) -> Self {
        self.dampening = dampening;
        self
    }

    /// Enables or disables Nesterov momentum, which requires a momentum above 0 and no dampening.
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }

    /// Sets the weight decay, at least 0. The product of the weight decay and the parameter is
    /// added to the gradient.
    pub fn weight_decay(mut self, weight_decay: Scalar) -> Self {
        self.decay = weight_decay;
        self
    }
}

/// Writes the settings and the number of parameters.
#[allow(clippy::missing_fields_in_debug)] // The momentum buffers are as large as the model.
impl fmt::Debug for Sgd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sgd")
            .field("learning_rate", &self.rate)
            .field("momentum", &self.momentum)
            .field("dampening", &self.dampening)
            .field("nesterov", &self.nesterov)
            .field("weight_decay", &self.decay)
            .field("parameters", &Counted(&self.parameters))
            .finish()
    }
}

impl Optimizer for Sgd {
    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    #[track_caller]
    fn step(&mut self) {
        if let Err(error) = self.check() {
            panic!("{error}");
        }
        let mut step = SgdStep {
            rate: self.rate,
            decay: self.decay,
            momentum: self.momentum,
            fresh: 1.0 - self.dampening,
            nesterov: self.nesterov,
        };
        let buffers = &mut self.buffers;
        for_each_gradient(&self.parameters, |number, value, gradient| {
            if step.momentum == 0.0 {
                return sgd(value, gradient, step);
            }
            step.fresh = if buffers[number].is_some() { 1.0 - self.dampening } else { 1.0 };
            let buffer = buffers[number].get_or_insert_with(|| Buffer::filled(value.len(), 0.0));
            sgd_momentum(value, gradient, buffer.as_mut_slice(), step);
        });
    }

    fn learning_rate(&self) -> Scalar {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: Scalar) {
        self.rate = rate;
    }

    fn check(&self) -> Result<()> {
        let (momentum, dampening) = (f64::from(self.momentum), f64::from(self.dampening));
        let ranges = [
            at_least_zero("learning_rate", self.rate),
            ("momentum", momentum, (0.0..1.0).contains(&momentum), "in [0, 1)"),
            ("dampening", dampening, (0.0..=1.0).contains(&dampening), "in [0, 1]"),
            at_least_zero("weight_decay", self.decay),
            ("momentum", momentum, !self.nesterov || momentum > 0.0, "above 0 with `nesterov`"),
            ("dampening", dampening, !self.nesterov || dampening == 0.0, "0 with `nesterov`"),
        ];
        check("Sgd", &self.parameters, &ranges)
    }

    fn state_dict(&self) -> Result<OptimizerState> {
        let mut state = OptimizerState::new("Sgd")
            .setting("momentum", f64::from(self.momentum))
            .setting("dampening", f64::from(self.dampening))
            .setting("nesterov", f64::from(u8::from(self.nesterov)))
            .setting("weight_decay", f64::from(self.decay))
            .number("learning_rate", f64::from(self.rate));
        for (index, (parameter, buffer)) in self.parameters.iter().zip(&self.buffers).enumerate() {
            if let Some(buffer) = buffer {
                state = state.tensor(format!("{index}.momentum_buffer"), array(parameter, buffer));
            }
        }
        Ok(state)
    }

    fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
        self.rate = state.checked_rate(&self.state_dict()?, &self.parameters)?;
        self.buffers =
            (0..self.parameters.len()).map(|index| state.buffer(index, "momentum_buffer")).collect();
        Ok(())
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
