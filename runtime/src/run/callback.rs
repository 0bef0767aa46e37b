//! Callbacks: observers of a run, set in its options. The log files of a run are callbacks too.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Flow, History, Row, Run, StopReason};
use crate::profile::{self, Stage};
use crate::stderr::write_line;
use crate::{Result, Scalar};

/// An observer of a run, added by [`RunOptions::callback`](super::RunOptions::callback). The default methods
/// do nothing.
///
/// The order of calls is `run_begins`, then for each epoch `step_ends` after each update and `epoch_ends`,
/// and finally `run_ends`. The log files are written before the program's callbacks are called. Callbacks are
/// called in the order in which they were added.
///
/// - `run_begins` is called before the first batch. In a resumed run, the state and the history are already
///   restored.
/// - `epoch_ends` is called after the row of the epoch is added to the history, and before the checkpoint of
///   the epoch is saved. It is also called after the validation before the first epoch, with
///   [`Row::before_training`](super::Row::before_training).
/// - If an early stop, a time limit, a non-finite loss or a hook ends the run, `epoch_ends` is first called
///   for the current epoch. If a signal ends the run, it is not called, because the epoch is incomplete.
/// - `run_ends` is called in all of these cases. It is not called if the loop returns an error or panics.
///
/// `ControlFlow::Break` ends the run as in a hook, with [`StopReason::Hook`] and a checkpoint. An `Err` ends
/// the loop, which returns the error. The checkpoints and the rows in the log files are then unchanged, so
/// the run can be resumed. The same is true for a panic. In `run_ends` the training is complete: an `Err` is
/// printed on standard error, and the loop returns its history.
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use std::sync::{Arc, Mutex};
///
/// use training_loop::prelude::*;
/// use training_loop::run::{Callback, Row, RunInfo};
///
/// #[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 9)]
/// fn fit(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;
///
/// /// Collects the losses and ends the run after three epochs.
/// #[derive(Default)]
/// struct Losses(Vec<f64>);
///
/// impl Callback for Losses {
///     fn epoch_ends(&mut self, _: &RunInfo, row: &Row) -> Result<ControlFlow<()>> {
///         self.0.extend(row.get("loss"));
///         Ok(if self.0.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let data = TensorDataset::new(Tensor::ones(&[8, 1]), Tensor::zeros(&[8, 1]))?;
/// let losses = Arc::new(Mutex::new(Losses::default())); // Shared, to be read after the run.
/// let options = RunOptions::new().callback(Arc::clone(&losses));
/// let history = fit(&mut Linear::new(1, 1), &DataLoader::new(data, 4), &options)?;
/// assert_eq!((history.len(), losses.lock().unwrap().0.len()), (3, 3));
/// # Ok(())
/// # }
/// ```
pub trait Callback: Send {
    /// Called when the run starts or resumes.
    ///
    /// # Errors
    /// An error ends the loop before its first batch.
    fn run_begins(&mut self, run: &RunInfo) -> Result<()> {
        let _ = run;
        Ok(())
    }

    /// Called after each update, so it should be fast.
    ///
    /// # Errors
    /// An error ends the loop.
    fn step_ends(&mut self, run: &RunInfo, step: &StepInfo) -> Result<ControlFlow<()>> {
        let _ = (run, step);
        Ok(ControlFlow::Continue(()))
    }

    /// Called after each epoch. `row` has the measurements of the epoch, and is the last row of the history.
    ///
    /// # Errors
    /// An error ends the loop.
    fn epoch_ends(&mut self, run: &RunInfo, row: &Row) -> Result<ControlFlow<()>> {
        let _ = (run, row);
        Ok(ControlFlow::Continue(()))
    }

    /// Called at the end of the run. The history has the stop reason.
    ///
    /// # Errors
    /// An error is printed on standard error.
    fn run_ends(&mut self, run: &RunInfo) -> Result<()> {
        let _ = run;
        Ok(())
    }
}

/// A shared callback, which the program can read after the run.
impl<C: Callback> Callback for Arc<Mutex<C>> {
    fn run_begins(&mut self, run: &RunInfo) -> Result<()> {
        self.lock().unwrap_or_else(PoisonError::into_inner).run_begins(run)
    }

    fn step_ends(&mut self, run: &RunInfo, step: &StepInfo) -> Result<ControlFlow<()>> {
        self.lock().unwrap_or_else(PoisonError::into_inner).step_ends(run, step)
    }

    fn epoch_ends(&mut self, run: &RunInfo, row: &Row) -> Result<ControlFlow<()>> {
        self.lock().unwrap_or_else(PoisonError::into_inner).epoch_ends(run, row)
    }

    fn run_ends(&mut self, run: &RunInfo) -> Result<()> {
        self.lock().unwrap_or_else(PoisonError::into_inner).run_ends(run)
    }
}

/// The view of a run for its callbacks.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RunInfo<'a> {
    /// The folder of the run, if it has one.
    pub dir: Option<&'a Path>,
    /// The planned number of epochs.
    pub epochs: Option<usize>,
    /// The largest number of updates.
    pub max_steps: Option<usize>,
    /// The number of updates so far.
    pub step: usize,
    /// Whether the run continues from a checkpoint.
    pub is_resumed: bool,
    /// The rows so far, the best epoch, and at the end of the run the stop reason.
    pub history: &'a History,
}

/// An update, as reported to callbacks.
///
/// In a loop with `phases`, a batch on which several phases run is one update. Its loss, learning rate and norm are those
/// of the last phase. The history has the loss of each phase.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepInfo {
    /// The number of updates so far, including this update.
    pub step: usize,
    /// The epoch, counted from 0.
    pub epoch: usize,
    /// The index of the update's last batch in the epoch, counted from 0.
    pub batch: usize,
    /// The loss of the update's batches, weighted as in the epoch's loss.
    pub loss: f64,
    /// The learning rate of the update.
    pub learning_rate: Scalar,
    /// The norm of the gradients before clipping; `None` in a loop that does not clip by norm.
    pub grad_norm: Option<f64>,
}

/// A callback in the options of a run. Clones of the options share the callback.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<dyn Callback>>);

impl Shared {
    pub(super) fn new(callback: impl Callback + 'static) -> Self {
        Self(Arc::new(Mutex::new(callback)))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

/// The callbacks of a run: first its log files, then the program's callbacks.
#[derive(Default)]
pub(super) struct Callbacks {
    logs: Vec<Box<dyn Callback>>,
    shared: Vec<Shared>,
}

impl Callbacks {
    /// The log files, and the callbacks of the program.
    pub(super) fn new(logs: Vec<Box<dyn Callback>>, shared: Vec<Shared>) -> Self {
        Self { logs, shared }
    }

    fn is_empty(&self) -> bool {
        self.logs.is_empty() && self.shared.is_empty()
    }

    /// Calls a method of each callback, up to the first error. A `Break` does not skip the callbacks that
    /// follow.
    fn each<F: Flow>(&mut self, mut call: impl FnMut(&mut dyn Callback) -> F) -> Result<ControlFlow<()>> {
        let mut flow = ControlFlow::Continue(());
        for log in &mut self.logs {
            let ends = call(&mut **log).flow()?.is_break();
            flow = if ends { ControlFlow::Break(()) } else { flow };
        }
        for Shared(callback) in &self.shared {
            // After a panic in an earlier run, the state of the callback is its own responsibility.
            let ends = call(&mut *callback.lock().unwrap_or_else(PoisonError::into_inner)).flow()?.is_break();
            flow = if ends { ControlFlow::Break(()) } else { flow };
        }
        Ok(flow)
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callbacks").field("shared", &self.shared).finish_non_exhaustive()
    }
}

impl Run {
    /// Calls `step_ends` of the callbacks after an update. Does nothing without callbacks.
    ///
    /// # Errors
    /// The error of a callback.
    pub fn after_step(&mut self) -> Result<()> {
        if self.outside.callbacks.is_empty() {
            return Ok(());
        }
        let Some(step) = self.last_step() else { return Ok(()) };
        self.call_back(|callback, run| callback.step_ends(run, &step))
    }

    /// The last update.
    fn last_step(&self) -> Option<StepInfo> {
        Some(StepInfo {
            step: self.step,
            epoch: self.epoch.number,
            batch: self.epoch.batch.saturating_sub(1),
            loss: self.epoch.update.value().unwrap_or(f64::NAN),
            learning_rate: self.epoch.learning_rate?,
            grad_norm: self.epoch.grad_norm,
        })
    }

    /// Calls `run_begins` of the callbacks.
    pub(super) fn call_run_begins(&mut self) -> Result<()> {
        self.call_back(|callback, run| callback.run_begins(run))
    }

    /// Calls `epoch_ends` of the callbacks. The row of the epoch is the last one of the history.
    pub(super) fn call_epoch_ends(&mut self) -> Result<()> {
        self.call_back(|callback, run| match run.history.rows().last() {
            Some(row) => callback.epoch_ends(run, row),
            None => Ok(ControlFlow::Continue(())),
        })
    }

    /// Calls `run_ends` of the callbacks. The training is complete, so an error does not lose the history.
    pub(super) fn call_run_ends(&mut self) {
        let warn = |callback: &mut dyn Callback, run: &RunInfo| {
            if let Err(error) = callback.run_ends(run) {
                write_line(&format!("warning: a callback failed at the end of the run: {error}"));
            }
        };
        // Every call returns `()`, so there is no error.
        let _ = self.call_back(warn);
    }

    /// Calls the callbacks with the state of the run.
    fn call_back<F: Flow>(&mut self, mut call: impl FnMut(&mut dyn Callback, &RunInfo) -> F) -> Result<()> {
        if self.outside.callbacks.is_empty() {
            return Ok(());
        }
        let _stage = profile::scope(Stage::Callbacks);
        let mut callbacks = std::mem::take(&mut self.outside.callbacks);
        let run = RunInfo {
            dir: self.outside.options.dir.as_deref(),
            epochs: self.history.epochs(),
            max_steps: self.max_steps,
            step: self.step,
            is_resumed: self.is_resumed(),
            history: &self.history,
        };
        let flow = callbacks.each(|callback| call(callback, &run));
        self.outside.callbacks = callbacks;
        if flow?.is_break() && self.stop.is_none() {
            self.stop = Some(StopReason::Hook);
        }
        Ok(())
    }
}
