//! Errors of checkpoints.

use std::fmt;
use std::path::PathBuf;

use super::Difference;
use super::difference::write_differences;
use super::short::{Short, shown, write_more};

/// An error of a checkpoint; the enclosing [`Error`](crate::Error) contains the path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckpointProblem {
    /// The spec has the clause `checkpoint`, and no folder is given.
    NoFolder,
    /// A run is to be resumed, and its spec has no clause `checkpoint`.
    NoClause,
    /// There is no checkpoint to resume from.
    Missing,
    /// A new run would mix its checkpoints with those of an earlier run.
    Occupied,
    /// A run is resumed from a checkpoint, and the folder of the new run has later ones.
    Later {
        /// The newest checkpoint in the folder.
        newest: PathBuf,
    },
    /// Another run uses the folder at the same time.
    InUse,
    /// There are checkpoints, and none is sound.
    Unsound {
        /// The checkpoints, newest first, each with what is wrong.
        each: Vec<(PathBuf, String)>,
    },
    /// The checkpoint belongs to a run with another spec, optimizer, schedule or data. Nothing was changed.
    Different {
        /// The clauses and the hyper-parameters that differ.
        differences: Vec<Difference>,
    },
}

impl fmt::Display for CheckpointProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFolder => write!(
                f,
                "`checkpoint` has no folder: write `run = RunOptions::new().dir(\"runs/1\")`, or set \
                 `TRAINING_LOOP_DIR`"
            ),
            Self::NoClause => write!(
                f,
                "a run is resumed by its checkpoints: add the clause `checkpoint(every = 1 epochs)`"
            ),
            Self::Missing => {
                write!(f, "there is no checkpoint; `resume_auto()` starts anew where there is none")
            }
            Self::Occupied => write!(
                f,
                "the folder has checkpoints of an earlier run: write `resume_auto()` to continue it, or choose \
                 another folder"
            ),
            Self::Later { newest } => write!(
                f,
                "the folder of the run has later checkpoints, up to {}: move them away, or choose another folder",
                newest.display()
            ),
            Self::InUse => write!(f, "another run uses this folder; choose another one"),
            Self::Unsound { each } => {
                write!(f, "no checkpoint is sound")?;
                for (path, reason) in shown(each) {
                    write!(f, "; {}: {}", path.display(), Short(reason))?;
                }
                write_more(f, each.len())
            }
            Self::Different { differences } => {
                write!(f, "this checkpoint is of another run, and nothing was changed")?;
                write_differences(f, differences)?;
                write!(f, "; change them back, or start in another folder")
            }
        }
    }
}
