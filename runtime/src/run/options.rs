//! Options of a run: what is not a part of the loop, such as its folder.

use std::path::{Path, PathBuf};

use super::Callback;
use super::callback::Shared;
use crate::{CheckpointProblem, Error, Result};

/// The environment variable for the folder of a run.
const DIR: &str = "TRAINING_LOOP_DIR";
/// The environment variable for the checkpoint to resume from: `auto`, `off` or a path.
const RESUME: &str = "TRAINING_LOOP_RESUME";

/// Options of a run that are not a part of its loop: the folder, resuming, signals. The clause
/// `run = options` or the parameter `run` passes them to a generated loop.
///
/// The environment variables `TRAINING_LOOP_DIR` (a path) and `TRAINING_LOOP_RESUME` (`auto`, `off` or a path)
/// override [`dir`](Self::dir) and the resume options, for jobs that are started again. They apply to every run of a
/// program, and a folder has the checkpoints of one: a program with several runs sets the folders in its code.
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
    pub(super) callbacks: Vec<Shared>,
    #[cfg(all(unix, feature = "signals"))]
    pub(super) handles_signals: bool,
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

    /// Sets the folder of the run, which is created if it does not exist. Checkpoints are in its folder
    /// `checkpoints`. Only one run at a time can use a folder.
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

    /// The options with the values of the environment variables, where these are set.
    pub(super) fn with_environment(self) -> Self {
        let value = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        self.overridden(value(DIR).map(PathBuf::from), value(RESUME).map(PathBuf::from))
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

    fn overridden(mut self, dir: Option<PathBuf>, resume: Option<PathBuf>) -> Self {
        self.dir = dir.or(self.dir);
        self.resume = match resume {
            None => self.resume,
            Some(word) if word == Path::new("auto") => Resume::Auto,
            Some(word) if word == Path::new("off") => Resume::Off,
            Some(path) => Resume::From(path),
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_overrides_the_code() {
        let options = RunOptions::new().dir("runs/1").resume("runs/0");
        let same = options.clone().overridden(None, None);
        assert_eq!((same.dir, same.resume), (Some("runs/1".into()), Resume::From("runs/0".into())));
        let other = options.clone().overridden(Some("runs/2".into()), Some("auto".into()));
        assert_eq!((other.dir, other.resume), (Some("runs/2".into()), Resume::Auto));
        assert_eq!(options.clone().overridden(None, Some("off".into())).resume, Resume::Off);
        assert_eq!(options.overridden(None, Some("x".into())).resume, Resume::From("x".into()));
    }
}
