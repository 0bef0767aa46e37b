//! The reason why a run ended.

use std::fmt;

/// The reason why a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// All epochs are complete.
    #[default]
    Completed,
    /// `max_steps` updates are complete.
    MaxSteps,
    /// `max_time` has passed. The current update and the validation after it were completed.
    MaxTime,
    /// A loss or a gradient was NaN or infinite, and the update was skipped.
    /// [`History::explanation`](crate::run::History::explanation) has the details.
    NonFinite {
        /// The epoch, counted from 0.
        epoch: usize,
        /// The batch in the epoch, counted from 0.
        batch: usize,
    },
    /// The monitored measurement did not improve in the last `patience` checks.
    EarlyStop,
    /// A hook or a callback returned `ControlFlow::Break`.
    Hook,
    /// A signal arrived, in a run that [handles signals](crate::run::RunOptions). The current update was completed.
    Interrupted,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed => write!(f, "all epochs are done"),
            Self::MaxSteps => write!(f, "`max_steps` is reached"),
            Self::MaxTime => write!(f, "`max_time` is reached"),
            Self::NonFinite { epoch, batch } => {
                write!(f, "a loss or a gradient was not finite at batch {} of epoch {}", batch + 1, epoch + 1)
            }
            Self::EarlyStop => write!(f, "`early_stop`: no improvement in the last checks"),
            Self::Hook => write!(f, "a hook stopped the run"),
            Self::Interrupted => write!(f, "a signal interrupted the run"),
        }
    }
}
