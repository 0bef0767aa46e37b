//! L-BFGS.

mod line_search;
mod memory;

use std::fmt;

use super::rule::Setting;
use super::{Counted, IntoParameters, OptimizerState, distinct};
use crate::gradient_stage::GradientStage;
use crate::kernel::{dot, zip_in_place};
use crate::parameter::Parameter;
use crate::{Error, Result, Scalar, random, watch};
use line_search::{Point, search};
use memory::Memory;

/// L-BFGS, a quasi-Newton method for deterministic losses, such as full-batch training of a small model.
///
/// A step evaluates the loss several times and therefore takes a closure. The closure clears the gradients,
/// computes the loss, runs `backward`, and returns the loss. `Lbfgs` is for hand-written loops. It does not
/// implement [`Optimizer`](crate::Optimizer), whose `step` takes no closure.
///
/// # Formula
/// Each iteration computes `p ← p - t · H g`. `H` approximates the inverse Hessian from the last
/// `history_size` changes of the parameters and of the gradient. `t` is the learning rate, in the first
/// iteration times `min(1, 1 / Σ|g|)`. With [`strong_wolfe`](Self::strong_wolfe), a line search that starts
/// at this value determines `t`.
///
/// # Source
/// Nocedal and Wright, Numerical Optimization, algorithms 7.4, 3.5 and 3.6; `PyTorch`'s `LBFGS`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let model = Linear::new(2, 1);
/// let x = Tensor::from([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]);
/// let y = Tensor::from([[1.0], [3.0], [0.0]]);
/// let mut optimizer = Lbfgs::new(model.parameters(), 1.0).strong_wolfe();
/// for _ in 0..3 {
///     optimizer.step(|| {
///         model.zero_grad();
///         let loss = mse_loss(&model.forward(&x), &y);
///         loss.backward();
///         loss.item()
///     });
/// }
/// assert!(mse_loss(&model.forward(&x), &y).item() < 1e-8);
/// ```
pub struct Lbfgs {
    parameters: Vec<Parameter>,
    rate: Scalar,
    max_iter: usize,
    max_eval: Option<usize>,
    tolerance_grad: f64,
    tolerance_change: f64,
    history_size: usize,
    strong_wolfe: bool,
    memory: Memory,
}

impl Lbfgs {
    /// An optimizer with the default settings. The learning rate must be at least 0; PyTorch's default is 1.
    pub fn new(parameters: impl IntoParameters, learning_rate: Scalar) -> Self {
        Self {
            parameters: distinct(parameters.into_parameters()),
            rate: learning_rate,
            max_iter: 20,
            max_eval: None,
            tolerance_grad: 1e-7,
            tolerance_change: 1e-9,
            history_size: 100,
            strong_wolfe: false,
            memory: Memory::default(),
        }
    }

    /// Sets the maximum number (at least 1) of iterations per step; by default 20.
    pub fn max_iter(self, max_iter: usize) -> Self {
        Self { max_iter, ..self }
    }

    /// Sets the maximum number (at least 1) of loss evaluations per step; by default `max_iter · 5 / 4`. A
    /// line search may make one more.
    pub fn max_eval(self, max_eval: usize) -> Self {
        Self { max_eval: Some(max_eval), ..self }
    }

    /// Sets the largest gradient element (at least 0) at which a step has converged; by default 1e-7.
    pub fn tolerance_grad(self, tolerance_grad: f64) -> Self {
        Self { tolerance_grad, ..self }
    }

    /// Sets the change (at least 0) of the parameters and of the loss at which a step has converged; by
    /// default 1e-9.
    pub fn tolerance_change(self, tolerance_change: f64) -> Self {
        Self { tolerance_change, ..self }
    }

    /// Sets the number (at least 1) of stored changes; by default 100. Each takes twice the memory of the
    /// parameters.
    pub fn history_size(self, history_size: usize) -> Self {
        Self { history_size, ..self }
    }

    /// Determines the length of each update by a line search for the strong Wolfe conditions. By default the
    /// length is the learning rate.
    pub fn strong_wolfe(self) -> Self {
        Self { strong_wolfe: true, ..self }
    }

    /// The parameters of the optimizer, each once.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The current learning rate.
    pub fn learning_rate(&self) -> Scalar {
        self.rate
    }

    /// Sets the learning rate.
    pub fn set_learning_rate(&mut self, rate: Scalar) {
        self.rate = rate;
    }

    /// Checks that there are parameters and that every hyper-parameter is in range.
    ///
    /// # Errors
    /// The error contains the first hyper-parameter that is out of range, its value and its range.
    pub fn check(&self) -> Result<()> {
        if self.parameters.is_empty() {
            return Err(Error::NoParameters { owner: "Lbfgs" });
        }
        self.settings().into_iter().try_for_each(|setting| setting.check("Lbfgs"))
    }

    fn settings(&self) -> [Setting; 7] {
        let count = |name, count: usize| Setting::number(name, count as f64, count > 0, "at least 1");
        let tolerance = |name, value: f64| {
            Setting::number(name, value, value >= 0.0 && value.is_finite(), "at least 0 and finite")
        };
        [
            Setting::at_least_zero("learning_rate", self.rate),
            count("max_iter", self.max_iter),
            count("max_eval", self.most_evaluations()),
            tolerance("tolerance_grad", self.tolerance_grad),
            tolerance("tolerance_change", self.tolerance_change),
            count("history_size", self.history_size),
            Setting::flag("strong_wolfe", self.strong_wolfe),
        ]
    }

    fn most_evaluations(&self) -> usize {
        self.max_eval.unwrap_or(self.max_iter.saturating_mul(5) / 4)
    }

    /// Runs up to `max_iter` iterations. `closure` clears the gradients, computes the loss, runs `backward`
    /// and returns the loss. Returns the loss before the step.
    ///
    /// # Panics
    /// If a hyper-parameter is out of range. The message is the error of [`check`](Self::check).
    #[track_caller]
    pub fn step(&mut self, mut closure: impl FnMut() -> Scalar) -> Scalar {
        if let Err(error) = self.check() {
            panic!("{error}");
        }
        let before = closure();
        self.evaluated();
        let mut here = Point::new(f64::from(before), self.gradient());
        self.memory.evaluations += 1;
        let mut evaluations = 1;
        if here.steepest() > self.tolerance_grad {
            for iteration in 1..=self.max_iter {
                let previous = here.loss;
                let left = self.most_evaluations().saturating_sub(evaluations);
                let is_last = iteration == self.max_iter;
                let Some(used) = self.iterate(&mut here, is_last, left, &mut closure) else {
                    break;
                };
                evaluations += used;
                self.memory.evaluations += used;
                let is_over = evaluations >= self.most_evaluations()
                    || here.steepest() <= self.tolerance_grad
                    || self.memory.largest_change() <= self.tolerance_change
                    || (here.loss - previous).abs() < self.tolerance_change;
                if is_over {
                    break;
                }
            }
        }
        random::next_update();
        before
    }

    /// Runs one iteration from the point `here`, and stores the new point there. Without a line search, the
    /// last iteration does not evaluate the new point. A line search makes up to `left + 1` evaluations.
    /// Returns the number of evaluations, or `None` if the direction is not a descent direction.
    #[track_caller]
    fn iterate(
        &mut self,
        here: &mut Point,
        is_last: bool,
        left: usize,
        closure: &mut impl FnMut() -> Scalar,
    ) -> Option<usize> {
        self.memory.turn(&here.gradient, self.history_size);
        let rate = f64::from(self.rate);
        let first = self.memory.iterations == 1;
        self.memory.length = if first { (1.0 / here.steepness()).min(1.0) * rate } else { rate };
        let direction = std::mem::take(&mut self.memory.direction);
        let slope = f64::from(dot(&here.gradient, &direction));
        let used = if slope > -self.tolerance_change {
            None
        } else if self.strong_wolfe {
            let start = self.values();
            let evaluate = |length: f64| {
                self.walk(length, &direction);
                let loss = closure();
                self.evaluated();
                let gradient = self.gradient();
                self.set_values(&start);
                Point::new(f64::from(loss), gradient)
            };
            let found = search(evaluate, self.memory.length, &direction, here, slope, left);
            (*here, self.memory.length) = (found.point, found.length);
            self.walk(self.memory.length, &direction);
            Some(found.evaluations)
        } else {
            self.walk(self.memory.length, &direction);
            if is_last {
                Some(0)
            } else {
                let loss = closure();
                self.evaluated();
                *here = Point::new(f64::from(loss), self.gradient());
                Some(1)
            }
        };
        self.memory.direction = direction;
        used
    }

    /// Checks the gradients that the closure wrote, and marks them as used.
    #[track_caller]
    fn evaluated(&self) {
        watch::before_step(&self.parameters);
        for parameter in self.parameters.iter().filter(|parameter| parameter.requires_grad()) {
            let mut state = parameter.lock();
            if state.gradient.is_some() {
                state.stage = GradientStage::Used;
            }
        }
    }

    /// The concatenated gradients of all parameters, with zeros for a parameter that is frozen or has no
    /// gradient.
    fn gradient(&self) -> Vec<Scalar> {
        let mut all = Vec::with_capacity(self.parameters.iter().map(Parameter::len).sum());
        for parameter in &self.parameters {
            let state = parameter.lock();
            match state.gradient.as_ref().filter(|_| parameter.requires_grad()) {
                Some(gradient) => all.extend_from_slice(gradient.as_slice()),
                None => all.resize(all.len() + parameter.len(), 0.0),
            }
        }
        all
    }

    /// The concatenated values of all parameters.
    fn values(&self) -> Vec<Scalar> {
        let mut all = Vec::with_capacity(self.parameters.iter().map(Parameter::len).sum());
        for parameter in &self.parameters {
            all.extend_from_slice(parameter.lock().value.as_slice());
        }
        all
    }

    fn set_values(&self, values: &[Scalar]) {
        self.change(values, |_, new| new);
    }

    /// Adds `length · direction` to the parameters.
    fn walk(&self, length: f64, direction: &[Scalar]) {
        let length = length as Scalar;
        self.change(direction, |value, direction| value + length * direction);
    }

    /// Replaces each element of each parameter that is not frozen by `change(element, other)`.
    fn change(&self, others: &[Scalar], change: impl Fn(Scalar, Scalar) -> Scalar + Copy + Sync) {
        let mut rest = others;
        for parameter in &self.parameters {
            let (own, after) = rest.split_at(parameter.len());
            rest = after;
            if parameter.requires_grad() {
                let mut state = parameter.lock();
                zip_in_place(std::sync::Arc::make_mut(&mut state.value).as_mut_slice(), own, change);
            }
        }
    }

    /// The state of the optimizer: its hyper-parameters and a copy of its history.
    pub fn state_dict(&self) -> OptimizerState {
        let mut state = OptimizerState::new("Lbfgs");
        for setting in self.settings().into_iter().skip(1) {
            state = setting.add_to(state);
        }
        self.memory.save(state.number("learning_rate", f64::from(self.rate)), &self.parameters)
    }

    /// Restores a state that [`state_dict`](Self::state_dict) returned. The next `step` is bitwise equal to
    /// the next `step` of the saved optimizer.
    ///
    /// # Errors
    /// [`Error::OptimizerState`] if the state belongs to another kind of optimizer, has other
    /// hyper-parameters, or does not fit the parameters; the optimizer is then unchanged.
    pub fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
        let rate = state.checked_rate(&self.state_dict(), &self.parameters)?;
        self.memory = Memory::load(state, &self.parameters);
        self.rate = rate;
        Ok(())
    }
}

/// Writes the settings and the number of parameters.
#[allow(clippy::missing_fields_in_debug)] // The history is much larger than the model.
impl fmt::Debug for Lbfgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Lbfgs");
        for setting in self.settings() {
            text.field(setting.name(), &setting);
        }
        text.field("parameters", &Counted(&self.parameters)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Lbfgs;
    use crate::{Parameter, Scalar};

    /// Rosenbrock's function, whose minimum is 0 at (1, 1).
    fn rosenbrock(point: &Parameter) -> Scalar {
        point.zero_grad();
        let (x, y) = (point.tensor().slice(0, 0..1), point.tensor().slice(0, 1..2));
        let (a, b) = (&y - &(&x * &x), 1.0 - &x);
        let loss = (&a * &a * 100.0 + &b * &b).sum();
        loss.backward();
        loss.item()
    }

    #[test]
    fn a_state_continues_bit_for_bit() {
        for build in [|p| Lbfgs::new(p, 0.02).history_size(3), |p| Lbfgs::new(p, 1.0).strong_wolfe()] {
            let ours = Parameter::new([-1.2, 1.0]);
            let mut optimizer: Lbfgs = build(vec![ours.clone()]).max_iter(3);
            for done in 0..6 {
                let copy = Parameter::new(ours.value());
                let mut twin: Lbfgs = build(vec![copy.clone()]).max_iter(3);
                twin.load_state_dict(&optimizer.state_dict()).unwrap();
                assert_eq!(twin.state_dict(), optimizer.state_dict());
                optimizer.step(|| rosenbrock(&ours));
                twin.step(|| rosenbrock(&copy));
                assert_eq!(ours.value(), copy.value(), "after {done} steps");
            }
            let mut other = Lbfgs::new(vec![ours.clone()], 1.0).history_size(7);
            assert!(other.load_state_dict(&optimizer.state_dict()).is_err());
        }
    }

    #[test]
    fn the_line_search_reaches_the_minimum() {
        let point = Parameter::new([-1.2, 1.0]);
        let mut optimizer = Lbfgs::new(vec![point.clone()], 1.0).strong_wolfe();
        for _ in 0..4 {
            optimizer.step(|| rosenbrock(&point));
        }
        assert!(point.value().iter().all(|x| (x - 1.0).abs() < 1e-3), "{point}");
    }

    #[test]
    fn a_frozen_parameter_stays() {
        let (a, b) = (Parameter::new([2.0]), Parameter::new([3.0]));
        b.set_requires_grad(false);
        Lbfgs::new(vec![a.clone(), b.clone()], 0.5).step(|| {
            a.zero_grad();
            let loss = (a.tensor() * a.tensor() + b.tensor()).sum();
            loss.backward();
            loss.item()
        });
        assert!(a.value()[0].abs() < 0.1 && b.value()[0] == 3.0);
    }

    #[test]
    #[should_panic(expected = "`max_iter` of `Lbfgs` is 0, but must be at least 1")]
    fn step_refuses_what_check_refuses() {
        Lbfgs::new(vec![Parameter::new([1.0])], 1.0).max_iter(0).step(|| 0.0);
    }
}
