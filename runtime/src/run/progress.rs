//! Progress output on standard error: a bar on a terminal, and one line per epoch. Escape codes are
//! written only to a terminal.

mod pace;
mod style;
mod text;

use std::fmt;
use std::ops::Range;
use std::time::{Duration, Instant};

use pace::Pace;
use style::Shows;
pub use style::{ProgressStyle, set_progress};
use text::Bar;

use super::history::epoch_of;
use super::time_limit::TimeLimit;
use crate::Scalar;
use crate::stderr::{clear_bar, draw_bar, write_line};

/// The minimum time between two redraws of the bar.
const REFRESH: Duration = Duration::from_millis(100);
/// Without a bar: the time after which a long epoch prints a line.
const SILENCE: Duration = Duration::from_secs(60);
/// Without a bar: the minimum time between the lines of `log_every`.
const PAUSE: Duration = Duration::from_secs(10);

/// The progress display of a run. Dropping this value erases the bar, even after an error or a panic.
pub(super) struct Progress {
    shows: Shows,
    /// Without a bar: the number of updates between two lines.
    every: Option<usize>,
    epoch: String,
    pace: Pace,
    /// The number of validation batches so far; `None` outside of validation.
    validating: Option<usize>,
    /// The time at which the last bar or line was written.
    shown: Instant,
}

/// The state of the run, for display.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Now {
    /// The mean loss of the epoch so far.
    pub(super) loss: Option<f64>,
    /// The learning rate of the last update.
    pub(super) learning_rate: Option<Scalar>,
    /// The number of updates so far.
    pub(super) step: usize,
}

impl Progress {
    /// Creates a display in the style that the program or the environment variable sets.
    pub(super) fn chosen() -> Self {
        Self::new(Shows::chosen())
    }

    /// Creates a display in the style of the run options, which the environment variable overrides.
    pub(super) fn of(style: ProgressStyle) -> Self {
        Self::new(Shows::of(style))
    }

    fn new(shows: Shows) -> Self {
        let (epoch, pace) = (String::new(), Pace::new());
        Self { shows, every: None, epoch, pace, validating: None, shown: Instant::now() }
    }

    /// A display that shows nothing.
    #[cfg(test)]
    pub(super) fn off() -> Self {
        Self::new(Shows::NOTHING)
    }

    /// Sets the number of updates between two lines of a long epoch, for a display without a bar.
    pub(super) fn every(&mut self, updates: Option<usize>) {
        self.every = updates;
    }

    /// Sets the limits of the run, from which the remaining time is estimated.
    pub(super) fn ends(&mut self, epochs: Option<usize>, max_steps: Option<usize>, time: Option<TimeLimit>) {
        self.pace.ends(epochs, max_steps, time);
    }

    /// Begins an epoch. `batches` starts at the number of finished batches, and ends at the number of all
    /// batches.
    pub(super) fn begin(
        &mut self,
        epoch: usize,
        epochs: Option<usize>,
        batches: Range<usize>,
        updates: usize,
    ) {
        if self.shows.bar {
            clear_bar();
        }
        self.epoch = epoch_of(epoch + 1, epochs);
        self.pace.begin(epoch, batches, updates);
        self.validating = None;
        self.shown = Instant::now();
    }

    /// Reports a finished batch.
    pub(super) fn batch(&mut self, now: Now) {
        self.validating = None;
        self.pace.batch();
        if !self.shows.lines {
            return;
        }
        let passed = self.shown.elapsed();
        if self.shows.bar && passed >= REFRESH {
            let bar = self.bar(now).fit(text::columns());
            self.draw(&bar);
        } else if self.is_line_due(None, passed) {
            self.line(now);
        }
    }

    /// Reports a finished update.
    pub(super) fn step(&mut self, now: Now) {
        // Reads the clock only if a line may be due.
        if self.every.is_some() && self.is_line_due(Some(now.step), self.shown.elapsed()) {
            self.line(now);
        }
    }

    /// Whether a line about a long epoch is due after a batch, or after the update `step`. `passed` is the
    /// time since the last bar or line.
    fn is_line_due(&self, step: Option<usize>, passed: Duration) -> bool {
        let is_due = match (self.every, step) {
            (Some(every), Some(step)) => step.is_multiple_of(every) && passed >= PAUSE,
            (None, None) => passed >= SILENCE,
            _ => false,
        };
        is_due && self.shows.lines && !self.shows.bar
    }

    /// Begins a validation.
    pub(super) fn validate(&mut self) {
        self.validating = Some(0);
    }

    /// Reports a finished batch of a validation.
    pub(super) fn validation_batch(&mut self) {
        let done = self.validating.unwrap_or(0) + 1;
        self.validating = Some(done);
        if self.shows.bar && self.shown.elapsed() >= REFRESH {
            let bar = Bar::validation(&self.epoch, done).fit(text::columns());
            self.draw(&bar);
        }
    }

    /// Reports a finished epoch. The epoch's line replaces the bar.
    pub(super) fn end(&mut self, line: &str) {
        self.note(line);
    }

    /// Prints a line, unless progress is off.
    pub(super) fn note(&mut self, line: &str) {
        if self.shows.lines {
            self.warn(line);
        }
    }

    /// Prints a line, even if progress is off. Erases the bar first.
    pub(super) fn warn(&mut self, line: &str) {
        write_line(line);
        self.shown = Instant::now();
    }

    fn bar(&self, now: Now) -> Bar<'_> {
        Bar {
            epoch: &self.epoch,
            done: self.pace.done(),
            batches: self.pace.batches(),
            rate: self.pace.rate(),
            epoch_left: self.pace.epoch_left(),
            run_left: self.pace.run_left(now.step),
            loss: now.loss,
            learning_rate: now.learning_rate,
            validated: None,
        }
    }

    fn draw(&mut self, bar: &str) {
        draw_bar(bar);
        self.shown = Instant::now();
    }

    /// Prints the progress of the current epoch as a line.
    fn line(&mut self, now: Now) {
        let line = self.bar(now).line();
        self.warn(&line);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shows.bar {
            clear_bar();
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("shows", &self.shows).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_epoch_prints_lines_where_there_is_no_bar() {
        let [second, ten, minute] = [1, 10, 60].map(Duration::from_secs);
        let mut plain = Progress::new(Shows { lines: true, bar: false });
        assert!(plain.is_line_due(None, minute) && !plain.is_line_due(None, ten));
        assert!(!plain.is_line_due(Some(50), minute));
        plain.every(Some(50));
        assert!(plain.is_line_due(Some(100), ten) && !plain.is_line_due(Some(100), second));
        assert!(!plain.is_line_due(Some(101), ten) && !plain.is_line_due(None, minute));
        let mut others = [Progress::off(), Progress::new(Shows { lines: true, bar: true })];
        for other in &mut others {
            assert!(!other.is_line_due(None, minute));
            other.every(Some(50));
            assert!(!other.is_line_due(Some(100), minute));
        }
    }
}
