//! The optional output of a run: the model summary, the profile and the report.

use std::time::SystemTime;

use super::outline::{About, Outline};
use super::report::ReportFile;
use super::{Run, history::History};
use crate::nn::Module;
use crate::nn::trace::Trace;
use crate::profile::{self, Profile, Running, Stage};
use crate::summary::Layers;
use crate::{Error, Result, Summary};

/// The name of the report in the folder of the run.
const REPORT: &str = "report.html";

/// The optional output that the run options enable.
#[derive(Debug, Default)]
pub(super) struct Shown {
    clock: Option<Running>,
    /// The layers of the model, until the first forward pass has recorded their outputs.
    layers: Option<(Layers, Trace)>,
    report: Option<ReportFile>,
}

impl Run {
    /// Starts the profile and opens the report, if the options ask for them.
    ///
    /// # Errors
    /// [`Error::Rule`] if the options ask for a report without a folder; [`Error::Io`] if the folder cannot
    /// be created.
    pub(super) fn begin_shown(&mut self) -> Result<()> {
        let options = &self.outside.options;
        let (shows, dir) = (options.shows, options.dir.clone());
        if shows.profile {
            self.outside.shown.clock = Some(Running::start());
        }
        if shows.report && !self.is_fast() {
            let Some(dir) = &dir else {
                return Err(Error::Rule {
                    clause: "report",
                    value: "without a folder".to_owned(),
                    rule: "the report is a file in the folder of the run",
                    help: "write `RunOptions::new().dir(path).report()`, or set `TRAINING_LOOP_DIR`",
                });
            };
            std::fs::create_dir_all(dir).map_err(|error| Error::io(dir, "create", error))?;
            self.outside.shown.report = Some(ReportFile::new(dir.join(REPORT)));
        }
        if shows.any() {
            self.history.about = Some(Box::new(About::new(dir)));
        }
        Ok(())
    }

    /// Passes the stages, the clauses and the model's layers to the run, for its optional output. Call this
    /// method after [`start_or_resume`](Run::start_or_resume) or [`start`](Run::start), and before the first
    /// batch. The method does nothing unless the options ask for a report, a summary or a profile.
    ///
    /// # Errors
    /// [`Error::Io`] if the report cannot be written.
    pub fn describe<M: Module + ?Sized>(&mut self, outline: Outline, model: &M) -> Result<()> {
        let recorded = self.recorded_clauses();
        let resumed_at = self.is_resumed().then_some(self.step);
        let Some(about) = self.history.about.as_deref_mut() else { return Ok(()) };
        about.outline = outline;
        about.outline.clauses.extend(recorded);
        (about.resumed_at, about.steps) = (resumed_at, self.step);
        if self.outside.options.shows.summary {
            self.outside.shown.layers = Some((Layers::of(model), Trace::start()));
        }
        match &mut self.outside.shown.report {
            Some(report) => report.write(&self.history),
            None => Ok(()),
        }
    }

    /// Prints the summary after the first forward pass.
    pub(super) fn show_summary(&mut self) {
        let Some((layers, trace)) = self.outside.shown.layers.take() else { return };
        let summary = layers.with_calls(&trace.finish());
        self.progress.warn(&summary.to_string());
        if let Some(about) = &mut self.history.about {
            about.summary = Some(summary);
        }
    }

    /// Updates the report after an epoch, or at the end of the run.
    pub(super) fn show_state(&mut self, is_last: bool) {
        let Some(about) = self.history.about.as_deref_mut() else { return };
        about.seen = SystemTime::now();
        about.steps = self.step;
        about.has_ended = is_last;
        about.profile = self.outside.shown.clock.as_ref().map(Running::profile);
        let report = self.outside.shown.report.as_mut();
        if let Some(warning) = report.and_then(|report| report.write_if_cheap(&self.history, is_last)) {
            self.progress.warn(&warning);
        }
    }

    /// Stops the profile and prints it, and writes the last report.
    pub(super) fn end_shown(&mut self) {
        profile::begin(Stage::Rest);
        self.show_state(true);
        if let Some(profile) = self.history.profile() {
            let table = profile.to_string();
            self.progress.warn(&table);
        }
        self.outside.shown = Shown::default();
    }
}

impl History {
    /// The time that the run spent in each stage, if the run options asked for a
    /// [`profile`](super::RunOptions::profile).
    pub fn profile(&self) -> Option<&Profile> {
        self.about.as_ref()?.profile.as_ref()
    }

    /// The summary of the model, if the run options asked for a [`summary`](super::RunOptions::summary).
    pub fn summary(&self) -> Option<&Summary> {
        self.about.as_ref()?.summary.as_ref()
    }
}
