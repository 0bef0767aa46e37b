//! Event files for `TensorBoard`: scalars per epoch, and after every `n` updates.
//!
//! # Source
//! The file is a sequence of `TFRecord`s, each with an `Event` of `tensorflow/core/util/event.proto`.
//! `TensorBoard` 2 reads such files. File names and the restart event follow `TensorBoard`'s own writer.

mod event;
mod record;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Appended;
use super::folder::EVENTS;
use crate::Result;
use crate::run::{Callback, Row, RunInfo, StepInfo};
use event::{restart, scalars, version};
use record::record;

/// An event file. A run writes one file from its start to its end, and another one after each resume.
///
/// The horizontal axis of all scalars is the number of updates. A resumed run starts with a restart event, at
/// which `TensorBoard` drops the scalars of earlier files after the checkpoint.
pub(super) struct EventFile {
    dir: PathBuf,
    /// The number of updates between two step events; `None` without step events.
    every: Option<usize>,
    file: Option<Appended>,
}

impl EventFile {
    pub(super) fn new(dir: &Path, every: Option<usize>) -> Self {
        Self { dir: dir.to_path_buf(), every, file: None }
    }

    fn write(&mut self, event: &[u8]) {
        if let Some(file) = &mut self.file {
            file.append(&record(event));
        }
    }
}

impl Callback for EventFile {
    fn run_begins(&mut self, run: &RunInfo) -> Result<()> {
        let now = now();
        // The names sort by time, because `TensorBoard` reads the files in the order of their names.
        let (seconds, micros) = (now.as_secs(), now.subsec_micros());
        let name = format!("{EVENTS}{seconds:010}.{micros:06}.{}", std::process::id());
        self.file = Some(Appended::open(&self.dir.join(name))?);
        self.write(&version(now));
        if run.is_resumed {
            self.write(&restart(now, run.step + 1));
        }
        Ok(())
    }

    fn step_ends(&mut self, _: &RunInfo, step: &StepInfo) -> Result<ControlFlow<()>> {
        if self.every.is_some_and(|every| step.step.is_multiple_of(every)) {
            let mut values = vec![
                ("step/loss".to_owned(), step.loss),
                ("step/learning_rate".to_owned(), f64::from(step.learning_rate)),
            ];
            values.extend(step.grad_norm.map(|norm| ("step/grad_norm".to_owned(), norm)));
            self.write(&scalars(now(), step.step, &values));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn epoch_ends(&mut self, run: &RunInfo, row: &Row) -> Result<ControlFlow<()>> {
        let mut values =
            vec![("number".to_owned(), row.number() as f64), ("seconds".to_owned(), row.seconds)];
        values.extend(row.learning_rate.map(|rate| ("learning_rate".to_owned(), f64::from(rate))));
        values.extend(row.grad_norm.map(|norm| ("grad_norm".to_owned(), norm)));
        values.extend(row.measurements.iter().cloned());
        for (name, _) in &mut values {
            *name = format!("epoch/{name}");
        }
        self.write(&scalars(now(), run.step, &values));
        Ok(ControlFlow::Continue(()))
    }

    fn run_ends(&mut self, _: &RunInfo) -> Result<()> {
        self.file.iter_mut().for_each(Appended::retry);
        Ok(())
    }
}

/// The time since 1970; zero if the clock is before 1970.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
