//! Checkpoints of a run: when they are due, and how a run is saved and resumed.

mod contents;
mod kept;

use std::collections::VecDeque;
use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::checks::{Checks, Monitor};
use super::epoch::Epoch;
use super::options::Resume;
use super::{Run, StopReason};
use crate::checkpoint::{AVERAGES, BEST, Draft, Name, Saved, Store, newest};
use crate::nn::{Module, Snapshot, state};
use crate::optim::Optimizer;
use crate::profile::{self, Stage};
use crate::schedule::Schedule;
use crate::{CheckpointProblem as Problem, Error, Result, StateDict};
use contents::{check, restore, saved_run};

/// The interval of checkpoints.
#[derive(Clone, Copy, Debug)]
enum Every {
    Epochs(usize),
    Steps(usize),
    Time(Duration),
}

/// The checkpoints of a spec: their interval, how many to keep, and the recorded clauses.
///
/// The end of the run also saves a checkpoint, unless the run ends because of a non-finite loss or gradient.
///
/// # Example
/// ```
/// use training_loop::run::Checkpoints;
///
/// // As generated for `checkpoint(every = 500 steps, keep_last = 2)`.
/// let checkpoints = Checkpoints::every_steps(500).keep_last(2).clause("loss", "cross_entropy");
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoints {
    every: Every,
    keep_last: usize,
    keep_best: u64,
    /// The clauses of the spec with their values.
    clauses: Vec<(&'static str, String)>,
}

impl Checkpoints {
    /// Saves a checkpoint at the end of every `n` epochs; `n` is at least 1.
    pub fn every_epochs(n: usize) -> Self {
        Self::every(Every::Epochs(n))
    }

    /// Saves a checkpoint after every `n` updates; `n` is at least 1.
    pub fn every_steps(n: usize) -> Self {
        Self::every(Every::Steps(n))
    }

    /// Saves a checkpoint after the first update at which this time has passed since the last checkpoint.
    pub fn every_time(time: Duration) -> Self {
        Self::every(Every::Time(time))
    }

    fn every(every: Every) -> Self {
        Self { every, keep_last: 1, keep_best: 1, clauses: Vec::new() }
    }

    /// Sets the number of newest checkpoints to keep, at least 1; by default 1.
    pub fn keep_last(self, count: usize) -> Self {
        Self { keep_last: count, ..self }
    }

    /// Sets the number of best checkpoints to keep; by default 1. Checkpoints are ranked by the same
    /// measurement as [`History::best`](super::History::best). A checkpoint without this measurement is never
    /// among the best.
    pub fn keep_best(self, count: u64) -> Self {
        Self { keep_best: count, ..self }
    }

    /// Adds a clause of the spec with its value.
    pub fn clause(mut self, name: &'static str, value: impl Display) -> Self {
        self.clauses.push((name, value.to_string()));
        self
    }

    /// Whether the spec has a clause.
    fn has(&self, name: &str) -> bool {
        self.clauses.iter().any(|(own, _)| *own == name)
    }
}

/// The checkpoint state of a running loop.
#[derive(Debug)]
pub(super) struct Saving {
    plan: Checkpoints,
    store: Store,
    /// The first epoch of this process.
    first_epoch: usize,
    /// Whether the run continues from a checkpoint.
    is_resumed: bool,
    /// Whether the run resumes in the middle of an epoch that has not begun yet.
    is_in_epoch: bool,
    /// The accumulated counts of training metrics to restore in the resumed epoch, by name.
    to_restore: VecDeque<(String, Vec<f64>)>,
    /// The accumulated counts of training metrics to save in the next checkpoint, by name.
    metrics: Vec<(String, Vec<f64>)>,
    /// The learning rate of the optimizer before the first update of the whole run.
    initial_rate: f64,
    /// The start of the run, shifted back by the duration of its earlier parts.
    began: Instant,
    /// The time of the last checkpoint, and its number of updates.
    saved: (Instant, usize),
    /// Whether the state at the end of the run is saved.
    is_stop_saved: bool,
    /// The averages of `ema` to restore, or to save in the next checkpoint.
    averages: Option<StateDict>,
    /// The best values of the model, if the loop restores them.
    best: Option<Snapshot>,
    /// The state before a validation that is due only because the run ends. If the run is resumed and trained
    /// longer, this validation does not take place.
    before_last: Option<BeforeLast>,
}

/// The part of a run's state that a validation changes.
#[derive(Debug)]
struct BeforeLast {
    epoch: Epoch,
    checks: Checks,
    validated_at: Option<usize>,
    best: Option<Snapshot>,
}

impl Run {
    /// Starts a run with checkpoints: opens the checkpoints, restores the state from the checkpoint that the
    /// run options name, and calls `run_begins` of the callbacks. If the options name no checkpoint, a new
    /// run starts.
    ///
    /// Call this method after [`use_options`](Run::use_options), after the model, the optimizer and the
    /// schedule are complete, and before the first batch.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] if there is no folder, if a new run would mix its checkpoints with those of an
    /// earlier run, if no checkpoint is sound, or if the checkpoint belongs to another spec; [`Error::State`]
    /// if it belongs to another model; [`Error::NotSaved`] if the optimizer has no state; [`Error::Io`].
    /// After these errors, nothing is changed. Any error of a callback.
    pub fn start_or_resume<M: Module + ?Sized, O: Optimizer + ?Sized>(
        &mut self,
        checkpoints: Checkpoints,
        model: &M,
        optimizer: &mut O,
        mut scheduler: Option<&mut dyn Schedule>,
    ) -> Result<()> {
        if self.is_fast() {
            return self.begin_callbacks(false);
        }
        let stage = profile::scope(Stage::Checkpoint);
        let state = optimizer.state_dict()?;
        let Some(dir) = self.outside.options.dir.clone() else {
            return Err(Error::Checkpoint { path: PathBuf::new(), problem: Problem::NoFolder });
        };
        let store = Store::open(&dir, self.history.declared().compared())?;
        let saved = chosen(&self.outside.options.resume, &dir, &store)?;
        let continues = saved.as_ref().is_some_and(|saved| store.has(&saved.path));
        let mut saving = Saving {
            plan: checkpoints,
            store,
            first_epoch: 0,
            is_resumed: saved.is_some(),
            is_in_epoch: false,
            to_restore: VecDeque::new(),
            metrics: Vec::new(),
            initial_rate: f64::from(optimizer.learning_rate()),
            began: Instant::now(),
            saved: (Instant::now(), 0),
            is_stop_saved: false,
            averages: None,
            best: None,
            before_last: None,
        };
        if let Some(saved) = saved {
            // A reborrow, because `as_deref_mut` cannot shorten the lifetime of the trait object.
            let schedule = scheduler.as_mut().map(|schedule| &mut **schedule as &mut dyn Schedule);
            check(&saving, &saved, &state, schedule, &self.history.declared())?;
            restore(self, &mut saving, &saved, model, optimizer, scheduler)?;
        }
        self.saving = Some(Box::new(saving));
        drop(stage);
        self.begin_callbacks(continues)
    }

    /// Whether the run continues from a checkpoint.
    pub fn is_resumed(&self) -> bool {
        self.saving.as_ref().is_some_and(|saving| saving.is_resumed)
    }

    /// The clauses that a checkpoint of the run records.
    pub(super) fn recorded_clauses(&self) -> Vec<(&'static str, String)> {
        self.saving.as_ref().map(|saving| saving.plan.clauses.clone()).unwrap_or_default()
    }

    /// Whether the current epoch is the one in whose middle the run was saved.
    pub(super) fn continues_epoch(&mut self) -> bool {
        self.saving.as_mut().is_some_and(|saving| std::mem::take(&mut saving.is_in_epoch))
    }

    /// The first epoch of the loop, counted from 0. It is 0, or the epoch in which a resumed run continues.
    /// If the saved run was over at the end of an epoch, no epoch remains.
    pub fn first_epoch(&self) -> usize {
        let Some(saving) = &self.saving else { return 0 };
        if self.is_over() && !saving.is_in_epoch {
            return self.history.epochs().unwrap_or(usize::MAX);
        }
        saving.first_epoch
    }

    /// The first batch of the current epoch. It is 0, or the batch at which a resumed run continues. If the
    /// saved run was over, no batch remains.
    pub fn first_batch(&self) -> usize {
        if self.is_over() { self.epoch.batches } else { self.epoch.batch }
    }

    /// Keeps the state to save, before a validation that is due only because the run ends.
    pub(super) fn keep_before_last_validation(&mut self) {
        if let Some(saving) = &mut self.saving {
            saving.before_last = Some(BeforeLast {
                epoch: self.epoch.clone(),
                checks: self.checks,
                validated_at: self.validated_at,
                best: saving.best.clone(),
            });
        }
    }

    /// Whether the last validation was due only because the run ends.
    pub(super) fn is_after_last_validation(&self) -> bool {
        self.saving.as_ref().is_some_and(|saving| saving.before_last.is_some())
    }

    /// Whether a checkpoint is due after the batch. An update must have been made since the last checkpoint,
    /// and the interval must have passed or the run must be over.
    pub fn is_checkpoint_due(&self) -> bool {
        let Some(saving) = &self.saving else { return false };
        let (at, step) = saving.saved;
        let is_due = match saving.plan.every {
            Every::Epochs(_) => false,
            Every::Steps(every) => self.step.is_multiple_of(every),
            Every::Time(time) => at.elapsed() >= time,
        };
        self.step > step && (is_due || self.is_over())
    }

    /// Whether a checkpoint is due after the epoch. The row of the epoch is already in the history.
    pub fn is_epoch_checkpoint_due(&self) -> bool {
        let Some(saving) = &self.saving else { return false };
        let is_sound = !matches!(self.stop, Some(StopReason::NonFinite { .. }));
        let is_due = match saving.plan.every {
            Every::Epochs(every) => (self.epoch.number + 1).is_multiple_of(every),
            Every::Steps(_) | Every::Time(_) => false,
        };
        let is_complete = self.epoch.batch >= self.epoch.batches;
        is_sound && is_complete && !saving.is_stop_saved && (is_due || self.is_last())
    }

    /// Saves a checkpoint, and then removes old checkpoints.
    ///
    /// # Errors
    /// [`Error::Io`] if the checkpoint cannot be written. The earlier checkpoints are then unchanged.
    pub fn save_checkpoint<M: Module + ?Sized, O: Optimizer + ?Sized>(
        &mut self,
        model: &M,
        optimizer: &O,
        scheduler: Option<&mut dyn Schedule>,
    ) -> Result<()> {
        let Some(mut saving) = self.saving.take() else { return Ok(()) };
        let _stage = profile::scope(Stage::Checkpoint);
        let is_end = self
            .history
            .rows()
            .last()
            .is_some_and(|row| row.epoch == self.epoch.number && !row.before_training);
        let before_last = saving.before_last.take().filter(|_| !is_end);
        let value = self.compared(&self.history.declared(), is_end);
        let state = optimizer.state_dict()?;
        let mut run = saved_run(self, &mut saving, model, scheduler, is_end, before_last.as_ref());
        run.extend(saving.store.value_fields(value));
        let best = before_last.map_or_else(|| saving.best.clone(), |before| before.best);
        let more = [(AVERAGES, saving.averages.take()), (BEST, best.map(|best| best.state_dict()))];
        let more = more.into_iter().filter_map(|(name, state)| Some((name, state?))).collect();
        let model = |file: &mut dyn Write| state::write_module(model, file);
        let epochs = is_end.then_some(self.epoch.number as u64 + 1);
        let name = Name { step: self.step as u64, epochs };
        saving.store.add(name, value, Draft { model: &model, optimizer: &state, more, run })?;
        saving.store.prune(saving.plan.keep_last, saving.plan.keep_best as usize);
        saving.saved = (Instant::now(), self.step);
        saving.is_stop_saved = self.is_over();
        self.saving = Some(saving);
        Ok(())
    }

    /// The value that ranks this checkpoint; `None` if it is not measured at this update.
    fn compared(&self, monitor: &Monitor, is_end: bool) -> Option<f64> {
        let row = if is_end { self.history.rows().last()?.clone() } else { self.epoch.row() };
        let is_measured = if monitor.is_validation() { self.validated_at == Some(self.step) } else { is_end };
        row.get(&monitor.name).filter(|_| is_measured)
    }
}

/// The checkpoint to resume from; `None` for a new run in the folder `dir`.
fn chosen(resume: &Resume, dir: &Path, store: &Store) -> Result<Option<Saved>> {
    let problem = |path: &Path, problem| Err(Error::Checkpoint { path: path.to_path_buf(), problem });
    let saved = match resume {
        Resume::Off => None,
        Resume::Auto => newest(dir)?,
        Resume::From(path) => match newest(path)? {
            None => return problem(path, Problem::Missing),
            saved => saved,
        },
    };
    let mut paths = store.names().rev().map(|name| store.path(name));
    let Some(saved) = saved else {
        // Damaged checkpoints also count, because they may contain files of value.
        return if paths.next().is_some() { problem(dir, Problem::Occupied) } else { Ok(None) };
    };
    match paths.find(|path| Saved::read(path).is_ok()) {
        Some(newest) if !is_same_folder(&saved.path, &newest) => problem(dir, Problem::Later { newest }),
        _ => Ok(Some(saved)),
    }
}

/// Whether two paths refer to the same folder.
fn is_same_folder(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    one == other || real(one).is_some_and(|one| Some(one) == real(other))
}
