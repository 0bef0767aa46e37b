//! Adam and `AdamW`. Adam adds the weight decay to the gradient, and `AdamW` applies the weight
//! decay separately.

use std::fmt;

use super::state::array;
use super::{
    Counted, IntoParameters, Optimizer, OptimizerState, Range, at_least_zero, check, distinct,
    for_each_gradient,
};
use crate::kernel::optimizer::{AdamStep, adam};
use crate::parameter::Parameter;
use crate::storage::Buffer;
use crate::{Result, Scalar};

/// The settings and the state that Adam and `AdamW` have in common.
struct Core {
    parameters: Vec<Parameter>,
    rate: Scalar,
    betas: (f64, f64),
    eps: Scalar,
    decay: Scalar,
    moments: Vec<Option<Moments>>,
}

/// The running means of a parameter's gradient and of the gradient's square, and the number of
/// steps that contributed to the means.
struct Moments {
    first: Buffer,
    second: Buffer,
    steps: i32,
}

impl Core {
    fn new(parameters: Vec<Parameter>, rate: Scalar, decay: Scalar) -> Self {
        let parameters = distinct(parameters);
        let moments = parameters.iter().map(|_| None).collect();
        Self { parameters, rate, betas: (0.9, 0.999), eps: 1e-8, decay, moments }
    }

    #[track_caller]
    fn step(&mut self, decoupled: bool) {
        let (beta1, beta2) = self.betas;
        let rate = f64::from(self.rate);
        let mut step = AdamStep {
            shrink: if decoupled { (1.0 - rate * f64::from(self.decay)) as Scalar } else { 1.0 },
            decay: if decoupled { 0.0 } else { self.decay },
            first: (1.0 - beta1) as Scalar,
            second: (1.0 - beta2) as Scalar,
            keep: beta2 as Scalar,
            rate: 0.0,
            correction: 0.0,
            eps: self.eps,
        };
        let moments = &mut self.moments;
        for_each_gradient(&self.parameters, |number, value, gradient| {
            let zeros = || Buffer::filled(value.len(), 0.0);
            let moments =
                moments[number].get_or_insert_with(|| Moments { first: zeros(), second: zeros(), steps: 0 });
            moments.steps += 1;
            step.rate = (rate / (1.0 - beta1.powi(moments.steps))) as Scalar;
            step.correction = (1.0 / (1.0 - beta2.powi(moments.steps)).sqrt()) as Scalar;
            adam(value, gradient, moments.first.as_mut_slice(), moments.second.as_mut_slice(), step);
        });
    }

    fn state_dict(&self, kind: &'static str) -> OptimizerState {
        let mut state = OptimizerState::new(kind)
            .setting("beta1", self.betas.0)
            .setting("beta2", self.betas.1)
            .setting("eps", f64::from(self.eps))
            .setting("weight_decay", f64::from(self.decay))
            .number("learning_rate", f64::from(self.rate));
        for (index, (parameter, moments)) in self.parameters.iter().zip(&self.moments).enumerate() {
            if let Some(Moments { first, second, steps }) = moments {
                state = state
                    .number(format!("{index}.step"), f64::from(*steps))
                    .tensor(format!("{index}.exp_avg"), array(parameter, first))
                    .tensor(format!("{index}.exp_avg_sq"), array(parameter, second));
            }
        }
        state
    }

    fn load_state_dict(&mut self, kind: &'static str, state: &OptimizerState) -> Result<()> {
        self.rate = state.checked_rate(&self.state_dict(kind), &self.parameters)?;
        let moments = |index: usize| {
            let steps = state.get_number(&format!("{index}.step"))? as i32;
            let (first, second) = (state.buffer(index, "exp_avg")?, state.buffer(index, "exp_avg_sq")?);
            Some(Moments { first, second, steps })
        };
        self.moments = (0..self.parameters.len()).map(moments).collect();
        Ok(())
    }

    fn check(&self, owner: &'static str) -> Result<()> {
        let beta = |name, beta: f64| -> Range { (name, beta, (0.0..1.0).contains(&beta), "in [0, 1)") };
        let ranges = [
            at_least_zero("learning_rate", self.rate),
            beta("beta1", self.betas.0),
            beta("beta2", self.betas.1),
            at_least_zero("eps", self.eps),
            at_least_zero("weight_decay", self.decay),
        ];
        check(owner, &self.parameters, &ranges)
    }
}

macro_rules! kind {
    ($(#[$docs:meta])* $name:ident, $text:literal, decoupled: $decoupled:literal) => {
        $(#[$docs])*
        pub struct $name(Core);

        impl $name {
            /// Sets the decay rates of the running means, each in [0, 1); by default 0.9 and 0.999.
            pub fn betas(mut self, first: f64, second: f64) -> Self {
                self.0.betas = (first, second);
                self
            }

            /// Sets the number (at least 0) that is added to the square root in the denominator; by
            /// default 1e-8.
            pub fn eps(mut self, eps: Scalar) -> Self {
                self.0.eps = eps;
                self
            }

            /// Sets the weight decay, at least 0.
            pub fn weight_decay(mut self, weight_decay: Scalar) -> Self {
                self.0.decay = weight_decay;
                self
            }
        }

        /// Writes the settings and the number of parameters.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($text)
                    .field("learning_rate", &self.0.rate)
                    .field("betas", &self.0.betas)
                    .field("eps", &self.0.eps)
                    .field("weight_decay", &self.0.decay)
                    .field("parameters", &Counted(&self.0.parameters))
                    .finish()
            }
        }

        impl Optimizer for $name {
            fn parameters(&self) -> &[Parameter] {
                &self.0.parameters
            }

            #[track_caller]
            fn step(&mut self) {
                if let Err(error) = self.check() {
                    panic!("{error}");
                }
                self.0.step($decoupled);
            }

            fn learning_rate(&self) -> Scalar {
                self.0.rate
            }

            fn set_learning_rate(&mut self, rate: Scalar) {
                self.0.rate = rate;
            }

            fn check(&self) -> Result<()> {
                self.0.check($text)
            }

            fn state_dict(&self) -> Result<OptimizerState> {
                Ok(self.0.state_dict($text))
            }

            fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
                self.0.load_state_dict($text, state)
            }
        }
    };
}

kind! {
    /// Adam: steps scaled by running means of the gradient and its square.
    ///
    /// # Formula
    /// `d = g + weight_decay · p`, `m ← β₁ m + (1 - β₁) d`, `v ← β₂ v + (1 - β₂) d²`,
    /// `p ← p - rate · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + eps)`, with `t` counted from 1.
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
    Adam, "Adam", decoupled: false
}

kind! {
    /// [`Adam`] with decoupled weight decay, by default 0.01.
    ///
    /// # Formula
    /// `p ← p (1 - rate · weight_decay)`, then Adam's step without weight decay.
    ///
    /// # Source
    /// Loshchilov and Hutter, <https://arxiv.org/abs/1711.05101>; `PyTorch`'s `AdamW`.
    AdamW, "AdamW", decoupled: true
}

// The constructors are outside the macro, so that rustc reports wrong arguments at their signature instead of inside
// the macro.

impl Adam {
    /// An optimizer with the default settings. The learning rate must be at least 0.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        Self(Core::new(parameters.into_parameters(), learning_rate, 0.0))
    }
}

impl AdamW {
    /// An optimizer with the default settings. The learning rate must be at least 0.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        Self(Core::new(parameters.into_parameters(), learning_rate, 0.01))
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
