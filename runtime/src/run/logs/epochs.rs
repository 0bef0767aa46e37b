//! `history.csv` and `history.jsonl`: a row per epoch.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::Appended;
use super::appended::warn;
use super::text::{csv_fields, csv_line, json_row};
use crate::Result;
use crate::file::atomic_write;
use crate::run::{Callback, History, Row, RunInfo};

/// The log files with a row per epoch.
///
/// At its start, the run writes both files from its history, so that after a resume they match the history.
/// If a measurement first appears in a later row, the CSV file needs another column and is rewritten. Earlier
/// rows then have empty fields in this column.
pub(super) struct EpochFiles {
    csv: PathBuf,
    json: PathBuf,
    /// The open files; `None` before the run begins. The CSV file is also `None` after a failed rewrite.
    open_csv: Option<Appended>,
    open_json: Option<Appended>,
    /// The measurements that are columns of the CSV file.
    names: Vec<String>,
}

impl EpochFiles {
    pub(super) fn new(dir: &Path) -> Self {
        let [csv, json] = ["history.csv", "history.jsonl"].map(|name| dir.join(name));
        Self { csv, json, open_csv: None, open_json: None, names: Vec::new() }
    }

    /// Rewrites the CSV file with all rows.
    fn write_csv(&mut self, history: &History) -> Result<()> {
        self.open_csv = None;
        // The columns are unknown before the first row.
        atomic_write(&self.csv, |file| if history.is_empty() { Ok(()) } else { history.write_csv(file) })?;
        self.names = history.names().into_iter().map(str::to_owned).collect();
        self.open_csv = Some(Appended::open(&self.csv)?);
        Ok(())
    }
}

impl Callback for EpochFiles {
    fn run_begins(&mut self, run: &RunInfo) -> Result<()> {
        self.write_csv(run.history)?;
        atomic_write(&self.json, |file| {
            run.history.rows().iter().try_for_each(|row| file.write_all(&json_row(row)))
        })?;
        self.open_json = Some(Appended::open(&self.json)?);
        Ok(())
    }

    fn epoch_ends(&mut self, run: &RunInfo, row: &Row) -> Result<ControlFlow<()>> {
        if let Some(json) = &mut self.open_json {
            json.append(&json_row(row));
        }
        let is_new = |name: &String| !self.names.contains(name);
        let is_first = run.history.len() == 1;
        match &mut self.open_csv {
            Some(csv) if !is_first && !row.measurements.iter().any(|(name, _)| is_new(name)) => {
                let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
                csv.append(&csv_line(&csv_fields(row, &names)));
            }
            _ => {
                if let Err(error) = self.write_csv(run.history) {
                    warn(&self.csv, &error);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn run_ends(&mut self, run: &RunInfo) -> Result<()> {
        self.open_json.iter_mut().for_each(Appended::retry);
        match &mut self.open_csv {
            Some(csv) => csv.retry(),
            None => self.write_csv(run.history)?,
        }
        Ok(())
    }
}
