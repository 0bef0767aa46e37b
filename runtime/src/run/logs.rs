//! The log files in the folder of a run: a row per epoch, and optionally a row after every `n` updates.
//!
//! Log files are callbacks of the run. A failed write does not end the run.

mod appended;
mod epochs;
mod folder;
mod steps;
mod tensorboard;
mod text;

use std::path::Path;

use super::callback::Callback;
use appended::Appended;
use epochs::EpochFiles;
pub(super) use folder::Folder;
use steps::StepFiles;
use tensorboard::EventFile;
pub(super) use text::{columns, csv_fields, csv_line};

/// The selection of log files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Logs {
    /// The number of updates between two rows of the step log.
    pub(super) every: Option<usize>,
    /// Whether the run writes an event file for `TensorBoard`.
    pub(super) tensorboard: bool,
}

impl Logs {
    /// Creates the log files in the folder of a run, as callbacks.
    pub(super) fn callbacks(self, dir: &Path) -> Vec<Box<dyn Callback>> {
        let mut logs: Vec<Box<dyn Callback>> = vec![Box::new(EpochFiles::new(dir))];
        if let Some(every) = self.every {
            logs.push(Box::new(StepFiles::new(dir, every)));
        }
        if self.tensorboard {
            logs.push(Box::new(EventFile::new(dir, self.every)));
        }
        logs
    }
}
