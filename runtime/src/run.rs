//! What a loop does beside the mathematics: it adds up losses, keeps the history, shows progress
//! and says when to stop. It knows nothing of models and touches no gradient.

mod epoch;
mod history;
mod hook;
mod progress;
mod state;

use epoch::{Epoch, Mean};
pub use history::{History, Row, StopReason};
pub use hook::Flow;
use progress::Progress;
pub use state::State;

use crate::metric::Metric;
use crate::{Result, Scalar, Tensor};

/// The record of a running loop; the generated loop calls it at the places that its names tell.
///
/// # Source
/// Epoch losses are `Σ lossᵢ·nᵢ / Σ nᵢ` in f64 over batches of `nᵢ` samples, so that a short last
/// batch counts for what it is. NaN and infinity are never filtered out.
#[derive(Debug)]
pub struct Run {
    max_steps: Option<usize>,
    history: History,
    epoch: Epoch,
    /// The best validation loss so far.
    best: Option<f64>,
    /// Optimizer updates so far.
    step: usize,
    stop: Option<StopReason>,
    progress: Progress,
}

impl Run {
    /// A run of so many epochs, or of so many updates, whichever ends first.
    pub fn new(epochs: Option<usize>, max_steps: Option<usize>) -> Self {
        Self::with_progress(epochs, max_steps, Progress::from_environment())
    }

    /// The same run, with validation: epochs are compared by the validation loss alone.
    #[must_use]
    pub fn validated(mut self) -> Self {
        self.history.validate();
        self
    }

    fn with_progress(epochs: Option<usize>, max_steps: Option<usize>, progress: Progress) -> Self {
        Self {
            max_steps,
            history: History::new(epochs),
            epoch: Epoch::new(0, 0, None),
            best: None,
            step: 0,
            stop: None,
            progress,
        }
    }

    /// Begins the validation before the first epoch, which has a row of its own.
    pub fn begin_first(&mut self) {
        self.epoch = Epoch::new(0, 0, None);
    }

    /// Begins an epoch, counted from 0, of so many batches.
    pub fn begin_epoch(&mut self, epoch: usize, batches: usize) {
        self.epoch = Epoch::new(epoch, batches, Some(&self.epoch));
        self.progress.begin(epoch, self.history.epochs(), batches);
    }

    /// Adds a batch of so many samples to the epoch's loss, and tells whether the loss is NaN or
    /// infinite: then the run is over and says so on standard error, and the caller must neither
    /// call `backward` nor `step`.
    pub fn diverged(&mut self, loss: &Tensor, samples: usize) -> bool {
        let value = f64::from(loss.item());
        self.epoch.last = value;
        self.epoch.loss.add(value, samples);
        self.epoch.batch += 1;
        self.progress.batch(self.epoch.loss.value());
        if value.is_finite() {
            return false;
        }
        let batch = self.epoch.batch - 1;
        self.stop = Some(StopReason::NonFinite { epoch: self.epoch.number, batch });
        self.progress.say(&self.epoch.diverged());
        true
    }

    /// Counts an update made at this learning rate; `grad_norm` is the norm before clipping.
    pub fn end_step(&mut self, learning_rate: Scalar, grad_norm: Option<Scalar>) {
        self.epoch.learning_rate = Some(learning_rate);
        self.epoch.grad_norm = grad_norm.map(f64::from);
        self.step += 1;
        if self.max_steps.is_some_and(|most| self.step >= most) && self.stop.is_none() {
            self.stop = Some(StopReason::MaxSteps);
        }
    }

    /// Updates so far.
    pub fn steps(&self) -> usize {
        self.step
    }

    /// Whether the loop must end before its last epoch.
    pub fn is_over(&self) -> bool {
        self.stop.is_some()
    }

    /// Whether the last batch of the run has been seen.
    pub fn is_last(&self) -> bool {
        let last_epoch = self.history.epochs() == Some(self.epoch.number + 1);
        self.is_over() || (last_epoch && self.epoch.batch >= self.epoch.batches)
    }

    /// Keeps what a metric says of the epoch's training batches.
    pub fn measure<Y, M: Metric<Y>>(&mut self, metric: &M) {
        self.epoch.metrics.push((metric.name(), metric.compute()));
        self.epoch.keep("confusion", metric);
    }

    /// Begins a validation. A second one in an epoch replaces what the first has measured.
    pub fn begin_validation(&mut self) {
        self.epoch.valid_loss = Mean::default();
        self.epoch.valid_metrics.clear();
        self.epoch.is_best = None;
    }

    /// Adds a validation batch of so many samples to the epoch's validation loss.
    pub fn add_valid_loss(&mut self, loss: &Tensor, samples: usize) {
        self.epoch.valid_loss.add(f64::from(loss.item()), samples);
    }

    /// Keeps what a metric says of the validation data.
    pub fn measure_valid<Y, M: Metric<Y>>(&mut self, metric: &M) {
        self.epoch.valid_metrics.push((format!("valid_{}", metric.name()), metric.compute()));
        self.epoch.keep("valid_confusion", metric);
    }

    /// Ends a validation: decides whether it was the best so far. The first is; NaN never is after
    /// that.
    pub fn end_validation(&mut self) {
        let new = self.epoch.valid_loss.value();
        let is_best = new.is_some_and(|new| self.best.is_none_or(|best| history::is_better(new, best)));
        if is_best {
            self.best = new;
        }
        self.epoch.is_best = Some(is_best);
    }

    /// What hooks may see now.
    pub fn state(&self) -> State<'_> {
        let row = self.epoch.row();
        let is_best = self.epoch.is_best.unwrap_or_else(|| self.best.is_none() && self.history.is_best(&row));
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
        }
    }

    /// Takes what a hook returned: nothing, a wish to stop, an error.
    pub fn hook(&mut self, value: impl Flow) -> Result<()> {
        if value.flow()?.is_break() && self.stop.is_none() {
            self.stop = Some(StopReason::Hook);
        }
        Ok(())
    }

    /// Ends the epoch: pushes its row and prints its line.
    pub fn end_epoch(&mut self) {
        let row = self.epoch.row();
        let line = history::line(&row, self.history.epochs(), self.history.is_best(&row));
        self.history.push(row);
        self.progress.end(&line);
    }

    /// Ends the run.
    pub fn finish(mut self) -> History {
        self.history.stop(self.stop.take().unwrap_or(StopReason::Completed));
        std::mem::take(&mut self.history)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::Error;

    fn run(epochs: usize, max_steps: Option<usize>) -> Run {
        Run::with_progress(Some(epochs), max_steps, Progress::off())
    }

    fn epoch(run: &mut Run, number: usize, losses: &[(Scalar, usize)]) {
        run.begin_epoch(number, losses.len());
        for &(loss, samples) in losses {
            assert!(!run.diverged(&Tensor::from(loss), samples));
            run.end_step(0.5, Some(2.0));
        }
    }

    #[test]
    fn the_epoch_loss_weighs_each_batch_by_its_samples() {
        let mut run = run(1, None);
        epoch(&mut run, 0, &[(1.0, 4), (2.0, 4), (6.0, 2)]);
        run.begin_validation();
        run.add_valid_loss(&Tensor::from(3.0), 1);
        run.add_valid_loss(&Tensor::from(1.0), 3);
        run.end_validation();
        run.end_epoch();
        let history = run.finish();
        assert_eq!(history.get("loss"), [Some(2.4)]);
        assert_eq!(history.get("valid_loss"), [Some(1.5)]);
        assert_eq!(history.rows()[0].grad_norm, Some(2.0));
        assert_eq!(history.rows()[0].learning_rate, Some(0.5));
        assert_eq!(history.stop_reason(), StopReason::Completed);
    }

    #[test]
    fn a_loss_that_is_not_finite_ends_the_run_and_stays_in_the_log() {
        for bad in [Scalar::NAN, Scalar::INFINITY] {
            let mut run = run(2, None);
            epoch(&mut run, 0, &[(1.0, 4)]);
            run.end_epoch();
            epoch(&mut run, 1, &[(1.0, 4)]);
            assert!(!run.is_over());
            assert!(run.diverged(&Tensor::from(bad), 4));
            assert!(run.is_over() && run.is_last());
            run.end_epoch();
            let history = run.finish();
            assert_eq!(history.stop_reason(), StopReason::NonFinite { epoch: 1, batch: 1 });
            assert!(!history.rows()[1].get("loss").unwrap().is_finite());
            assert_eq!(history.best_epoch(), Some(0));
        }
        let mut epoch = Epoch::new(1, 9, None);
        epoch.learning_rate = Some(0.5);
        epoch.grad_norm = Some(7.0);
        epoch.batch = 3;
        let text = epoch.diverged();
        assert!(text.contains("NaN at batch 3 of epoch 2"), "{text}");
        assert!(text.contains("learning rate 0.5 and gradient norm 7.0000"), "{text}");
    }

    #[test]
    fn an_epoch_before_the_first_validation_is_not_the_best() {
        let mut run = run(2, None).validated();
        epoch(&mut run, 0, &[(1.0, 4)]);
        assert!(!run.state().is_best());
        run.end_epoch();
        epoch(&mut run, 1, &[(2.0, 4)]);
        run.begin_validation();
        run.add_valid_loss(&Tensor::from(3.0), 1);
        run.end_validation();
        assert!(run.state().is_best());
        run.end_epoch();
        assert_eq!(run.finish().best_epoch(), Some(1));
    }

    #[test]
    fn max_steps_counts_updates() {
        let mut run = run(5, Some(3));
        epoch(&mut run, 0, &[(1.0, 1), (1.0, 1)]);
        assert!(!run.is_over() && !run.is_last());
        run.end_epoch();
        epoch(&mut run, 1, &[(1.0, 1)]);
        assert!(run.is_over());
        run.end_epoch();
        assert_eq!(run.finish().stop_reason(), StopReason::MaxSteps);
    }

    #[test]
    fn hooks_go_on_stop_and_fail() {
        let mut run = run(1, None);
        run.hook(()).unwrap();
        run.hook(Ok::<(), Error>(())).unwrap();
        run.hook(ControlFlow::<()>::Continue(())).unwrap();
        assert!(!run.is_over());
        assert!(run.hook(Err::<(), _>(Error::other("disk full"))).is_err());
        run.hook(Ok::<_, Error>(ControlFlow::Break(()))).unwrap();
        assert!(run.is_over());
        assert_eq!(run.finish().stop_reason(), StopReason::Hook);
    }

    #[test]
    fn a_hook_knows_whether_this_validation_is_the_best_so_far() {
        let mut run = run(4, None);
        let mut best = Vec::new();
        for (number, loss) in [3.0, Scalar::NAN, 2.0, 2.0].into_iter().enumerate() {
            epoch(&mut run, number, &[(1.0, 1)]);
            assert!(number == 0 || !run.state().is_best());
            run.begin_validation();
            run.add_valid_loss(&Tensor::from(loss), 1);
            run.end_validation();
            let state = run.state();
            assert_eq!((state.epoch, state.batch, state.step), (number, 0, number + 1));
            assert_eq!(state.row.get("valid_loss").map(f64::to_bits), Some(f64::from(loss).to_bits()));
            best.push(state.is_best());
            assert_eq!(run.is_last(), number == 3);
            run.end_epoch();
        }
        assert_eq!(best, [true, false, true, false]);
        assert_eq!(run.finish().best_epoch(), Some(2));
    }

    #[test]
    fn a_second_validation_in_an_epoch_replaces_the_first() {
        let mut run = run(1, None);
        let validate = |run: &mut Run, loss: Scalar| {
            run.begin_validation();
            run.add_valid_loss(&Tensor::from(loss), 1);
            run.end_validation();
            run.state().is_best()
        };
        run.begin_first();
        assert!(validate(&mut run, 5.0));
        run.end_epoch();
        epoch(&mut run, 0, &[(1.0, 1)]);
        assert!(validate(&mut run, 1.0));
        assert!(!validate(&mut run, 2.0));
        run.end_epoch();
        let history = run.finish();
        assert_eq!(history.get("valid_loss"), [Some(5.0), Some(2.0)]);
        assert_eq!(history.get("loss"), [None, Some(1.0)]);
        assert!(history.rows()[0].before_training && !history.rows()[1].before_training);
    }
}
