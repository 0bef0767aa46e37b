//! Schedules: the learning rate as a function of the update.

mod cosine;
mod one_cycle;
mod step;

pub use cosine::CosineLr;
pub use one_cycle::OneCycleLr;
pub use step::StepLr;

use crate::scalar::decimal;
use crate::{Optimizer, Scalar};

/// The learning rate as a function of the number of updates (or epochs) done.
///
/// The first update uses the learning rate `rate(base, 0)`. After `t` updates, the next update uses
/// `rate(base, t)`. `base` is the optimizer's learning rate at [`start`](Schedule::start) or, if
/// `start` is not called, at the first [`step`](Schedule::step). A schedule never advances per
/// micro-batch.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let layer = Linear::new(2, 1);
/// let mut optimizer = Sgd::new(layer.parameters(), 0.8);
/// let mut scheduler = StepLr::new(2, 0.5);
/// let mut rates = Vec::new();
/// for _ in 0..5 {
///     mse_loss(&layer.forward(&Tensor::ones(&[4, 2])), &Tensor::zeros(&[4, 1])).backward();
///     rates.push(optimizer.learning_rate());
///     optimizer.step();
///     scheduler.step(&mut optimizer);
///     optimizer.zero_grad();
/// }
/// assert_eq!(rates, [0.8, 0.8, 0.4, 0.4, 0.2]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a schedule of the learning rate",
    label = "not a schedule",
    note = "write one of ours, as `StepLr::new(30, 0.1)`, `CosineLr::new(steps)` or `OneCycleLr::new(0.1, steps)`; one of your own implements `Schedule`",
    note = "a constant learning rate needs none: it is the optimizer's"
)]
pub trait Schedule {
    /// The learning rate after `t` updates (or epochs), for an optimizer with initial rate `base`.
    fn rate(&self, base: f64, t: usize) -> f64;

    /// The position of the schedule: the initial learning rate, and the number of updates (or epochs) done.
    fn position(&mut self) -> &mut Position;

    /// Whether the schedule counts epochs instead of updates, as set by its method `per_epoch`.
    fn is_per_epoch(&self) -> bool;

    /// Whether the schedule begins with a warmup of its own, so that the clause `warmup` is an error.
    fn warms_up(&self) -> bool {
        false
    }

    /// The state of the schedule, which is its position. The method takes `&mut self` only because
    /// [`position`](Self::position) does.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// let mut optimizer = Sgd::new(Linear::new(2, 1).parameters(), 0.8);
    /// let mut scheduler = StepLr::new(2, 0.5);
    /// scheduler.step(&mut optimizer);
    /// let state = scheduler.state_dict();
    /// let mut other = StepLr::new(2, 0.5);
    /// other.load_state_dict(state);
    /// other.step(&mut optimizer);
    /// assert_eq!(optimizer.learning_rate(), 0.4);
    /// ```
    fn state_dict(&mut self) -> Position {
        *self.position()
    }

    /// Restores a state that [`state_dict`](Self::state_dict) returned. The optimizer keeps its
    /// learning rate, which is in the optimizer's own state.
    fn load_state_dict(&mut self, state: Position) {
        *self.position() = state;
    }

    /// Stores the optimizer's learning rate as the base rate, and sets the rate of the first
    /// update.
    fn start(&mut self, optimizer: &mut dyn Optimizer) {
        let base = decimal(optimizer.learning_rate());
        *self.position() = Position { base: Some(base), done: 0 };
        optimizer.set_learning_rate(self.rate(base, 0) as Scalar);
    }

    /// Counts an update (or epoch), and sets the learning rate of the next update (or epoch).
    fn step(&mut self, optimizer: &mut dyn Optimizer) {
        let position = self.position();
        let base = *position.base.get_or_insert_with(|| decimal(optimizer.learning_rate()));
        position.done += 1;
        let done = position.done;
        optimizer.set_learning_rate(self.rate(base, done) as Scalar);
    }
}

/// The position of a schedule: the optimizer's initial learning rate, and the number of updates (or epochs)
/// done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Position {
    /// The optimizer's initial learning rate; `None` before the schedule was applied to an optimizer.
    pub base: Option<f64>,
    /// The number of updates (or epochs) done.
    pub done: usize,
}

/// The share of the learning rate in update `update` (counted from 0) of a run with a warmup of `length` updates.
/// The share is in (0, 1], and 1 from the last update of the warmup on.
///
/// # Formula
/// `min(1, (update + 1) / length)`: linear from 0, where the rate would be one update before the first one.
///
/// # Source
/// Ma and Yarats 2019, `ω_t = min(1, t / τ)` with `t` counted from 1, as in PyTorch's `pytorch_warmup.LinearWarmup`.
/// `get_linear_schedule_with_warmup` of `transformers` counts from 0, so that its first update changes nothing.
///
/// # Example
/// ```
/// use training_loop::schedule::warmup;
///
/// let shares: Vec<_> = (0..6).map(|update| warmup(update, 4)).collect();
/// assert_eq!(shares, [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
/// ```
pub fn warmup(update: usize, length: usize) -> Scalar {
    if update + 1 >= length { 1.0 } else { ((update + 1) as f64 / length as f64) as Scalar }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<S: Schedule + ?Sized> Schedule for $pointer {
            fn rate(&self, base: f64, t: usize) -> f64 {
                (**self).rate(base, t)
            }

            fn position(&mut self) -> &mut Position {
                (**self).position()
            }

            fn is_per_epoch(&self) -> bool {
                (**self).is_per_epoch()
            }

            fn warms_up(&self) -> bool {
                (**self).warms_up()
            }

            fn start(&mut self, optimizer: &mut dyn Optimizer) {
                (**self).start(optimizer);
            }

            fn step(&mut self, optimizer: &mut dyn Optimizer) {
                (**self).step(optimizer);
            }
        }
    )*};
}

forward!(&mut S, Box<S>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Parameter, Sgd};

    fn rates(schedule: &mut dyn Schedule, start: bool, updates: usize) -> Vec<f64> {
        let parameters = vec![Parameter::new(ndarray::arr1(&[1.0]))];
        let mut optimizer = Sgd::new(parameters, 0.1);
        if start {
            schedule.start(&mut optimizer);
        }
        let mut rates = Vec::new();
        for _ in 0..updates {
            rates.push(decimal(optimizer.learning_rate()));
            schedule.step(&mut optimizer);
        }
        rates
    }

    fn assert_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-7 * expected.abs().max(1e-9), "{found} is not {expected}");
        }
    }

    #[test]
    fn every_update_has_the_rate_of_the_closed_form() {
        for start in [true, false] {
            let steps = rates(&mut StepLr::new(2, 0.5), start, 6);
            assert_close(&steps, &[0.1, 0.1, 0.05, 0.05, 0.025, 0.025]);
            let cosine = |t: f64| 0.01 + 0.09 * (1.0 + (std::f64::consts::PI * t / 4.0).cos()) / 2.0;
            let expected: Vec<_> = (0..9).map(|t| cosine(f64::from(t.min(4)))).collect();
            assert_close(&rates(&mut CosineLr::new(4).min(0.01), start, 9), &expected);
        }
    }

    #[test]
    fn a_started_schedule_can_be_started_anew() {
        let mut schedule = StepLr::new(1, 0.5);
        assert_close(&rates(&mut schedule, true, 3), &[0.1, 0.05, 0.025]);
        assert_close(&rates(&mut schedule, true, 3), &[0.1, 0.05, 0.025]);
    }

    #[test]
    fn epochs_instead_of_updates_is_the_schedules_own_property() {
        assert!(!Schedule::is_per_epoch(&StepLr::new(1, 0.5)) && !Schedule::is_per_epoch(&CosineLr::new(1)));
        assert!(Schedule::is_per_epoch(&StepLr::new(1, 0.5).per_epoch()));
        assert!(Schedule::is_per_epoch(&CosineLr::new(1).per_epoch()));
    }
}
