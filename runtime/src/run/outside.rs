//! What reaches a run from outside of its loop: its options, the environment variables, and signals.

use super::{Run, RunOptions, StopReason};
use crate::Result;

/// The options of a run, and the signals that it handles.
#[derive(Debug, Default)]
pub(super) struct Outside {
    pub(super) options: RunOptions,
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
    /// Sets the options of a run without checkpoints. Environment variables override them.
    ///
    /// # Errors
    /// [`Error::Checkpoint`](crate::Error::Checkpoint) if the options resume a run, which needs checkpoints;
    /// [`Error::Other`](crate::Error::Other) if the options handle signals and the system refuses the handler.
    pub fn use_options(&mut self, options: &RunOptions) -> Result<()> {
        self.set_options(options)?;
        self.outside.options.check_no_resume()
    }

    /// Sets the options of a run.
    #[cfg_attr(
        not(all(unix, feature = "signals")),
        expect(clippy::unnecessary_wraps, reason = "as with the feature `signals`")
    )]
    pub(super) fn set_options(&mut self, options: &RunOptions) -> Result<()> {
        self.outside.options = options.clone().with_environment();
        #[cfg(all(unix, feature = "signals"))]
        if self.outside.options.handles_signals {
            self.outside.signals = Some(super::signals::Signals::handle()?);
        }
        Ok(())
    }

    /// Whether a signal has interrupted the run. The loop must then end without a validation.
    pub fn is_interrupted(&self) -> bool {
        self.stop == Some(StopReason::Interrupted)
    }
}
