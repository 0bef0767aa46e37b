//! Optimizers, which update parameters by their gradients.

mod adadelta;
mod adagrad;
mod adam;
mod adamax;
mod group;
mod into_parameters;
mod lbfgs;
mod lion;
mod muon;
mod nadam;
mod radam;
mod rms_prop;
mod rule;
mod sgd;
mod state;

use std::any::type_name;
use std::fmt;

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW};
pub use adamax::Adamax;
pub use group::ParameterGroup;
pub use into_parameters::IntoParameters;
pub use lbfgs::Lbfgs;
pub use lion::Lion;
pub use muon::{Muon, MuonAdjust};
pub use nadam::NAdam;
pub use radam::RAdam;
pub use rms_prop::RmsProp;
use rule::Setting;
pub use sgd::Sgd;
pub use state::OptimizerState;

use crate::gradient_stage::GradientStage;
use crate::parameter::Parameter;
use crate::profile::{self, Stage};
use crate::{Error, Result, Scalar, kernel, random, watch};

/// Updates parameters by their gradients, after one or several calls of `backward`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let weight = Parameter::new(ndarray::arr1(&[3.0]));
/// let mut optimizer = Sgd::new(vec![weight.clone()], 0.5);
/// let loss = (weight.tensor() * weight.tensor()).sum();
/// optimizer.zero_grad();
/// loss.backward();
/// optimizer.step();
/// assert_eq!(weight.value()[0], 0.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an optimizer",
    label = "not an optimizer",
    note = "write one of ours, as `Sgd::new(model.parameters(), 0.1)` or `AdamW::new(model.parameters(), 1e-3)`",
    note = "an optimizer of your own implements `Optimizer`; a schedule adjusts an optimizer and is not one"
)]
pub trait Optimizer {
    /// The parameters of the optimizer, each once.
    fn parameters(&self) -> &[Parameter];

    /// Updates each parameter that has a gradient and is not frozen.
    ///
    /// # Panics
    /// If a hyper-parameter is out of range. The message is the error of [`Optimizer::check`].
    #[track_caller]
    fn step(&mut self);

    /// The current learning rate, at least 0.
    fn learning_rate(&self) -> Scalar;

    /// Sets the learning rate; schedules call this.
    fn set_learning_rate(&mut self, rate: Scalar);

    /// Checks that there are parameters and that every hyper-parameter is in range.
    ///
    /// # Errors
    /// The error contains the first hyper-parameter that is out of range, its value and its range.
    fn check(&self) -> Result<()>;

    /// The state of the optimizer: a copy of its running values, with its hyper-parameters.
    ///
    /// A custom optimizer implements this method and [`load_state_dict`](Self::load_state_dict), so that a
    /// run with it can be saved and resumed.
    ///
    /// # Errors
    /// [`Error::NotSaved`] for a type that does not implement the method.
    fn state_dict(&self) -> Result<OptimizerState> {
        Err(Error::NotSaved { owner: type_name::<Self>(), method: "Optimizer::state_dict" })
    }

    /// Restores a state that [`state_dict`](Self::state_dict) returned. The next `step` is bitwise equal to
    /// the next `step` of the saved optimizer.
    ///
    /// # Errors
    /// [`Error::OptimizerState`] if the state belongs to another kind of optimizer, has other
    /// hyper-parameters, or does not fit the parameters; the optimizer is then unchanged.
    /// [`Error::NotSaved`] for a type that does not implement the method.
    fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
        let _ = state;
        Err(Error::NotSaved { owner: type_name::<Self>(), method: "Optimizer::load_state_dict" })
    }

    /// Removes the gradients of all parameters. The next `backward` writes new gradients.
    #[track_caller]
    fn zero_grad(&mut self) {
        let _stage = profile::scope(Stage::Optimizer);
        for parameter in self.parameters() {
            parameter.zero_grad();
        }
    }

    /// Scales all gradients by one factor, so that their global norm is at most `max`. Returns the norm
    /// before the scaling.
    ///
    /// If the norm is not finite, the gradients are unchanged. The caller can check the returned
    /// norm.
    ///
    /// # Formula
    /// `‖g‖ = √(Σ g²)` over all parameters; `g ← g · min(1, max / (‖g‖ + 1e-6))`.
    ///
    /// # Panics
    /// If `max` is negative or NaN.
    ///
    /// # Source
    /// PyTorch's `clip_grad_norm_`. Unlike this method, it sets gradients to 0 or NaN if the norm
    /// is not finite.
    #[track_caller]
    fn clip_grad_norm(&mut self, max: Scalar) -> Scalar {
        assert!(max >= 0.0, "clip_grad_norm: {max} must be at least 0");
        let _stage = profile::scope(Stage::Optimizer);
        watch::before_clip(self.parameters());
        let mut squares = sum_of_squares(self.parameters(), |g| f64::from(kernel::dot(g, g)));
        if !squares.is_finite() {
            // The squares of numbers above 1e19 overflow in f32, and large gradients need clipping
            // most.
            let wide = |g: &[Scalar]| g.iter().map(|g| f64::from(*g) * f64::from(*g)).sum();
            squares = sum_of_squares(self.parameters(), wide);
        }
        let norm = squares.sqrt();
        let factor = (f64::from(max) / (norm + 1e-6)) as Scalar;
        if norm.is_finite() && factor < 1.0 {
            for parameter in trained(self.parameters()) {
                if let Some(gradient) = &mut parameter.lock().gradient {
                    kernel::map_in_place(gradient.make_mut(), |g| g * factor);
                }
            }
        }
        norm as Scalar
    }

    /// Multiplies every gradient by `factor`. A factor of 1 changes nothing.
    fn scale_grad(&mut self, factor: Scalar) {
        if factor == 1.0 {
            return;
        }
        let _stage = profile::scope(Stage::Optimizer);
        for parameter in trained(self.parameters()) {
            if let Some(gradient) = &mut parameter.lock().gradient {
                kernel::map_in_place(gradient.make_mut(), |g| g * factor);
            }
        }
    }

    /// The index in [`parameters`](Optimizer::parameters) of the first parameter whose gradient
    /// contains NaN or infinity. A `step` with such a gradient would make the parameter NaN or
    /// infinite.
    fn non_finite_gradient(&self) -> Option<usize> {
        let is_bad = |parameter: &Parameter| {
            let state = parameter.lock();
            parameter.requires_grad() && state.gradient.as_ref().is_some_and(|gradient| !gradient.is_finite())
        };
        self.parameters().iter().position(is_bad)
    }

    /// Clamps each element of each gradient to `[-max, max]`. NaN stays NaN.
    ///
    /// # Panics
    /// If `max` is negative or NaN.
    #[track_caller]
    fn clip_grad_value(&mut self, max: Scalar) {
        assert!(max >= 0.0, "clip_grad_value: {max} must be at least 0");
        let _stage = profile::scope(Stage::Optimizer);
        watch::before_clip(self.parameters());
        for parameter in trained(self.parameters()) {
            if let Some(gradient) = &mut parameter.lock().gradient {
                kernel::map_in_place(gradient.make_mut(), |g| g.clamp(-max, max));
            }
        }
    }
}

/// The parameters of an optimizer. The `Debug` output is the number of parameters and the total
/// number of elements.
struct Counted<'a>(&'a [Parameter]);

impl fmt::Debug for Counted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: usize = self.0.iter().map(Parameter::len).sum();
        write!(f, "{} ({numbers} numbers)", self.0.len())
    }
}

/// The parameters that are not frozen. A frozen parameter may still have an old gradient.
fn trained(parameters: &[Parameter]) -> impl Iterator<Item = &Parameter> {
    parameters.iter().filter(|parameter| parameter.requires_grad())
}

/// The sum of squares over the gradients of all parameters that are not frozen. `of_one` returns
/// the sum of squares of one gradient.
fn sum_of_squares(parameters: &[Parameter], of_one: impl Fn(&[Scalar]) -> f64) -> f64 {
    let one = |parameter: &Parameter| {
        parameter.lock().gradient.as_ref().map(|gradient| of_one(gradient.as_slice()))
    };
    trained(parameters).filter_map(one).sum()
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<O: Optimizer + ?Sized> Optimizer for $pointer {
            fn parameters(&self) -> &[Parameter] {
                (**self).parameters()
            }

            #[track_caller]
            fn step(&mut self) {
                (**self).step();
            }

            fn learning_rate(&self) -> Scalar {
                (**self).learning_rate()
            }

            fn set_learning_rate(&mut self, rate: Scalar) {
                (**self).set_learning_rate(rate);
            }

            fn check(&self) -> Result<()> {
                (**self).check()
            }

            fn state_dict(&self) -> Result<OptimizerState> {
                (**self).state_dict()
            }

            fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
                (**self).load_state_dict(state)
            }

            #[track_caller]
            fn zero_grad(&mut self) {
                (**self).zero_grad();
            }

            #[track_caller]
            fn clip_grad_norm(&mut self, max: Scalar) -> Scalar {
                (**self).clip_grad_norm(max)
            }

            #[track_caller]
            fn clip_grad_value(&mut self, max: Scalar) {
                (**self).clip_grad_value(max);
            }
        }
    )*};
}

forward!(&mut O, Box<O>);

/// Each parameter once, in order of first occurrence.
fn distinct(parameters: Vec<Parameter>) -> Vec<Parameter> {
    let mut kept: Vec<Parameter> = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        if !kept.iter().any(|other| other.is_same(&parameter)) {
            kept.push(parameter);
        }
    }
    kept
}

/// Calls `update(index, value, gradient)` for each parameter that has a gradient and is not frozen.
/// Then advances the update counter once.
#[track_caller]
fn for_each_gradient(parameters: &[Parameter], mut update: impl FnMut(usize, &mut [Scalar], &[Scalar])) {
    let _stage = profile::scope(Stage::Optimizer);
    watch::before_step(parameters);
    for (number, parameter) in parameters.iter().enumerate() {
        if !parameter.requires_grad() {
            continue;
        }
        let mut state = parameter.lock();
        let state = &mut *state;
        if let Some(gradient) = &state.gradient {
            update(number, std::sync::Arc::make_mut(&mut state.value).as_mut_slice(), gradient.as_slice());
            state.stage = GradientStage::Used;
        }
    }
    random::next_update();
}

#[cfg(test)]
mod tests {
    use super::{Optimizer, Sgd};
    use crate::{Parameter, Scalar};

    fn with_gradient(values: &[Scalar]) -> Parameter {
        let parameter = Parameter::new(ndarray::Array1::zeros(values.len()));
        (parameter.tensor() * crate::Tensor::from(ndarray::arr1(values))).sum().backward();
        parameter
    }

    #[test]
    fn the_norm_is_global_and_clipped_together() {
        let (a, b) = (with_gradient(&[3.0, 0.0]), with_gradient(&[4.0]));
        let mut optimizer = Sgd::new(vec![a.clone(), b.clone()], 0.1);
        assert_eq!(optimizer.clip_grad_norm(10.0), 5.0);
        assert_eq!(a.grad().unwrap()[0], 3.0);
        assert_eq!(optimizer.clip_grad_norm(1.0), 5.0);
        assert!((a.grad().unwrap()[0] - 0.6).abs() < 1e-6 && (b.grad().unwrap()[0] - 0.8).abs() < 1e-6);
    }

    #[test]
    fn a_norm_that_is_not_finite_leaves_the_gradients() {
        let a = with_gradient(&[Scalar::INFINITY, 2.0]);
        let mut optimizer = Sgd::new(vec![a.clone()], 0.1);
        assert_eq!(optimizer.clip_grad_norm(1.0), Scalar::INFINITY);
        assert_eq!(a.grad().unwrap()[1], 2.0);
    }

    #[test]
    fn a_norm_whose_squares_overflow_is_clipped() {
        let a = with_gradient(&[3e30, -4e30]);
        let mut optimizer = Sgd::new(vec![a.clone()], 0.1);
        assert!((optimizer.clip_grad_norm(1.0) / 5e30 - 1.0).abs() < 1e-6);
        assert!((a.grad().unwrap()[0] - 0.6).abs() < 1e-6);
    }

    #[test]
    #[should_panic(expected = "clip_grad_norm: -1 must be at least 0")]
    fn a_negative_limit_would_turn_the_gradients_round() {
        Sgd::new(vec![with_gradient(&[1.0])], 0.1).clip_grad_norm(-1.0);
    }

    #[test]
    fn values_are_clamped() {
        let a = with_gradient(&[-3.0, 0.5]);
        Sgd::new(vec![a.clone()], 0.1).clip_grad_value(1.0);
        assert_eq!(a.grad().unwrap().as_slice().unwrap(), [-1.0, 0.5]);
    }

    #[test]
    fn a_shared_parameter_steps_once_and_one_without_gradient_stays() {
        let (a, idle) = (with_gradient(&[1.0]), Parameter::new(ndarray::arr1(&[5.0])));
        let mut optimizer = Sgd::new(vec![a.clone(), idle.clone(), a.clone()], 1.0).weight_decay(0.1);
        optimizer.step();
        assert_eq!((a.value()[0], idle.value()[0]), (-1.0, 5.0));
        assert_eq!(optimizer.parameters().len(), 2);
    }

    #[test]
    fn a_tensor_made_before_the_step_keeps_its_numbers() {
        let a = with_gradient(&[1.0]);
        let before = a.tensor();
        Sgd::new(vec![a.clone()], 1.0).step();
        assert_eq!((before.item(), a.value()[0]), (0.0, -1.0));
    }

    #[test]
    fn no_parameters_are_an_error() {
        let error = Sgd::new(Vec::new(), 0.1).check().unwrap_err();
        assert!(error.to_string().contains("Sgd"), "{error}");
    }
}
