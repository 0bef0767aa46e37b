//! The history of L-BFGS, and the search direction computed from it.

use std::collections::VecDeque;

use crate::Scalar;
use crate::kernel::{dot, map_in_place, zip_in_place};
use crate::optim::OptimizerState;
use crate::optim::state::{array_of, flat};
use crate::parameter::Parameter;

/// The state of L-BFGS: counters, the last update, and the history that approximates the inverse Hessian.
#[derive(Default)]
pub(super) struct Memory {
    /// The number of iterations, over all steps.
    pub(super) iterations: usize,
    /// The number of evaluations, over all steps.
    pub(super) evaluations: usize,
    /// The direction of the last iteration; empty before the first one.
    pub(super) direction: Vec<Scalar>,
    /// The length of the last update, in units of the direction.
    pub(super) length: f64,
    /// The gradient at the start of the last iteration.
    gradient: Vec<Scalar>,
    /// The last changes, oldest first.
    changes: VecDeque<Change>,
    /// The factor `γ` of the initial inverse Hessian `γ I`.
    scale: Scalar,
}

/// The change of the parameters and of the gradient in one iteration.
struct Change {
    step: Vec<Scalar>,
    gradient: Vec<Scalar>,
    /// The reciprocal of the dot product of `step` and `gradient`.
    weight: Scalar,
}

impl Memory {
    /// Begins an iteration: adds the last change to the history, which holds up to `most` changes, and
    /// computes the direction at `gradient`.
    pub(super) fn turn(&mut self, gradient: &[Scalar], most: usize) {
        self.iterations += 1;
        if self.iterations == 1 {
            self.scale = 1.0;
        } else {
            self.remember(gradient, most);
        }
        self.direction = self.descent(gradient);
        self.gradient = gradient.to_vec();
    }

    fn remember(&mut self, gradient: &[Scalar], most: usize) {
        let mut change = gradient.to_vec();
        zip_in_place(&mut change, &self.gradient, |new, old| new - old);
        let length = self.length as Scalar;
        let mut step = std::mem::take(&mut self.direction);
        map_in_place(&mut step, |d| d * length);
        let product = dot(&change, &step);
        // Otherwise the curvature along the step is not positive.
        if product > 1e-10 {
            if self.changes.len() >= most {
                self.changes.pop_front();
            }
            self.scale = product / dot(&change, &change);
            self.changes.push_back(Change { step, gradient: change, weight: 1.0 / product });
        }
    }

    /// The direction `-H g`, with the approximate inverse Hessian `H`, by the two-loop recursion.
    fn descent(&self, gradient: &[Scalar]) -> Vec<Scalar> {
        let mut direction = gradient.to_vec();
        map_in_place(&mut direction, |g| -g);
        let mut shares = Vec::with_capacity(self.changes.len());
        for change in self.changes.iter().rev() {
            let share = dot(&change.step, &direction) * change.weight;
            zip_in_place(&mut direction, &change.gradient, |d, y| d - share * y);
            shares.push(share);
        }
        let scale = self.scale;
        map_in_place(&mut direction, |d| d * scale);
        for (change, share) in self.changes.iter().zip(shares.into_iter().rev()) {
            let rest = share - dot(&change.gradient, &direction) * change.weight;
            zip_in_place(&mut direction, &change.step, |d, s| d + rest * s);
        }
        direction
    }

    /// The largest change of an element in the last update.
    pub(super) fn largest_change(&self) -> f64 {
        self.direction.iter().fold(0.0, |most, d| (f64::from(*d) * self.length).abs().max(most))
    }

    /// Adds the history to a state.
    pub(super) fn save(&self, state: OptimizerState, parameters: &[Parameter]) -> OptimizerState {
        let mut state = state
            .number("n_iter", self.iterations as f64)
            .number("func_evals", self.evaluations as f64)
            .number("t", self.length)
            .number("h_diag", f64::from(self.scale));
        let mut vectors =
            vec![("d".to_owned(), &self.direction), ("prev_flat_grad".to_owned(), &self.gradient)];
        for (number, change) in self.changes.iter().enumerate() {
            state = state.number(format!("ro.{number}"), f64::from(change.weight));
            vectors.push((format!("old_stps.{number}"), &change.step));
            vectors.push((format!("old_dirs.{number}"), &change.gradient));
        }
        for (name, vector) in vectors {
            let mut rest = vector.as_slice();
            for (index, parameter) in parameters.iter().enumerate().filter(|_| !vector.is_empty()) {
                let (own, after) = rest.split_at(parameter.len());
                rest = after;
                state = state.tensor(format!("{index}.{name}"), array_of(parameter, own));
            }
        }
        state
    }

    /// The history in a state of these parameters.
    pub(super) fn load(state: &OptimizerState, parameters: &[Parameter]) -> Self {
        let number = |name: &str| state.get_number(name).unwrap_or(0.0);
        let vector = |name: &str| flat(state, name, parameters.len());
        let mut changes = VecDeque::new();
        while let Some(weight) = state.get_number(&format!("ro.{}", changes.len())) {
            let (step, gradient) = (
                vector(&format!("old_stps.{}", changes.len())),
                vector(&format!("old_dirs.{}", changes.len())),
            );
            changes.push_back(Change { step, gradient, weight: weight as Scalar });
        }
        Self {
            iterations: number("n_iter") as usize,
            evaluations: number("func_evals") as usize,
            direction: vector("d"),
            length: number("t"),
            gradient: vector("prev_flat_grad"),
            changes,
            scale: number("h_diag") as Scalar,
        }
    }
}
