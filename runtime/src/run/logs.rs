//! The log files of a run, in its folder: a row per epoch, and on request a row per so many updates.
//!
//! They follow the run as callbacks. A file that cannot be written does not end the run.

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

/// Which log files a run has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Logs {
    /// The number of updates between two rows about an update.
    pub(super) every: Option<usize>,
    /// Whether there is an event file for `TensorBoard`.
    pub(super) tensorboard: bool,
}

impl Logs {
    /// The log files in the folder of a run, as callbacks.
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
