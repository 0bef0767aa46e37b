//! The folder of a run. Only one run at a time writes log files, and the log files of an earlier run are
//! kept.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::file::lock as lock_file;
use crate::{CheckpointProblem, Error, Result};

/// The names of the log files, except event files.
const FILES: [&str; 5] = ["history.csv", "history.jsonl", "steps.csv", "steps.jsonl", "report.html"];
/// The prefix of the names of event files.
pub(super) const EVENTS: &str = "events.out.tfevents.";

/// The locked folder of a run.
#[derive(Debug)]
pub(in crate::run) struct Folder {
    /// The lock. It is released when the run ends.
    _lock: File,
}

impl Folder {
    /// Creates and locks the folder.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be created or written, and [`Error::Checkpoint`] if another run uses it.
    pub(in crate::run) fn open(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).map_err(|error| Error::io(dir, "create", error))?;
        let path = dir.join(".lock");
        let unlocked = |error| Error::io(&path, "write", error);
        let lock = File::options().create(true).append(true).open(&path).map_err(unlocked)?;
        if !lock_file(&lock) {
            return Err(Error::Checkpoint { path: dir.to_path_buf(), problem: CheckpointProblem::InUse });
        }
        Ok(Self { _lock: lock })
    }

    /// Moves the log files of an earlier run to a new folder `earlier-1`, `earlier-2`, ... Returns the new
    /// folder; `None` if there are no log files.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be moved.
    pub(in crate::run) fn move_earlier(dir: &Path) -> Result<Option<PathBuf>> {
        let files = log_files(dir)?;
        if files.is_empty() {
            return Ok(None);
        }
        let numbered = (1_u64..).map(|number| dir.join(format!("earlier-{number}")));
        let Some(earlier) = numbered.into_iter().find(|path| !path.exists()) else { return Ok(None) };
        fs::create_dir(&earlier).map_err(|error| Error::io(&earlier, "create", error))?;
        for file in files {
            let target = earlier.join(file.file_name().unwrap_or_default());
            fs::rename(&file, target).map_err(|error| Error::io(&file, "move", error))?;
        }
        Ok(Some(earlier))
    }
}

/// The log files in a folder.
fn log_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let unread = |error| Error::io(dir, "read", error);
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| FILES.contains(&name) || name.starts_with(EVENTS)) {
            files.push(entry.path());
        }
    }
    Ok(files)
}
