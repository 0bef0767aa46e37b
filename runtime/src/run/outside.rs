//! What reaches a run from outside of its loop: its options, the environment variables, signals, and callbacks.

use super::callback::Callbacks;
use super::{Run, RunOptions, StopReason};
use crate::Result;

/// The options of a run, its callbacks, and the signals that it handles.
#[derive(Debug, Default)]
pub(super) struct Outside {
    pub(super) options: RunOptions,
    pub(super) callbacks: Callbacks,
    #[cfg(all(unix, feature = "signals"))]
    signals: Option<super::signals::Signals>,
}

impl Outside {
    /// Whether a signal has arrived since the run began, and the run handles signals.
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
    /// [`Error::Other`](crate::Error::Other) if the options handle signals and the system refuses the handler.
    #[cfg_attr(
        not(all(unix, feature = "signals")),
        expect(clippy::unnecessary_wraps, reason = "as with the feature `signals`")
    )]
    pub fn use_options(&mut self, options: &RunOptions) -> Result<()> {
        self.outside.options = options.clone().with_environment();
        #[cfg(all(unix, feature = "signals"))]
        if self.outside.options.handles_signals {
            self.outside.signals = Some(super::signals::Signals::handle()?);
        }
        Ok(())
    }

    /// Starts a run without checkpoints: calls `run_begins` of its callbacks. The call comes after the model, the
    /// optimizer and the schedule are complete, and before the first batch.
    ///
    /// # Errors
    /// [`Error::Checkpoint`](crate::Error::Checkpoint) if the options resume a run, which needs checkpoints; the error of
    /// a callback.
    pub fn start(&mut self) -> Result<()> {
        self.outside.options.check_no_resume()?;
        self.begin_callbacks()
    }

    /// Creates the callbacks of the run, and calls their `run_begins`.
    pub(super) fn begin_callbacks(&mut self) -> Result<()> {
        let options = &self.outside.options;
        self.outside.callbacks = Callbacks::new(Vec::new(), options.callbacks.clone());
        self.call_run_begins()
    }

    /// Whether a signal has interrupted the run. The loop must then end without a validation.
    pub fn is_interrupted(&self) -> bool {
        self.stop == Some(StopReason::Interrupted)
    }
}
