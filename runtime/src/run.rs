//! The run state of a loop. It accumulates losses, weights batches, records the history, shows progress and
//! decides when to stop. This module changes no parameter and no gradient.

mod callback;
mod checkpoints;
mod checks;
mod diverged;
mod epoch;
mod history;
mod hook;
mod limits;
mod logs;
mod options;
mod outline;
mod outside;
mod parts;
mod phases;
mod progress;
mod report;
mod saved;
mod shown;
#[cfg(all(unix, feature = "signals"))]
mod signals;
mod state;
#[cfg(test)]
mod tests;
mod time_limit;
mod validation;
mod warmup;
mod weight;

use std::time::Duration;

pub use callback::{Callback, RunInfo, StepInfo};
pub use checkpoints::Checkpoints;
use checkpoints::Saving;
use checks::{Checks, Monitor};
use epoch::Epoch;
pub use history::{History, Row, StopReason};
pub use hook::Flow;
pub use options::RunOptions;
pub use outline::Outline;
use outside::Outside;
pub use parts::{BatchLoss, LossParts};
pub use phases::Phases;
use phases::Turn;
use progress::{Now, Progress};
pub use progress::{ProgressStyle, set_progress};
pub use state::State;
use time_limit::TimeLimit;
use weight::{Total, Weight, Window};

use crate::autograd::anomaly;
use crate::metric::Metric;
use crate::profile;
pub use crate::profile::{Profile, Stage};
use crate::{Error, Result, Scalar, Tensor};

/// The state of a running loop. Each method has the name of the stage of the generated loop that calls it.
///
/// # Source
/// Epoch losses are `Σ lossᵢ·wᵢ / Σ wᵢ` in f64, where `wᵢ` is the denominator of a batch's loss:
/// the number of samples that are not ignored, or the sum of their class weights. A short last
/// batch therefore has a smaller weight. Losses that are sums are added without weights. NaN and
/// infinity are never filtered out.
#[derive(Debug)]
pub struct Run {
    max_steps: Option<usize>,
    max_time: Option<TimeLimit>,
    /// Whether the loop validates.
    validates: bool,
    history: History,
    epoch: Epoch,
    /// The state of the checks.
    checks: Checks,
    /// The number of optimizer updates so far.
    step: usize,
    /// The number of updates before the current epoch.
    steps_before: usize,
    /// The number of updates at the last validation; `None` before the first validation.
    validated_at: Option<usize>,
    /// The factor by which the last batch's loss is multiplied before `backward`; 0 if the batch has no
    /// weight.
    factor: Scalar,
    /// The current accumulation window; `None` in a loop that does not accumulate.
    window: Option<Window>,
    /// The phase of the current batch; `None` in a loop without phases.
    turn: Option<Turn>,
    stop: Option<StopReason>,
    progress: Progress,
    outside: Outside,
    /// The checkpoints; `None` in a loop without them.
    saving: Option<Box<Saving>>,
}

impl Run {
    /// Creates a run with a maximum number of epochs, a maximum number of updates, or both. The first limit
    /// that is reached ends the run.
    pub fn new(epochs: Option<usize>, max_steps: Option<usize>) -> Self {
        Self::with_progress(epochs, max_steps, Progress::chosen())
    }

    /// Sets whether the run validates. If it does, the validation loss ranks epochs, unless
    /// [`monitor`](Run::monitor) names another measurement.
    #[must_use]
    pub fn validated(mut self, is_validated: bool) -> Self {
        self.validates = is_validated;
        if is_validated {
            self.history.monitor(Monitor::loss(true));
        }
        self
    }

    /// Limits the time of the run, counted from this call. The update during which the limit passes is the
    /// last one.
    #[must_use]
    pub fn max_time(mut self, most: Duration) -> Self {
        self.max_time = Some(TimeLimit::new(most));
        self
    }

    fn with_progress(epochs: Option<usize>, max_steps: Option<usize>, progress: Progress) -> Self {
        Self {
            max_steps,
            max_time: None,
            validates: false,
            history: History::new(epochs),
            epoch: Epoch::new(0, 0, None),
            checks: Checks::default(),
            step: 0,
            steps_before: 0,
            validated_at: None,
            factor: 0.0,
            window: None,
            turn: None,
            stop: None,
            progress,
            outside: Outside::default(),
            saving: None,
        }
    }

    /// Begins the validation before the first epoch, which has its own row in the history.
    pub fn begin_first(&mut self) {
        self.epoch = Epoch::new(0, 0, None);
    }

    /// Begins epoch `epoch`, counted from 0, with `batches` batches.
    pub fn begin_epoch(&mut self, epoch: usize, batches: usize) {
        profile::begin(Stage::Rest);
        if !self.continues_epoch() {
            self.epoch = Epoch::new(epoch, batches, Some(&self.epoch));
            self.steps_before = self.step;
        }
        let updates = self.step;
        self.progress.begin(epoch, self.history.epochs(), self.epoch.batch..batches, updates);
    }

    /// Begins an accumulation window, which consists of the batches of one update. `samples` is
    /// their total number of samples.
    pub fn begin_window(&mut self, samples: usize) {
        self.window = Some(Window::new(samples));
        self.epoch.update = Total::default();
    }

    /// Adds a batch to the epoch's loss. The weight is the denominator of the batch's loss, or
    /// `samples` if the denominator is unknown.
    ///
    /// # Errors
    /// [`Error::Rule`] if an update has several batches and the loss has no known denominator.
    ///
    /// # Panics
    /// If the loss is not a scalar.
    #[track_caller]
    pub fn add_batch<L: BatchLoss>(&mut self, loss: &L, samples: usize) -> Result<()> {
        let (weight, guess) = Weight::of(loss.total(), samples);
        if let (Some(guess), Some(_)) = (guess, self.window) {
            return Err(guess.refused());
        }
        self.add(loss, weight);
        Ok(())
    }

    /// Adds a batch like [`add_batch`](Run::add_batch), with `weight` (at least 0) as the
    /// denominator of the loss.
    ///
    /// # Errors
    /// [`Error::Rule`] if the weight is negative or not finite.
    ///
    /// # Panics
    /// If the loss is not a scalar.
    #[track_caller]
    pub fn add_weighted_batch<L: BatchLoss>(&mut self, loss: &L, weight: f64) -> Result<()> {
        self.add(loss, Weight::given(weight)?);
        Ok(())
    }

    #[track_caller]
    fn add<L: BatchLoss>(&mut self, loss: &L, weight: Weight) {
        profile::begin(Stage::Rest);
        self.show_summary();
        let value = match self.turn {
            Some(turn) => self.epoch.train.add_phase(turn.phase, loss, weight),
            None => self.epoch.train.add(loss, weight),
        };
        if !value.is_finite() && anomaly::is_detecting() {
            anomaly::keep(|| crate::autograd::first_not_finite(loss.total()));
        }
        self.epoch.last = value;
        if self.window.is_none() {
            self.epoch.update = Total::default();
        }
        self.epoch.update.add(value, weight);
        if self.turn.is_none() {
            self.epoch.batch += 1;
            self.progress.batch(self.now());
        }
        let counts = weight != Weight::Mean(0.0);
        self.factor = match &mut self.window {
            Some(window) => window.add(weight),
            None => Scalar::from(u8::from(counts)),
        };
        self.epoch.is_finite = value.is_finite() || !counts;
    }

    /// The factor by which the last batch's loss is multiplied before `backward`: the batch's share of the
    /// accumulation window, or 1 without accumulation. The factor is 0 if the batch has weight 0, for example
    /// because all its labels are ignored.
    pub fn batch_weight(&self) -> Scalar {
        self.factor
    }

    /// The total weight of the window's batches; 0 if every batch has weight 0.
    pub fn window_weight(&self) -> f64 {
        self.window.map_or(0.0, Window::weight)
    }

    /// The factor that scales the window's accumulated gradients to those of one large batch.
    pub fn window_scale(&self) -> Scalar {
        self.window.map_or(1.0, Window::scale)
    }

    /// Counts an update at this learning rate. `grad_norm` is the norm of the gradients before clipping.
    pub fn end_step(&mut self, learning_rate: Scalar, grad_norm: Option<Scalar>) {
        self.record_update(learning_rate, grad_norm);
        self.count_step();
    }

    /// Records the learning rate of an update, and the norm of its gradients before clipping.
    fn record_update(&mut self, learning_rate: Scalar, grad_norm: Option<Scalar>) {
        profile::begin(Stage::Rest);
        // The update was finite, so a recorded anomaly cannot explain a later failure.
        anomaly::take();
        self.epoch.learning_rate = Some(learning_rate);
        self.epoch.grad_norm = grad_norm.map(f64::from);
    }

    /// Counts an update, and stops the run if it was the last one.
    fn count_step(&mut self) {
        self.step += 1;
        self.progress.step(self.now());
        if self.max_steps.is_some_and(|most| self.step >= most) && self.stop.is_none() {
            self.stop = Some(StopReason::MaxSteps);
        }
        self.stop_in_time();
        if self.outside.is_signalled() && !self.is_last() {
            self.stop = Some(StopReason::Interrupted);
        }
    }

    /// The state of the run for the progress display.
    fn now(&self) -> Now {
        let (loss, learning_rate) = (self.epoch.train.loss.value(), self.epoch.learning_rate);
        Now { loss, learning_rate, step: self.step }
    }

    /// Stops the run if `max_time` has passed and more updates would follow.
    fn stop_in_time(&mut self) {
        if self.max_time.is_some_and(TimeLimit::is_over) && !self.is_last() {
            self.stop = Some(StopReason::MaxTime);
        }
    }

    /// The number of updates so far.
    pub fn steps(&self) -> usize {
        self.step
    }

    /// Whether the run was stopped, for example by `max_steps` or by a hook. If this method returns
    /// true, the loop must end.
    pub fn is_over(&self) -> bool {
        self.stop.is_some()
    }

    /// Whether the last batch of the run has been processed.
    pub fn is_last(&self) -> bool {
        let last_epoch = self.history.epochs() == Some(self.epoch.number + 1);
        self.is_over() || (last_epoch && self.epoch.batch >= self.epoch.batches)
    }

    /// Whether a validation is due now. A validation is due after every `every` updates, and after
    /// the last update of a run that was not interrupted.
    pub fn is_due(&mut self, every: usize) -> bool {
        let is_new = self.step > 0 && self.validated_at != Some(self.step);
        let is_regular = self.step.is_multiple_of(every);
        if is_new && !is_regular && self.is_last() && !self.is_interrupted() {
            self.keep_before_last_validation();
            return true;
        }
        is_new && is_regular
    }

    /// Records the value of a metric on the epoch's training batches.
    pub fn measure<Y, M: Metric<Y>>(&mut self, metric: &M) {
        self.epoch.train.metrics.push((metric.name(), metric.compute()));
        self.epoch.keep("confusion", metric);
    }

    /// Returns the state for hooks. In a profile, the time until [`hook`](Run::hook) counts as a hook.
    pub fn state(&self) -> State<'_> {
        // The hook runs next, until its return value is passed to `hook`.
        profile::begin(Stage::Callbacks);
        let row = self.epoch.row();
        let is_best = self.is_best_row(&row);
        State {
            epoch: self.epoch.number,
            batch: self.epoch.batch.saturating_sub(1),
            step: self.step,
            loss: self.epoch.last,
            learning_rate: self.epoch.learning_rate,
            grad_norm: self.epoch.grad_norm,
            row,
            history: &self.history,
            is_best,
            checks_since_best: self.checks.since_best(),
        }
    }

    /// Ends the epoch: appends its row to the history, prints its line, and calls the callbacks.
    ///
    /// [`Error::NoUpdate`] if a training epoch made no counted update, because the run might then never end.
    /// [`Error::Unmeasured`] if the loop does not measure the monitor. Any error of a callback.
    pub fn end_epoch(&mut self) -> Result<()> {
        profile::begin(Stage::Rest);
        let row = self.epoch.row();
        let first_rate = self.history.rows().iter().find_map(|row| row.learning_rate);
        let line = history::line(&row, self.history.epochs(), self.history.is_best(&row), first_rate);
        let trained = self.epoch.before_training || self.step > self.steps_before || self.is_over();
        let unmeasured = self.unmeasured(&row);
        self.history.push(row);
        self.progress.end(&line);
        self.show_state(false);
        self.call_epoch_ends()?;
        // The time limit may have passed during the validation. If the last update is not validated yet, the
        // next validation ends the run.
        let is_validated = !self.validates || self.validated_at == Some(self.step);
        if is_validated && !self.epoch.before_training {
            self.stop_in_time();
        }
        if let Some(error) = unmeasured {
            return Err(error);
        }
        if self.is_fast() && !self.epoch.before_training && self.stop.is_none() {
            self.stop = Some(StopReason::Completed);
        }
        if trained { Ok(()) } else { Err(Error::NoUpdate { epoch: self.epoch.number }) }
    }

    /// Ends the run, calls `run_ends` of the callbacks, and returns the history.
    pub fn finish(mut self) -> History {
        self.history.stop(self.stop.unwrap_or(StopReason::Completed));
        self.call_run_ends();
        self.end_shown();
        std::mem::take(&mut self.history)
    }
}

/// The value of a loss, which must be a scalar.
#[track_caller]
fn number(loss: &Tensor) -> f64 {
    assert!(
        loss.rank() == 0,
        "the loss has the shape {:?}, but must be a single number: end it with `.mean()`; a `training_step` that \
         returns two tensors returns `(output, loss)`",
        loss.shape()
    );
    f64::from(loss.item())
}
