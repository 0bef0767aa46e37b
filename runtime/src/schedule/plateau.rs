//! Decay when a measurement stops improving.

use super::{Position, Schedule, decimal};
use crate::{Optimizer, Scalar};

/// Multiplies the learning rate by `factor` when a measurement has not improved for more than `patience`
/// validations.
///
/// In a spec, `scheduler = PlateauLr::new()` watches `valid_loss` after each validation. In a hand-written
/// loop, [`step`](Self::step) takes the value.
///
/// # Formula
/// A value is an improvement if `value < best · (1 - threshold)`, or with [`max`](Self::max) if
/// `value > best · (1 + threshold)`. With [`absolute`](Self::absolute), `threshold` is an absolute
/// difference. After `patience + 1` consecutive values without an improvement,
/// `rate ← max(rate · factor, min_rate)`, unless the change is at most `eps`. NaN is never an improvement.
///
/// # Source
/// PyTorch's `ReduceLROnPlateau`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let mut optimizer = Sgd::new(Linear::new(2, 1).parameters(), 0.5);
/// let mut scheduler = PlateauLr::new().factor(0.5).patience(1);
/// let mut rates = Vec::new();
/// for valid_loss in [3.0, 2.0, 2.0, 2.5, 1.0] {
///     scheduler.step(valid_loss, &mut optimizer);
///     rates.push(optimizer.learning_rate());
/// }
/// assert_eq!(rates, [0.5, 0.5, 0.5, 0.25, 0.25]);
/// ```
#[derive(Clone, Debug)]
pub struct PlateauLr {
    monitor: String,
    is_max: bool,
    is_absolute: bool,
    factor: f64,
    patience: usize,
    threshold: f64,
    cooldown: usize,
    min_rate: f64,
    eps: f64,
    position: Position,
}

/// The state of a [`PlateauLr`], a part of its [`Position`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    /// The learning rate that the schedule has set.
    pub rate: f64,
    /// The best value so far.
    pub best: f64,
    /// The number of consecutive values without an improvement.
    pub bad: usize,
    /// The remaining number of values in the cooldown after a reduction.
    pub cooldown: usize,
}

impl PlateauLr {
    /// A schedule that multiplies the learning rate by 0.1 after more than 10 consecutive values without a
    /// decrease.
    pub fn new() -> Self {
        Self {
            monitor: "valid_loss".to_owned(),
            is_max: false,
            is_absolute: false,
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            cooldown: 0,
            min_rate: 0.0,
            eps: 1e-8,
            position: Position::default(),
        }
    }

    /// Sets the validation measurement that a spec's loop passes to the schedule, such as `valid_accuracy`;
    /// by default `valid_loss`.
    pub fn monitor(self, name: impl Into<String>) -> Self {
        Self { monitor: name.into(), ..self }
    }

    /// Treats higher values as better. By default lower values are better.
    pub fn max(self) -> Self {
        Self { is_max: true, ..self }
    }

    /// Sets the factor (in [0, 1)) of a reduction; by default 0.1.
    ///
    /// # Panics
    /// If the factor is not in [0, 1).
    #[track_caller]
    pub fn factor(self, factor: f64) -> Self {
        assert!(
            (0.0..1.0).contains(&factor),
            "`factor` of `PlateauLr` is {factor}, but must be in [0, 1); write 0.5 to halve the learning rate"
        );
        Self { factor, ..self }
    }

    /// Sets the tolerated number of consecutive values without an improvement; by default 10. The next such
    /// value reduces the learning rate.
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// Sets the minimum improvement (at least 0), as a fraction of the best value; by default 1e-4.
    ///
    /// # Panics
    /// If the threshold is negative or not finite.
    #[track_caller]
    pub fn threshold(self, threshold: f64) -> Self {
        check("threshold", threshold);
        Self { threshold, ..self }
    }

    /// Makes the threshold an absolute difference from the best value.
    pub fn absolute(self) -> Self {
        Self { is_absolute: true, ..self }
    }

    /// Sets the cooldown, the number of values after a reduction that do not count as failures to improve; by
    /// default 0.
    pub fn cooldown(self, cooldown: usize) -> Self {
        Self { cooldown, ..self }
    }

    /// Sets the lowest learning rate (at least 0); by default 0.
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    #[track_caller]
    pub fn min_rate(self, min_rate: Scalar) -> Self {
        check("min_rate", f64::from(min_rate));
        Self { min_rate: decimal(min_rate), ..self }
    }

    /// Sets the change (at least 0) of the learning rate up to which a reduction is skipped; by default 1e-8.
    ///
    /// # Panics
    /// If `eps` is negative or not finite.
    #[track_caller]
    pub fn eps(self, eps: f64) -> Self {
        check("eps", eps);
        Self { eps, ..self }
    }

    /// Passes a measurement. After more than `patience` consecutive values without an improvement, reduces
    /// the learning rate.
    pub fn step(&mut self, value: f64, optimizer: &mut dyn Optimizer) {
        Schedule::observe(self, value, optimizer);
    }

    fn is_better(&self, value: f64, best: f64) -> bool {
        match (self.is_max, self.is_absolute) {
            (false, false) => value < best * (1.0 - self.threshold),
            (false, true) => value < best - self.threshold,
            (true, false) => value > best * (1.0 + self.threshold),
            (true, true) => value > best + self.threshold,
        }
    }

    /// The state before the first value, for an optimizer with this learning rate.
    fn fresh(&self, rate: f64) -> Plateau {
        let best = if self.is_max { f64::NEG_INFINITY } else { f64::INFINITY };
        Plateau { rate, best, bad: 0, cooldown: 0 }
    }
}

impl Default for PlateauLr {
    fn default() -> Self {
        Self::new()
    }
}

#[track_caller]
fn check(what: &str, value: f64) {
    assert!(
        value >= 0.0 && value.is_finite(),
        "`{what}` of `PlateauLr` is {value}, but must be at least 0 and finite"
    );
}

impl Schedule for PlateauLr {
    /// The initial learning rate. Reductions depend on measurements, not on the number of updates.
    fn rate(&self, base: f64, _: usize) -> f64 {
        base
    }

    fn position(&mut self) -> &mut Position {
        &mut self.position
    }

    /// Whether the schedule counts epochs: it counts neither epochs nor updates.
    fn is_per_epoch(&self) -> bool {
        true
    }

    /// Counts an epoch. The learning rate is unchanged.
    fn step(&mut self, optimizer: &mut dyn Optimizer) {
        self.position.base.get_or_insert_with(|| decimal(optimizer.learning_rate()));
        self.position.done += 1;
    }

    fn monitor(&self) -> Option<&str> {
        Some(&self.monitor)
    }

    fn observe(&mut self, value: f64, optimizer: &mut dyn Optimizer) {
        let base = *self.position.base.get_or_insert_with(|| decimal(optimizer.learning_rate()));
        let mut seen = self.position.plateau.unwrap_or_else(|| self.fresh(base));
        if self.is_better(value, seen.best) {
            (seen.best, seen.bad) = (value, 0);
        } else {
            seen.bad += 1;
        }
        if seen.cooldown > 0 {
            seen.cooldown -= 1;
            seen.bad = 0;
        }
        if seen.bad > self.patience {
            let reduced = (seen.rate * self.factor).max(self.min_rate);
            if seen.rate - reduced > self.eps {
                seen.rate = reduced;
                optimizer.set_learning_rate(reduced as Scalar);
            }
            (seen.cooldown, seen.bad) = (self.cooldown, 0);
        }
        self.position.plateau = Some(seen);
    }
}
