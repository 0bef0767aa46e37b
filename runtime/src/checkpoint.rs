//! The checkpoints of a run, as folders on disk. `run` defines their contents.
//!
//! ```text
//! DIR/checkpoints/step-00000120/              in the middle of an epoch
//! DIR/checkpoints/step-00000150-epoch-0003/   at the end of epoch 3
//!     model.safetensors  optimizer.safetensors  state.json
//!     averages.safetensors                    with the clause `ema`
//!     best.safetensors                        with the clause `restore_best`, after the first check
//! ```
//!
//! A checkpoint is written to a temporary folder, synced and renamed. A folder with such a name is therefore
//! complete. An old checkpoint is removed after a newer one is complete.

mod folder;
pub(crate) mod json;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::json::{Fields, optional};
pub(crate) use folder::{AVERAGES, BEST, Draft, MODEL, Saved};

use crate::file::lock as lock_file;
use crate::metric::Goal;
use crate::stderr::write_line;
use crate::{CheckpointProblem as Problem, Error, Result};

/// The folder of the checkpoints in the folder of a run.
const FOLDER: &str = "checkpoints";
/// The start of the names of folders that are being written or removed.
const TEMPORARY: &str = ".tmp-";

/// The name of a checkpoint: the number of updates, and at the end of an epoch the number of epochs.
///
/// Names are ordered by age. The end of an epoch comes after the epoch's last update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) step: u64,
    pub(crate) epochs: Option<u64>,
}

impl Name {
    /// Reads the name of a folder. Returns `None` if the folder is not a checkpoint.
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("step-")?;
        let (step, epochs) = match rest.split_once("-epoch-") {
            Some((step, epochs)) => (step, Some(epochs.parse().ok()?)),
            None => (rest, None),
        };
        let name = Self { step: step.parse().ok()?, epochs };
        (name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step-{:08}", self.step)?;
        self.epochs.map_or(Ok(()), |epochs| write!(f, "-epoch-{epochs:04}"))
    }
}

/// The error if all checkpoints are damaged.
pub(crate) fn unsound(path: &Path, each: Vec<(PathBuf, String)>) -> Error {
    Error::Checkpoint { path: path.to_path_buf(), problem: Problem::Unsound { each } }
}

/// The names of the checkpoints in a folder, oldest first. A folder that does not exist has none.
fn names(folder: &Path) -> Result<Vec<Name>> {
    let unread = |error| Error::io(folder, "read", error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unread)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unread)?;
        if let Some(name) = entry.file_name().to_str().and_then(Name::parse) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The newest sound checkpoint at `path`: the folder of a run, its folder `checkpoints`, or a single
/// checkpoint. `None` if there is no checkpoint. Damaged checkpoints are reported on standard error.
///
/// # Errors
/// [`Error::Checkpoint`] if there are checkpoints, and all are damaged. The error lists the problem of each.
pub(crate) fn newest(path: &Path) -> Result<Option<Saved>> {
    let is_one = path.file_name().and_then(|name| name.to_str()).and_then(Name::parse).is_some();
    if is_one && path.is_dir() {
        return Saved::read(path).map(Some).map_err(|reason| unsound(path, vec![(path.into(), reason)]));
    }
    let inner = path.join(FOLDER);
    let folder = if inner.is_dir() { &inner } else { path };
    let mut each = Vec::new();
    for name in names(folder)?.into_iter().rev() {
        let path = folder.join(name.to_string());
        match Saved::read(&path) {
            Ok(saved) => {
                for (path, reason) in &each {
                    let path: &PathBuf = path;
                    write_line(&format!(
                        "warning: {}: {reason}; an older checkpoint is used",
                        path.display()
                    ));
                }
                return Ok(Some(saved));
            }
            Err(reason) => each.push((path, reason)),
        }
    }
    if each.is_empty() { Ok(None) } else { Err(unsound(folder, each)) }
}

/// The measurement that ranks checkpoints.
#[derive(Clone, Debug)]
pub(crate) struct Compared {
    /// The name and the goal, as each checkpoint records them.
    pub(crate) monitor: Value,
    pub(crate) goal: Goal,
}

/// The checkpoints of one run. A lock keeps other processes from using the folder at the same time.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    /// The measurement that ranks the checkpoints.
    compared: Compared,
    /// The checkpoints, oldest first, each with its value of the monitor.
    kept: Vec<(Name, Option<f64>)>,
    /// The lock of the folder. The system releases it when the process ends.
    _lock: File,
}

impl Store {
    /// Opens the checkpoints in the folder of a run, and creates the folder if necessary. `compared` ranks
    /// the checkpoints.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be created or written, and [`Error::Checkpoint`] if another run
    /// uses it.
    pub(crate) fn open(dir: &Path, compared: Compared) -> Result<Self> {
        let folder = dir.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, "create", error))?;
        let lock = folder.join(".lock");
        let unlocked = |error| Error::io(&lock, "write", error);
        let file = File::options().create(true).append(true).open(&lock).map_err(unlocked)?;
        if !lock_file(&file) {
            return Err(Error::Checkpoint { path: dir.to_path_buf(), problem: Problem::InUse });
        }
        // The lock is held, so no other process is writing a temporary folder.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY)) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let value = |name: &Name| {
            let state = folder::read_state(&folder.join(name.to_string())).ok()?;
            // Values of another measurement are not comparable.
            let is_own = state.get("monitor").is_some_and(|own| *own == compared.monitor);
            Fields(&state).number("value").ok().filter(|_| is_own)
        };
        let kept = names(&folder)?.into_iter().map(|name| (name, value(&name))).collect();
        Ok(Self { folder, compared, kept, _lock: file })
    }

    /// The names of the checkpoints, oldest first.
    pub(crate) fn names(&self) -> impl DoubleEndedIterator<Item = Name> + '_ {
        self.kept.iter().map(|(name, _)| *name)
    }

    /// The folder of the checkpoint with this name.
    pub(crate) fn path(&self, name: Name) -> PathBuf {
        self.folder.join(name.to_string())
    }

    /// Whether a path is a checkpoint in this folder.
    pub(crate) fn has(&self, path: &Path) -> bool {
        let real = |path: Option<&Path>| fs::canonicalize(path?).ok();
        let own = real(Some(&self.folder));
        own.is_some() && real(path.parent()) == own
    }

    /// The fields of a checkpoint's state that contain its value of the monitor.
    pub(crate) fn value_fields(&self, value: Option<f64>) -> [(String, Value); 2] {
        [("monitor".to_owned(), self.compared.monitor.clone()), ("value".to_owned(), optional(value))]
    }

    /// Writes a checkpoint. `value` ranks it among the others; NaN is never best.
    ///
    /// # Errors
    /// [`Error::Io`] if the checkpoint cannot be written. All other checkpoints are then unchanged.
    pub(crate) fn add(&mut self, name: Name, value: Option<f64>, draft: Draft) -> Result<()> {
        let folder = self.path(name);
        // Only damaged checkpoints have this name or a later one. They would conflict with those of the run.
        let ahead = self.kept.partition_point(|(kept, _)| *kept < name);
        let mut superseded = self.kept.split_off(ahead);
        if superseded.iter().any(|(kept, _)| *kept == name) {
            self.remove(name);
            superseded.retain(|(kept, _)| *kept != name);
        }
        let temporary = self.folder.join(format!("{TEMPORARY}{name}"));
        let made = fs::create_dir(&temporary).map_err(|error| Error::io(&temporary, "create", error));
        if let Err(error) = made.and_then(|()| draft.write(&temporary, &folder)) {
            let _ = fs::remove_dir_all(&temporary);
            self.kept.extend(superseded);
            return Err(error);
        }
        for (kept, _) in &superseded {
            self.remove(*kept);
        }
        self.kept.push((name, value));
        Ok(())
    }

    /// Removes all checkpoints except the `last` newest and the `best` best.
    pub(crate) fn prune(&mut self, last: usize, best: usize) {
        let mut ranked: Vec<(Name, f64)> =
            self.kept.iter().filter_map(|&(name, value)| Some((name, value?))).collect();
        ranked.retain(|(_, value)| !value.is_nan());
        // The sort is stable, so the oldest of equal checkpoints is kept.
        match self.compared.goal {
            Goal::Min => ranked.sort_by(|(_, one), (_, other)| one.total_cmp(other)),
            Goal::Max => ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one)),
        }
        ranked.truncate(best);
        let newest = self.kept.len().saturating_sub(last);
        let (old, new): (Vec<_>, Vec<_>) = std::mem::take(&mut self.kept)
            .into_iter()
            .enumerate()
            .partition(|(index, (name, _))| *index < newest && ranked.iter().all(|(best, _)| best != name));
        for (_, (name, _)) in old {
            self.remove(name);
        }
        self.kept = new.into_iter().map(|(_, kept)| kept).collect();
    }

    /// Removes a checkpoint. The folder is renamed first, so that a partly removed checkpoint is never read.
    /// A failure is ignored, because an extra checkpoint is harmless.
    fn remove(&self, name: Name) {
        let temporary = self.folder.join(format!("{TEMPORARY}old-{name}"));
        if fs::rename(self.path(name), &temporary).is_ok() {
            let _ = fs::remove_dir_all(&temporary);
        }
    }
}

#[cfg(test)]
mod tests;
