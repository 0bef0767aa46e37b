//! Options of a run: what is not a part of the loop, such as its folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::callback::Shared;
use super::limits::{Limits, at_least_one, count, counts};
use super::logs::Logs;
use super::{Callback, ProgressStyle};
use crate::{CheckpointProblem, Error, Result};

/// The environment variable for the folder of a run.
const DIR: &str = "TRAINING_LOOP_DIR";
/// The environment variable for the checkpoint to resume from: `auto`, `off` or a path.
const RESUME: &str = "TRAINING_LOOP_RESUME";
/// The environment variable for the number of updates between two rows of the step log.
const LOG_EVERY: &str = "TRAINING_LOOP_LOG_EVERY";
/// The environment variables for tries with few batches.
const FAST_DEV_RUN: &str = "TRAINING_LOOP_FAST_DEV_RUN";
const OVERFIT_BATCHES: &str = "TRAINING_LOOP_OVERFIT_BATCHES";
const LIMIT_BATCHES: &str = "TRAINING_LOOP_LIMIT_BATCHES";

/// Options of a run that are not a part of its loop: its folder and files, resuming, its display, tries with few
/// batches, callbacks, threads, signals. The clause `run = options` or the parameter `run` passes them to a generated
/// loop.
///
/// Environment variables override the options, for jobs that are started again and for tries without a change of the
/// code: `TRAINING_LOOP_DIR`, `TRAINING_LOOP_RESUME`, `TRAINING_LOOP_LOG_EVERY`, `TRAINING_LOOP_FAST_DEV_RUN`,
/// `TRAINING_LOOP_OVERFIT_BATCHES`, `TRAINING_LOOP_LIMIT_BATCHES`, `TRAINING_LOOP_PROGRESS` and
/// `TRAINING_LOOP_THREADS`. [`environment`](crate::environment) has their values. They apply to every run of a program
/// that takes options or has checkpoints. A folder has the files of one run: a program with several runs sets the
/// folders in its code. A number that is out of range, in the code or in a variable, is an error at the start of the
/// run.
///
/// # Files
/// A run with a [`dir`](Self::dir) writes there while it runs:
///
/// | file | rows | when |
/// |---|---|---|
/// | `history.csv`, `history.jsonl` | one per epoch, with the numbers of the [`History`](super::History) | always |
/// | `steps.csv`, `steps.jsonl` | `step`, `epoch`, `loss`, `learning_rate`, `grad_norm` after every so many updates | with [`log_every`](Self::log_every) |
/// | `events.out.tfevents.*` | both of these as scalars | with [`tensorboard`](Self::tensorboard) |
/// | `checkpoints/` | | with the clause `checkpoint` |
///
/// Each row is handed to the system at once, so `tail -F history.csv` follows a run. All files count epochs from 1.
/// NaN and infinities are never left out: they are `NaN`, `inf` and `-inf` in CSV files, and the texts `"NaN"`,
/// `"Infinity"` and `"-Infinity"` in JSON, which has no numbers for them. A value that an epoch does not have is an
/// empty field in CSV and no field in JSON. If a measurement appears for the first time in a later epoch, such as the
/// validation every three epochs, `history.csv` is replaced as a whole by one with a column more; `tail -F` notices
/// that, and `tail -f` does not.
///
/// A resumed run continues its files: the rows after its checkpoint are removed, and so is a row that was cut short
/// when the process was killed. A run that starts anew moves the log files of an earlier run in its folder to a folder
/// `earlier-1`, `earlier-2`, ... in it. A run that resumes from another folder begins `steps.*` at its checkpoint.
/// If a row cannot be written, as on a full disk, a warning is printed, the run continues, and the next row tries it
/// again.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// #[training_loop(
///     loss = mse_loss,
///     optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9),
///     epochs = 4,
///     checkpoint(every = 1 epochs),
/// )]
/// fn fit(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;
///
/// # fn main() -> Result<()> {
/// # let folder = tempfile::tempdir()?;
/// let data = TensorDataset::new(Tensor::ones(&[8, 1]), Tensor::zeros(&[8, 1]))?;
/// let loader = DataLoader::new(data, 4).shuffle(0);
/// // Continues where the last call was interrupted.
/// let options = RunOptions::new().dir(folder.path().join("run")).resume_auto();
/// fit(&mut Linear::new(1, 1), &loader, &options)?;
/// // A finished run has nothing left to do.
/// let history = fit(&mut Linear::new(1, 1), &loader, &options)?;
/// assert_eq!(history.len(), 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    pub(super) dir: Option<PathBuf>,
    pub(super) resume: Resume,
    pub(super) logs: Logs,
    pub(super) progress: Option<ProgressStyle>,
    pub(super) limits: Limits,
    pub(super) threads: Option<usize>,
    pub(super) callbacks: Vec<Shared>,
    #[cfg(all(unix, feature = "signals"))]
    pub(super) handles_signals: bool,
    pub(super) shows: Shows,
}

/// What a run shows besides its progress.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shows {
    pub(super) report: bool,
    pub(super) summary: bool,
    pub(super) profile: bool,
}

impl Shows {
    /// Whether the run shows anything.
    pub(super) fn any(self) -> bool {
        self.report || self.summary || self.profile
    }
}

/// The checkpoint that a run starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Resume {
    /// None: a new run.
    #[default]
    Off,
    /// The newest sound checkpoint in the folder of the run, if there is one.
    Auto,
    /// The newest sound checkpoint below this path.
    From(PathBuf),
}

impl RunOptions {
    /// Options of a run without a folder, which starts anew and does not handle signals.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the folder of the run, which is created if it does not exist. The log files and the checkpoints are in it.
    /// Only one run at a time can use a folder.
    pub fn dir(self, path: impl AsRef<Path>) -> Self {
        Self { dir: Some(path.as_ref().to_path_buf()), ..self }
    }

    /// Resumes the run from the newest sound checkpoint below `path`, which is the folder of a run or a single
    /// checkpoint. No checkpoint there is an error.
    pub fn resume(self, path: impl AsRef<Path>) -> Self {
        Self { resume: Resume::From(path.as_ref().to_path_buf()), ..self }
    }

    /// Resumes the run from the newest sound checkpoint in its own folder. Where there is no checkpoint, the run
    /// starts anew, so the same program starts a run and continues it.
    pub fn resume_auto(self) -> Self {
        Self { resume: Resume::Auto, ..self }
    }

    /// Writes a row about the update after every `updates` updates (at least 1), to `steps.csv` and `steps.jsonl` in the
    /// folder of the run, and with [`tensorboard`](Self::tensorboard) to its event file. Outside of a terminal, a long
    /// epoch prints its lines after a multiple of as many updates. Without a folder, nothing but that happens.
    ///
    /// The loss of a row is that of the update's batches; the epoch is counted from 1.
    pub fn log_every(self, updates: usize) -> Self {
        Self { logs: Logs { every: Some(updates), ..self.logs }, ..self }
    }

    /// Writes an event file for `TensorBoard` to the folder of the run: `tensorboard --logdir runs` shows all runs whose
    /// folders are in `runs`. Its scalars are the measurements of each epoch as `epoch/loss` and so on, and with
    /// [`log_every`](Self::log_every) also `step/loss`, `step/learning_rate` and `step/grad_norm`. The horizontal axis is
    /// the number of updates. The format has single precision.
    pub fn tensorboard(self) -> Self {
        Self { logs: Logs { tensorboard: true, ..self.logs }, ..self }
    }

    /// Sets how the run shows its progress. This style has precedence over [`set_progress`](super::set_progress), and
    /// the environment variable `TRAINING_LOOP_PROGRESS` over both.
    pub fn progress(self, style: ProgressStyle) -> Self {
        Self { progress: Some(style), ..self }
    }

    /// Makes the run a quick try of all its code: one epoch with the first `batches` batches (at least 1) of the training
    /// and of the validation data. Nothing is written to the folder of the run, no checkpoint is saved or resumed from,
    /// and a warmup may be longer than the run. Callbacks and hooks run as usual. A line on standard error says that the
    /// run is a try.
    ///
    /// # Source
    /// The option of Lightning's `Trainer` with this name.
    pub fn fast_dev_run(self, batches: usize) -> Self {
        Self { limits: Limits { fast_dev_run: Some(batches), ..self.limits }, ..self }
    }

    /// Trains on the same first `batches` batches (at least 1) in every epoch, in the order of the data set: a model and
    /// a loop without a mistake drive the training loss of a few batches close to 0. The validation is on the first
    /// batches of the validation data. The option has precedence over [`limit_batches`](Self::limit_batches), and
    /// [`fast_dev_run`](Self::fast_dev_run) over both.
    ///
    /// # Source
    /// The option of Lightning's `Trainer` with this name, which since version 2 also keeps the validation data apart
    /// from the training data.
    pub fn overfit_batches(self, batches: usize) -> Self {
        Self { limits: Limits { overfit: Some(batches), ..self.limits }, ..self }
    }

    /// Limits every epoch to the first `train` batches of the training data, and every validation to the first `valid`
    /// batches of its data (both at least 1). Shuffled data have other batches in every epoch.
    ///
    /// A checkpoint of a run with other limits on the training data cannot be resumed.
    pub fn limit_batches(self, train: usize, valid: usize) -> Self {
        Self { limits: Limits { batches: Some((train, valid)), ..self.limits }, ..self }
    }

    /// Sets the number of threads (at least 1) that operations use during the run, as
    /// [`set_num_threads`](crate::set_num_threads) does for the whole process. Afterwards the earlier number is set
    /// again. The environment variable `TRAINING_LOOP_THREADS` overrides it.
    pub fn threads(self, count: usize) -> Self {
        Self { threads: Some(count), ..self }
    }

    /// Adds a callback, which is told of each update and each epoch. Copies of the options share it. A program that
    /// reads it after the run passes an `Arc<Mutex<_>>` of it.
    ///
    /// The options own their callbacks behind a mutex, because one value of options can serve several runs, also at
    /// the same time. Only one run at a time is in a callback, and a callback must not start a run with these options.
    pub fn callback(mut self, callback: impl Callback + 'static) -> Self {
        self.callbacks.push(Shared::new(callback));
        self
    }

    /// Ends the run on SIGINT (Ctrl-C) or SIGTERM after its current update, with a checkpoint if the spec has the
    /// clause `checkpoint`, and with [`StopReason::Interrupted`](super::StopReason::Interrupted). A second signal
    /// ends the process at once, with exit code 130. A signal while no such run is active ends the process as well.
    ///
    /// This needs Unix and the feature `signals`. SIGHUP keeps its meaning, so a run under `nohup` survives the end
    /// of its terminal.
    #[cfg(all(unix, feature = "signals"))]
    pub fn handle_signals(self) -> Self {
        Self { handles_signals: true, ..self }
    }

    /// Writes the report of the run as `report.html` into its [folder](Self::dir), at its start, after epochs, and at
    /// its end. [`History::save_report`](super::History::save_report) describes the report.
    ///
    /// The file is replaced as a whole, so a browser can show it while the run continues. After an epoch it is
    /// written only if that costs less than 2 % of the time since the last write. A report that cannot be written at
    /// the start is an error; later, a warning is printed once, and the run continues.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// #[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
    /// fn fit(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;
    ///
    /// # fn main() -> Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let dir = folder.path().join("run");
    /// let loader = DataLoader::new(TensorDataset::new(Tensor::ones(&[8, 1]), Tensor::ones(&[8, 1]))?, 4);
    /// fit(&mut Linear::new(1, 1), &loader, &RunOptions::new().dir(&dir).report())?;
    /// assert!(dir.join("report.html").is_file());
    /// # Ok(())
    /// # }
    /// ```
    pub fn report(self) -> Self {
        Self { shows: Shows { report: true, ..self.shows }, ..self }
    }

    /// Prints a table of the model's layers on standard error after the first forward pass of the run: names, types,
    /// output shapes, parameters and bytes. [`History::summary`](super::History::summary) has it as well.
    ///
    /// The shapes are those of the first batch, so no other forward pass is made.
    /// [`summary`](crate::summary()) makes the table without a run.
    pub fn summary(self) -> Self {
        Self { shows: Shows { summary: true, ..self.shows }, ..self }
    }

    /// Measures the time that the run spends in each stage, and prints it as a table on standard error at the end.
    /// [`History::profile`](super::History::profile) and the report have it as well.
    pub fn profile(self) -> Self {
        Self { shows: Shows { profile: true, ..self.shows }, ..self }
    }

    /// The options with the values of the environment variables, where these are set.
    ///
    /// # Errors
    /// [`Error::Rule`] if a number is out of range.
    pub(super) fn with_environment(self) -> Result<Self> {
        self.overridden(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    /// Refuses options that resume a run, for a loop without checkpoints.
    pub(super) fn check_no_resume(&self) -> Result<()> {
        let path = match &self.resume {
            Resume::Off => return Ok(()),
            Resume::Auto => self.dir.clone().unwrap_or_default(),
            Resume::From(path) => path.clone(),
        };
        Err(Error::Checkpoint { path, problem: CheckpointProblem::NoClause })
    }

    /// The options with the values of `variable`, which returns the value of an environment variable.
    fn overridden(mut self, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        self.dir = variable(DIR).map(PathBuf::from).or(self.dir);
        self.resume = match variable(RESUME) {
            None => self.resume,
            Some(word) if word == "auto" => Resume::Auto,
            Some(word) if word == "off" => Resume::Off,
            Some(path) => Resume::From(path.into()),
        };
        let counted = |name, own| variable(name).map_or(Ok(own), |text| count(name, &text));
        self.logs.every = counted(LOG_EVERY, self.logs.every)?;
        self.limits.fast_dev_run = counted(FAST_DEV_RUN, self.limits.fast_dev_run)?;
        self.limits.overfit = counted(OVERFIT_BATCHES, self.limits.overfit)?;
        if let Some(text) = variable(LIMIT_BATCHES) {
            self.limits.batches = counts(LIMIT_BATCHES, &text)?;
        }
        self.limits.check()?;
        at_least_one("log_every", self.logs.every, "write after how many updates to log: `log_every(50)`")?;
        at_least_one("threads", self.threads, "write how many threads share the work: `threads(2)`")?;
        if self.limits.fast_dev_run.is_some() {
            (self.dir, self.resume) = (None, Resume::Off);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
