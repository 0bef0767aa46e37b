//! The outline of a loop: its stages in order and the clauses of its spec, for reports.

use std::fmt::Display;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::profile::Profile;
use crate::{Summary, num_threads};

/// The stages of a loop in order, and the clauses of its spec with their values, for reports.
///
/// # Example
/// ```
/// use training_loop::run::Outline;
///
/// // As generated for a spec with a `run`, after `start_or_resume` or `start`.
/// let outline = Outline::new("fit")
///     .batch(&["forward", "loss", "zero_grad", "backward", "step"])
///     .validation(&["forward", "loss"])
///     .clause("loss", "mse_loss")
///     .clause("epochs", 5);
/// // run.describe(outline, &model)?;
/// # let _ = outline;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Outline {
    pub(super) name: &'static str,
    /// The stages before and after the batches of an accumulation window.
    pub(super) window: Option<[Vec<&'static str>; 2]>,
    pub(super) batch: Vec<&'static str>,
    pub(super) validation: Option<Vec<&'static str>>,
    pub(super) clauses: Vec<(&'static str, String)>,
}

impl Outline {
    /// Creates an outline of the loop in the function `name`.
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Sets the stages of a training batch, in order.
    pub fn batch(self, stages: &[&'static str]) -> Self {
        Self { batch: stages.to_vec(), ..self }
    }

    /// Sets the stages before and after the batches of an accumulation window.
    pub fn window(self, before: &[&'static str], after: &[&'static str]) -> Self {
        Self { window: Some([before.to_vec(), after.to_vec()]), ..self }
    }

    /// Sets the stages of a validation batch, in order.
    pub fn validation(self, stages: &[&'static str]) -> Self {
        Self { validation: Some(stages.to_vec()), ..self }
    }

    /// Adds a clause with its value. Clauses that a checkpoint records need not be added.
    pub fn clause(mut self, name: &'static str, value: impl Display) -> Self {
        self.clauses.push((name, value.to_string()));
        self
    }
}

/// The information for a report, in addition to the measurements.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) outline: Outline,
    pub(super) summary: Option<Summary>,
    pub(super) profile: Option<Profile>,
    /// The time at which this process started or resumed the run.
    pub(super) began: SystemTime,
    /// The time at which the last epoch or the run ended.
    pub(super) seen: SystemTime,
    pub(super) has_ended: bool,
    /// The number of updates.
    pub(super) steps: usize,
    /// The number of updates at which the run was resumed.
    pub(super) resumed_at: Option<usize>,
    /// The number of threads that share the work.
    pub(super) threads: usize,
    pub(super) dir: Option<PathBuf>,
}

impl About {
    pub(super) fn new(dir: Option<PathBuf>) -> Self {
        let now = SystemTime::now();
        Self {
            outline: Outline::default(),
            summary: None,
            profile: None,
            began: now,
            seen: now,
            has_ended: false,
            steps: 0,
            resumed_at: None,
            threads: num_threads(),
            dir,
        }
    }
}

/// Only the measurements of histories are compared.
impl PartialEq for About {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
