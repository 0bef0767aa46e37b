//! `steps.csv` and `steps.jsonl`: a row after every `n` updates.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::Appended;
use super::text::{STEP, csv_line, csv_step, json_step};
use crate::file::atomic_write;
use crate::run::{Callback, RunInfo, StepInfo};
use crate::{Error, Result};

/// The files with a row after every `n` updates. A resumed run removes the rows after its checkpoint, and an
/// incomplete last row.
pub(super) struct StepFiles {
    /// The number of updates between two rows.
    every: usize,
    csv: PathBuf,
    json: PathBuf,
    /// The open CSV and JSON files; `None` before the run begins.
    open: Option<(Appended, Appended)>,
}

impl StepFiles {
    pub(super) fn new(dir: &Path, every: usize) -> Self {
        let [csv, json] = ["steps.csv", "steps.jsonl"].map(|name| dir.join(name));
        Self { every, csv, json, open: None }
    }
}

impl Callback for StepFiles {
    fn run_begins(&mut self, run: &RunInfo) -> Result<()> {
        let csv_number = |line: &str| line.split(',').next()?.parse().ok();
        let json_number = |line: &str| line.strip_prefix("{\"step\": ")?.split(',').next()?.parse().ok();
        keep(&self.csv, &csv_line(&STEP), run.step, csv_number)?;
        keep(&self.json, b"", run.step, json_number)?;
        self.open = Some((Appended::open(&self.csv)?, Appended::open(&self.json)?));
        Ok(())
    }

    fn step_ends(&mut self, _: &RunInfo, step: &StepInfo) -> Result<ControlFlow<()>> {
        if step.step.is_multiple_of(self.every)
            && let Some((csv, json)) = &mut self.open
        {
            csv.append(&csv_step(step));
            json.append(&json_step(step));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn run_ends(&mut self, _: &RunInfo) -> Result<()> {
        if let Some((csv, json)) = &mut self.open {
            csv.retry();
            json.retry();
        }
        Ok(())
    }
}

/// Rewrites a file with `header` and those of its complete lines whose `number` is at most `last`. A missing
/// file counts as empty.
fn keep(path: &Path, header: &[u8], last: usize, number: impl Fn(&str) -> Option<usize>) -> Result<()> {
    let mut old = match File::open(path) {
        Ok(file) => Some(BufReader::new(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(Error::io(path, "read", error)),
    };
    atomic_write(path, |file| {
        file.write_all(header)?;
        let mut line = Vec::new();
        while let Some(old) = &mut old
            && next(old, &mut line)?
        {
            let text = std::str::from_utf8(&line).unwrap_or_default();
            if number(text).is_some_and(|number| number <= last) {
                file.write_all(&line)?;
            }
        }
        Ok(())
    })
    .map(drop)
}

/// Reads the next complete line, including its line break. Returns false at the end of the file.
fn next(file: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    file.read_until(b'\n', line)?;
    Ok(line.ends_with(b"\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_and_half_rows_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("steps.csv");
        let number = |line: &str| line.split(',').next()?.parse().ok();
        let kept = |text: &str, last| {
            std::fs::write(&path, text).unwrap();
            keep(&path, b"step,loss\n", last, number).unwrap();
            std::fs::read_to_string(&path).unwrap()
        };
        let whole = "step,loss\n2,0.5\n4,NaN\n6,inf\n";
        assert_eq!(kept(whole, 6), whole);
        assert_eq!(kept(whole, 5), "step,loss\n2,0.5\n4,NaN\n");
        for cut in 0..whole.len() {
            let text = kept(&whole[..cut], 6);
            let lines = whole[..cut].rfind('\n').map_or(0, |end| end + 1).max(10);
            assert_eq!(text, whole[..lines], "cut at {cut}");
        }
        std::fs::remove_file(&path).unwrap();
        keep(&path, b"step,loss\n", 6, number).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "step,loss\n");
    }
}
