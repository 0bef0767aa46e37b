//! Run options: settings that are not part of the loop, such as the folder of the run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::callback::Shared;
use super::limits::{Limits, at_least_one, count, counts};
use super::logs::Logs;
use super::{Callback, ProgressStyle};
use crate::{CheckpointProblem, Error, Result};

/// The environment variable for the folder of a run.
const DIR: &str = "TRAINING_LOOP_DIR";
/// The environment variable for the checkpoint to resume: `auto`, `off` or a path.
const RESUME: &str = "TRAINING_LOOP_RESUME";
/// The environment variable for the number of updates between two rows of the step log.
const LOG_EVERY: &str = "TRAINING_LOOP_LOG_EVERY";
/// The environment variables for trial runs with few batches.
const FAST_DEV_RUN: &str = "TRAINING_LOOP_FAST_DEV_RUN";
const OVERFIT_BATCHES: &str = "TRAINING_LOOP_OVERFIT_BATCHES";
const LIMIT_BATCHES: &str = "TRAINING_LOOP_LIMIT_BATCHES";

/// Options of a run that are not part of its loop: folder and files, resuming, display, trial runs with few
/// batches, callbacks, threads, signals. The clause `run = options` or the parameter `run` passes them to a
/// generated loop.
///
/// Environment variables override the options, for restarted jobs and for trial runs without a code change:
/// `TRAINING_LOOP_DIR`, `TRAINING_LOOP_RESUME`, `TRAINING_LOOP_LOG_EVERY`, `TRAINING_LOOP_FAST_DEV_RUN`,
/// `TRAINING_LOOP_OVERFIT_BATCHES`, `TRAINING_LOOP_LIMIT_BATCHES`, `TRAINING_LOOP_PROGRESS` and
/// `TRAINING_LOOP_THREADS`. [`environment`](crate::environment) lists their values. They apply to every run
/// of the program that has options or checkpoints. A folder holds the files of one run, so a program with
/// several runs must set the folders in its code. A number out of range, in the code or in a variable, is an
/// error at the start of the run.
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
/// Each row is written without buffering, so `tail -F history.csv` follows a run. In all files the first epoch
/// has the number 1. NaN and infinities are never omitted: they are `NaN`, `inf` and `-inf` in CSV files, and the texts
/// `"NaN"`, `"Infinity"` and `"-Infinity"` in JSON, which has no numbers for them. A missing value is an
/// empty field in CSV, and no field in JSON. If a measurement first appears in a later epoch, for example
/// with a validation every three epochs, `history.csv` is replaced by a file with another column. `tail -F`
/// follows the new file, and `tail -f` does not.
///
/// A resumed run continues its files. It removes the rows after its checkpoint, and a last row that is
/// incomplete because the process was killed. A new run moves the log files of an earlier run to a subfolder
/// `earlier-1`, `earlier-2`, ... of its folder. A run that resumes from another folder starts `steps.*` at
/// its checkpoint. If a row cannot be written, for example on a full disk, a warning is printed, the run
/// continues, and the next row tries again.
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

/// The optional output of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shows {
    pub(super) report: bool,
    pub(super) summary: bool,
    pub(super) profile: bool,
}

impl Shows {
    /// Whether the run has any of this output.
    pub(super) fn any(self) -> bool {
        self.report || self.summary || self.profile
    }
}

/// The checkpoint from which a run starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Resume {
    /// Starts a new run.
    #[default]
    Off,
    /// The newest sound checkpoint in the folder of the run. Without a checkpoint, a new run starts.
    Auto,
    /// The newest sound checkpoint at this path.
    From(PathBuf),
}

impl RunOptions {
    /// The default options: no folder, a new run, no signal handling.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the folder of the run for its log files and checkpoints. The folder is created if it does not
    /// exist. Only one run at a time can use a folder.
    pub fn dir(self, path: impl AsRef<Path>) -> Self {
        Self { dir: Some(path.as_ref().to_path_buf()), ..self }
    }

    /// Resumes the run from the newest sound checkpoint at `path`, which is the folder of a run or a single
    /// checkpoint. It is an error if there is no checkpoint.
    pub fn resume(self, path: impl AsRef<Path>) -> Self {
        Self { resume: Resume::From(path.as_ref().to_path_buf()), ..self }
    }

    /// Resumes the run from the newest sound checkpoint in its own folder. Without a checkpoint, a new run
    /// starts. The same program can therefore start a run and continue it.
    pub fn resume_auto(self) -> Self {
        Self { resume: Resume::Auto, ..self }
    }

    /// Writes a row after every `updates` updates (at least 1) to `steps.csv` and `steps.jsonl` in the folder
    /// of the run, and with [`tensorboard`](Self::tensorboard) also to its event file. If there is no
    /// terminal, a long epoch also prints its lines at multiples of `updates`. Without a folder, this is the
    /// only effect.
    ///
    /// The loss in a row is that of the update's batches. The epoch is counted from 1.
    pub fn log_every(self, updates: usize) -> Self {
        Self { logs: Logs { every: Some(updates), ..self.logs }, ..self }
    }

    /// Writes an event file for `TensorBoard` to the folder of the run. `tensorboard --logdir runs` shows all
    /// runs whose folders are in `runs`. The scalars are the measurements of each epoch, such as
    /// `epoch/loss`. With [`log_every`](Self::log_every), they also include `step/loss`, `step/learning_rate`
    /// and `step/grad_norm`. The horizontal axis is the number of updates. The format has single precision.
    pub fn tensorboard(self) -> Self {
        Self { logs: Logs { tensorboard: true, ..self.logs }, ..self }
    }

    /// Sets how the run shows its progress. This option overrides [`set_progress`](super::set_progress), and
    /// the environment variable `TRAINING_LOOP_PROGRESS` overrides both.
    pub fn progress(self, style: ProgressStyle) -> Self {
        Self { progress: Some(style), ..self }
    }

    /// Makes the run a quick trial of all its code: one epoch with the first `batches` batches (at least 1)
    /// of the training data and of the validation data. The run writes nothing to its folder, neither saves
    /// nor resumes checkpoints, and allows a warmup that is longer than the run. Callbacks and hooks run as
    /// usual. A line on standard error states that the run is a trial.
    ///
    /// # Source
    /// The option with the same name of Lightning's `Trainer`.
    pub fn fast_dev_run(self, batches: usize) -> Self {
        Self { limits: Limits { fast_dev_run: Some(batches), ..self.limits }, ..self }
    }

    /// Trains on the same first `batches` batches (at least 1) in every epoch, in the order of the data set.
    /// With a correct model and loop, the training loss of a few batches falls close to 0. The validation
    /// uses the first batches of the validation data. This option overrides
    /// [`limit_batches`](Self::limit_batches), and [`fast_dev_run`](Self::fast_dev_run) overrides both.
    ///
    /// # Source
    /// The option with the same name of Lightning's `Trainer`. Since version 2, it also keeps the validation
    /// data separate from the training data.
    pub fn overfit_batches(self, batches: usize) -> Self {
        Self { limits: Limits { overfit: Some(batches), ..self.limits }, ..self }
    }

    /// Limits every epoch to the first `train` batches of the training data, and every validation to the
    /// first `valid` batches of the validation data (both at least 1). With shuffling, these batches differ
    /// between epochs.
    ///
    /// A run cannot resume a checkpoint with another limit on the training data.
    pub fn limit_batches(self, train: usize, valid: usize) -> Self {
        Self { limits: Limits { batches: Some((train, valid)), ..self.limits }, ..self }
    }

    /// Sets the number of threads (at least 1) that operations use during the run, as
    /// [`set_num_threads`](crate::set_num_threads) does for the whole process. After the run, the earlier
    /// number is restored. The environment variable `TRAINING_LOOP_THREADS` overrides this option.
    pub fn threads(self, count: usize) -> Self {
        Self { threads: Some(count), ..self }
    }

    /// Adds a callback, which is called after each update and each epoch. Clones of the options share the
    /// callback. To read the callback after the run, pass it as an `Arc<Mutex<_>>`.
    ///
    /// The options hold each callback in a mutex, because several runs can use the same options, even at the
    /// same time. Only one run at a time calls the callback. A callback must not start a run with the same
    /// options.
    pub fn callback(mut self, callback: impl Callback + 'static) -> Self {
        self.callbacks.push(Shared::new(callback));
        self
    }

    /// Ends the run on SIGINT (Ctrl-C) or SIGTERM after its current update, with
    /// [`StopReason::Interrupted`](super::StopReason::Interrupted), and with a checkpoint if the spec has the
    /// clause `checkpoint`. A second signal ends the process at once, with exit code 130. A signal while no
    /// such run is active also ends the process.
    ///
    /// This option needs Unix and the feature `signals`. It does not handle SIGHUP, so a run under `nohup`
    /// survives the end of its terminal.
    #[cfg(all(unix, feature = "signals"))]
    pub fn handle_signals(self) -> Self {
        Self { handles_signals: true, ..self }
    }

    /// Writes the report of the run to `report.html` in its [folder](Self::dir), at its start, after epochs,
    /// and at its end. [`History::save_report`](super::History::save_report) describes the report.
    ///
    /// The file is replaced atomically, so a browser can show it while the run continues. After an epoch, the
    /// report is written only if this costs less than 2 % of the time since the last write. A failed write at
    /// the start is an error. Later, the first failed write prints a warning, and the run continues.
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

    /// Prints a table of the model's layers on standard error after the first forward pass of the run: names,
    /// types, output shapes, parameters and bytes. [`History::summary`](super::History::summary) returns the
    /// same table.
    ///
    /// The shapes come from the first batch, without an extra forward pass. [`summary`](crate::summary())
    /// makes the table without a run.
    pub fn summary(self) -> Self {
        Self { shows: Shows { summary: true, ..self.shows }, ..self }
    }

    /// Measures the time that the run spends in each stage, and prints a table on standard error at the end.
    /// [`History::profile`](super::History::profile) returns the same data, and the report contains them.
    pub fn profile(self) -> Self {
        Self { shows: Shows { profile: true, ..self.shows }, ..self }
    }

    /// The options, overridden by the environment variables that are set.
    ///
    /// # Errors
    /// [`Error::Rule`] if a number is out of range.
    pub(super) fn with_environment(self) -> Result<Self> {
        self.overridden(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    /// Rejects options that resume a run, for a loop without checkpoints.
    pub(super) fn check_no_resume(&self) -> Result<()> {
        let path = match &self.resume {
            Resume::Off => return Ok(()),
            Resume::Auto => self.dir.clone().unwrap_or_default(),
            Resume::From(path) => path.clone(),
        };
        Err(Error::Checkpoint { path, problem: CheckpointProblem::NoClause })
    }

    /// The options, overridden by the environment variables. `variable` returns the value of a variable.
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
