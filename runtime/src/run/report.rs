//! The report of a run: a self-contained HTML file without scripts.

mod confusion;
mod curves;
mod date;
mod picture;
mod style;
mod tables;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::History;
use super::outline::About;
use crate::Result;
use crate::chart::{COLOURS, STYLE as CHART_STYLE, escaped, short};
use crate::file::atomic_write;
use date::date;

impl History {
    /// Writes a report, completely or not at all: a self-contained HTML file without scripts.
    ///
    /// The report has a chart for each measurement, with training and validation together. It also has the
    /// learning rate, the gradient norm, the confusion matrix, and the stop reason. With
    /// [`RunOptions::report`](super::RunOptions::report), the report also has the stages of the loop, the
    /// clauses of the spec, and the machine.
    ///
    /// Non-finite values are gaps, and a note states their number. In a chart of more than 400 epochs, each
    /// group of epochs shows only its smallest and its largest value.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the file cannot be written, or if the path is not a regular file.
    ///
    /// # Example
    /// ```
    /// use training_loop::prelude::*;
    ///
    /// #[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
    /// fn fit(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;
    ///
    /// # fn main() -> Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("report.html");
    /// let loader = DataLoader::new(TensorDataset::new(Tensor::ones(&[8, 1]), Tensor::ones(&[8, 1]))?, 4);
    /// fit(&mut Linear::new(1, 1), &loader)?.save_report(path)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn save_report(&self, path: impl AsRef<Path>) -> Result<()> {
        let page = page(self);
        atomic_write(path.as_ref(), |file| file.write_all(page.as_bytes()))
    }
}

/// The report file of a run.
#[derive(Debug)]
pub(super) struct ReportFile {
    path: PathBuf,
    /// The time at which the last write ended, and its duration.
    written: Option<(Instant, Duration)>,
    /// Whether a failed write is already reported.
    has_failed: bool,
}

impl ReportFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, written: None, has_failed: false }
    }

    /// Writes the report now.
    pub(super) fn write(&mut self, history: &History) -> Result<()> {
        let began = Instant::now();
        let result = history.save_report(&self.path);
        self.written = Some((Instant::now(), began.elapsed()));
        result
    }

    /// Writes the report if this costs less than 2 % of the time since the last write, or if it is the last
    /// report. Returns a warning at the first failure. A full disk must not end the training.
    pub(super) fn write_if_cheap(&mut self, history: &History, is_last: bool) -> Option<String> {
        let is_cheap = self.written.is_none_or(|(at, took)| at.elapsed() >= 50 * took);
        if !is_cheap && !is_last {
            return None;
        }
        let error = self.write(history).err()?;
        let is_first = !std::mem::replace(&mut self.has_failed, true);
        is_first.then(|| format!("the report is not written, and the run continues: {error}"))
    }
}

/// The complete page.
fn page(history: &History) -> String {
    let about = history.about.as_deref();
    let name = about.map_or("", |about| about.outline.name);
    let title = if name.is_empty() { "Training run".to_owned() } else { format!("Training run: {name}") };
    let title = escaped(&title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{title}</title>\n\
         <style>\n{COLOURS}{CHART_STYLE}{}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n",
        style::PAGE
    );
    page += &state(history, about);
    page += &facts(history, about);
    page += &curves::section(history);
    page += &confusion::sections(history);
    page += &tables::epochs(history);
    if let Some(about) = about {
        page += &tables::profile(about);
        page += &tables::model(about);
        page += &picture::section(&about.outline);
        page += &tables::spec(&about.outline);
        page += &tables::machine(about);
    }
    page + "</main>\n</body>\n</html>\n"
}

/// The stop reason, or that the run is still running.
fn state(history: &History, about: Option<&About>) -> String {
    let is_running = about.is_some_and(|about| !about.has_ended);
    let text = match (is_running, history.rows().last()) {
        (true, None) => "The run had no epoch yet when this page was written.".to_owned(),
        (true, Some(row)) => {
            format!("The run had not ended when this page was written, after epoch {}.", row.number())
        }
        (false, _) => format!("The run ended: {}.", history.stop_reason()),
    };
    let mut html = format!("<p class=\"state\">{}</p>\n", escaped(&text));
    if let Some(explanation) = history.explanation() {
        let _ = writeln!(html, "<pre>{}</pre>", escaped(explanation));
    }
    html
}

/// The list of facts below the title.
fn facts(history: &History, about: Option<&About>) -> String {
    let trained = history.rows().iter().filter(|row| !row.before_training).count();
    let epochs = match history.epochs() {
        Some(all) => format!("{trained} of {all}"),
        None => trained.to_string(),
    };
    let mut facts = vec![("epochs", epochs)];
    if let Some(about) = about {
        facts.push(("updates", about.steps.to_string()));
    }
    if let Some(best) = history.best() {
        let name = history.monitored(best).name;
        let value = best.get(&name).map(short).unwrap_or_default();
        facts.push(("best epoch", format!("{} ({name} {value})", best.number())));
    }
    facts.push(("time in epochs", duration(history.rows().iter().map(|row| row.seconds).sum())));
    if let Some(about) = about {
        facts.push(("began", date(about.began)));
        if let Some(step) = about.resumed_at {
            facts.push(("resumed after", format!("{step} updates")));
        }
        facts.push((if about.has_ended { "ended" } else { "last seen" }, date(about.seen)));
    }
    let fact =
        |(name, value): (&str, String)| format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", escaped(&value));
    format!("<dl>\n{}</dl>\n", facts.into_iter().map(fact).collect::<String>())
}

/// A duration as text, such as `2 h 05 min`.
fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "unknown".to_owned();
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60) {
        (0, 0) => format!("{seconds:.1} s"),
        (0, minutes) => format!("{minutes} min {:02} s", whole % 60),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}
