//! Schedules: the learning rate as a function of the update.

mod constant;
mod cosine;
mod cosine_restarts;
mod cyclic;
mod exponential;
mod inverse_sqrt;
mod lambda;
mod linear;
mod multi_step;
mod one_cycle;
mod plateau;
mod polynomial;
mod sequential;
mod step;
mod warmup_stable_decay;

pub use constant::ConstantLr;
pub use cosine::CosineLr;
pub use cosine_restarts::CosineRestartsLr;
pub use cyclic::CyclicLr;
pub use exponential::ExponentialLr;
pub use inverse_sqrt::InverseSqrtLr;
pub use lambda::LambdaLr;
pub use linear::LinearLr;
pub use multi_step::MultiStepLr;
pub use one_cycle::OneCycleLr;
pub use plateau::{Plateau, PlateauLr};
pub use polynomial::PolynomialLr;
pub use sequential::{ChainedLr, SequentialLr};
pub use step::StepLr;
pub use warmup_stable_decay::WarmupStableDecayLr;

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
    note = "a factor as a function of the update is `LambdaLr::new(|t| 0.99_f64.powi(t as i32))`",
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

    /// The name of the measurement that the schedule depends on, such as `valid_loss`. By default a schedule
    /// depends on none.
    ///
    /// A schedule with a measurement implements [`observe`](Self::observe). A generated loop requires a
    /// measurement of the validation data.
    fn monitor(&self) -> Option<&str> {
        None
    }

    /// Takes a new value of the measurement [`monitor`](Self::monitor), and may change the learning rate.
    fn observe(&mut self, value: f64, optimizer: &mut dyn Optimizer) {
        let _ = (value, optimizer);
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
        *self.position() = Position { base: Some(base), ..Position::default() };
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

/// The position of a schedule: the optimizer's initial learning rate, the number of updates (or epochs) done,
/// and the state of a [`PlateauLr`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Position {
    /// The optimizer's initial learning rate; `None` before the schedule was applied to an optimizer.
    pub base: Option<f64>,
    /// The number of updates (or epochs) done.
    pub done: usize,
    /// The state of a [`PlateauLr`]; `None` for other schedules, and before the first value.
    pub plateau: Option<Plateau>,
}

/// The warmup factor of the learning rate in update `update` (counted from 0), for a warmup of `length`
/// updates. The factor is in (0, 1], and 1 from the last update of the warmup on.
///
/// # Formula
/// `min(1, (update + 1) / length)`: a line that is 0 one update before the first.
///
/// # Source
/// Ma and Yarats 2019, `ω_t = min(1, t / τ)` with `t` counted from 1, as in PyTorch's
/// `pytorch_warmup.LinearWarmup`. `get_linear_schedule_with_warmup` of `transformers` counts from 0, so that
/// its first update changes nothing.
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

/// Code that most schedules share: `counted!(setter)` expands to the method `per_epoch`, and `counted!()` to
/// the trait methods that return the fields `position` and `per_epoch`.
macro_rules! counted {
    (setter) => {
        /// Makes the schedule count epochs instead of updates.
        pub fn per_epoch(self) -> Self {
            Self { per_epoch: true, ..self }
        }
    };
    () => {
        fn position(&mut self) -> &mut Position {
            &mut self.position
        }

        fn is_per_epoch(&self) -> bool {
            self.per_epoch
        }
    };
}
use counted;

/// Checks a number of updates of the schedule `owner`.
#[track_caller]
fn check_length(what: &str, owner: &str, length: usize) {
    assert!(length > 0, "`{what}` of `{owner}` is 0, but must be at least 1");
}

/// Checks a factor of the learning rate, which may be 0.
#[track_caller]
fn check_factor(what: &str, owner: &str, factor: f64) {
    assert!(
        factor >= 0.0 && factor.is_finite(),
        "`{what}` of `{owner}` is {factor}, but must be at least 0 and finite"
    );
}

/// Checks the factor `gamma` of a decay.
#[track_caller]
fn check_gamma(owner: &str, gamma: f64) {
    assert!(
        gamma > 0.0 && gamma.is_finite(),
        "`gamma` of `{owner}` is {gamma}, but must be above 0 and finite"
    );
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

            fn monitor(&self) -> Option<&str> {
                (**self).monitor()
            }

            fn observe(&mut self, value: f64, optimizer: &mut dyn Optimizer) {
                (**self).observe(value, optimizer);
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

    /// Every schedule in its initial state.
    fn all() -> Vec<Box<dyn Schedule>> {
        vec![
            Box::new(ConstantLr::new(0.5, 3)),
            Box::new(LinearLr::new(0.5, 0.1, 3)),
            Box::new(MultiStepLr::new([2, 5], 0.5)),
            Box::new(ExponentialLr::new(0.9)),
            Box::new(PolynomialLr::new(6, 2.0)),
            Box::new(CosineRestartsLr::new(2).t_mult(2)),
            Box::new(CyclicLr::new(0.01, 0.1, 2).triangular2()),
            Box::new(LambdaLr::new(|t| 1.0 / (t + 1) as f64)),
            Box::new(InverseSqrtLr::new(2)),
            Box::new(WarmupStableDecayLr::new(2, 2, 3).sqrt()),
            Box::new(SequentialLr::new(ExponentialLr::new(0.5)).then(3, StepLr::new(1, 0.5))),
            Box::new(ChainedLr::new(ExponentialLr::new(0.5)).and(StepLr::new(2, 0.5))),
        ]
    }

    #[test]
    fn a_restored_schedule_continues() {
        for (mut whole, (mut first, mut second)) in all().into_iter().zip(all().into_iter().zip(all())) {
            let whole = rates(&mut whole, true, 8);
            let mut parts = rates(&mut first, true, 5);
            second.load_state_dict(first.state_dict());
            parts.extend((5..8).map(|t| second.rate(0.1, t)));
            assert_close(&parts, &whole);
            assert_eq!(second.state_dict().done, 5);
        }
    }

    /// The golden tests cannot cover these two, because PyTorch has neither.
    #[test]
    fn closed_forms_of_what_pytorch_lacks() {
        let found = |schedule: &dyn Schedule| (0..8).map(|t| schedule.rate(0.1, t)).collect::<Vec<_>>();
        let root = |t: f64| 0.1 * (2.0 / t).sqrt();
        let expected = [0.1, 0.1, 0.1, root(3.0), root(4.0), root(5.0), root(6.0), root(7.0)];
        assert_close(&found(&InverseSqrtLr::new(2)), &expected);
        let wsd = || WarmupStableDecayLr::new(2, 2, 4);
        assert_close(&found(&wsd()), &[0.05, 0.1, 0.1, 0.1, 0.1, 0.075, 0.05, 0.025]);
        let cosine = |x: f64| 0.02 + 0.08 * f64::midpoint(1.0, (std::f64::consts::PI * x).cos());
        let expected = [0.05, 0.1, 0.1, 0.1, 0.1, cosine(0.25), cosine(0.5), cosine(0.75)];
        assert_close(&found(&wsd().cosine().min_ratio(0.2)), &expected);
        let fast = |x: f64| 0.1 * (1.0 - x.sqrt());
        assert_close(&found(&wsd().sqrt())[4..], &[0.1, fast(0.25), fast(0.5), fast(0.75)]);
        assert_eq!((wsd().rate(0.1, 8), wsd().rate(0.1, 1_000)), (0.0, 0.0));
        assert!(wsd().warms_up() && !WarmupStableDecayLr::new(0, 1, 1).warms_up());
    }
}
