//! External influences on a run: options, environment variables, signals and callbacks.

use super::callback::Callbacks;
use super::logs::Folder;
use super::progress::Progress;
use super::{Run, RunOptions, StopReason};
use crate::Result;
use crate::threads::ThreadsScope;

/// The options of a run, its callbacks, and its signal handling.
#[derive(Debug, Default)]
pub(super) struct Outside {
    pub(super) options: RunOptions,
    pub(super) callbacks: Callbacks,
    /// The lock of the folder with the log files.
    folder: Option<Folder>,
    threads: Option<ThreadsScope>,
    #[cfg(all(unix, feature = "signals"))]
    signals: Option<super::signals::Signals>,
    pub(super) shown: super::shown::Shown,
}

impl Outside {
    /// Whether the run handles signals, and a signal has arrived since the run began.
    #[cfg(all(unix, feature = "signals"))]
    pub(super) fn is_signalled(&self) -> bool {
        self.signals.as_ref().is_some_and(super::signals::Signals::has_arrived)
    }

    #[cfg(not(all(unix, feature = "signals")))]
    #[expect(clippy::unused_self, reason = "as with the feature `signals`")]
    pub(super) fn is_signalled(&self) -> bool {
        false
    }
}

impl Run {
    /// Sets the options of a run. Environment variables override them.
    ///
    /// # Errors
    /// [`Error::Rule`](crate::Error::Rule) if a number in the options or in an environment variable is out of
    /// range, or if the options ask for a report without a folder; [`Error::Other`](crate::Error::Other) if
    /// the system refuses the signal handler; [`Error::Io`](crate::Error::Io) if the folder of the report
    /// cannot be created.
    pub fn use_options(&mut self, options: &RunOptions) -> Result<()> {
        self.outside.options = options.clone().with_environment()?;
        let options = &self.outside.options;
        self.outside.threads = options.threads.and_then(ThreadsScope::new);
        if let Some(style) = options.progress {
            self.progress = Progress::of(style);
        }
        self.progress.every(options.logs.every);
        self.begin_limits();
        #[cfg(all(unix, feature = "signals"))]
        if self.outside.options.handles_signals {
            self.outside.signals = Some(super::signals::Signals::handle()?);
        }
        self.begin_shown()
    }

    /// Starts a run without checkpoints: opens its log files, and calls `run_begins` of its callbacks. Call
    /// this method after the model, the optimizer and the schedule are complete, and before the first batch.
    ///
    /// # Errors
    /// [`Error::Checkpoint`](crate::Error::Checkpoint) if the options resume a run, which needs checkpoints,
    /// or if another run uses the folder; [`Error::Io`](crate::Error::Io) if a log file cannot be written.
    /// Any error of a callback.
    pub fn start(&mut self) -> Result<()> {
        self.outside.options.check_no_resume()?;
        self.begin_callbacks(false)
    }

    /// Creates the callbacks of the run, and calls their `run_begins`. If `continues` is true, the run
    /// resumes in its own folder, and continues the log files there.
    pub(super) fn begin_callbacks(&mut self, continues: bool) -> Result<()> {
        let options = &self.outside.options;
        let mut logs = Vec::new();
        if let Some(dir) = &options.dir {
            self.outside.folder = Some(Folder::open(dir)?);
            if !continues && let Some(earlier) = Folder::move_earlier(dir)? {
                let (dir, earlier) = (dir.display(), earlier.display());
                self.progress.note(&format!("the log files of an earlier run in {dir} are now in {earlier}"));
            }
            logs = options.logs.callbacks(dir);
        }
        self.outside.callbacks = Callbacks::new(logs, options.callbacks.clone());
        self.progress.ends(self.history.epochs(), self.max_steps, self.max_time);
        self.call_run_begins()
    }

    /// Whether a signal has interrupted the run. The loop must then end without a validation.
    pub fn is_interrupted(&self) -> bool {
        self.stop == Some(StopReason::Interrupted)
    }
}
