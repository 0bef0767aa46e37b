//! Progress output on standard error: a bar on a terminal, and one line per epoch. Escape codes are
//! written only to a terminal.

use std::fmt;
use std::io::{IsTerminal, Write, stderr};
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use super::history::epoch_of;
use crate::stderr::write_line;

/// The environment variable that selects the style: `auto`, `bar`, `plain` or `off`.
const VARIABLE: &str = "TRAINING_LOOP_PROGRESS";

/// The style that [`set_progress`] set, as a number of at least 1; 0 before the first call.
static CHOICE: AtomicU8 = AtomicU8::new(0);

/// How generated loops show their progress on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressStyle {
    /// A suitable style: currently [`Bar`](Self::Bar).
    Auto,
    /// A bar on a terminal, and a line for each epoch.
    Bar,
    /// A line for each epoch.
    Plain,
    /// Nothing, except the reason for an early stop.
    Off,
}

/// Sets the progress style of generated loops that start after this call. This style overrides
/// `TRAINING_LOOP_PROGRESS`.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// set_progress(ProgressStyle::Off); // Five folds of sixty epochs would print 300 lines.
/// ```
pub fn set_progress(style: ProgressStyle) {
    CHOICE.store(style as u8 + 1, Ordering::Relaxed);
}

/// The progress display of a run. Dropping this value ends the bar, even after an error or a panic.
pub(super) struct Progress {
    lines: bool,
    bar: Option<Bar>,
}

impl Progress {
    /// Creates the display in the style of `set_progress`. If the program did not call
    /// `set_progress`, the environment variable determines the style.
    pub(super) fn chosen() -> Self {
        let styles = [ProgressStyle::Auto, ProgressStyle::Bar, ProgressStyle::Plain, ProgressStyle::Off];
        let choice = CHOICE.load(Ordering::Relaxed);
        match styles.into_iter().find(|style| *style as u8 + 1 == choice) {
            Some(ProgressStyle::Auto | ProgressStyle::Bar) => Self::new(true, true),
            Some(ProgressStyle::Plain) => Self::new(true, false),
            Some(ProgressStyle::Off) => Self::new(false, false),
            None => Self::from_environment(),
        }
    }

    /// The display in the style that the environment variable sets.
    fn from_environment() -> Self {
        let choice = std::env::var_os(VARIABLE).unwrap_or_default();
        let (lines, bars) = match choice.to_str() {
            Some("" | "auto" | "bar") => (true, true),
            Some("plain") => (true, false),
            Some("off") => (false, false),
            _ => {
                let choice = choice.display();
                write_line(&format!(
                    "{VARIABLE} is `{choice}`, but must be auto, bar, plain or off; taken as auto"
                ));
                (true, true)
            }
        };
        Self::new(lines, bars)
    }

    fn new(lines: bool, bars: bool) -> Self {
        Self { lines, bar: bars.then(Bar::on_a_terminal).flatten() }
    }

    /// A display that shows nothing.
    #[cfg(test)]
    pub(super) fn off() -> Self {
        Self::new(false, false)
    }

    /// Begins an epoch with these batches. The start of the range is the number of batches that are done.
    pub(super) fn begin(&mut self, epoch: usize, epochs: Option<usize>, batches: Range<usize>) {
        if let Some(bar) = &mut self.bar {
            bar.begin(&epoch_of(epoch + 1, epochs), batches.end);
            bar.done = batches.start;
        }
    }

    /// Reports a finished batch. `loss` is the epoch's mean loss so far.
    pub(super) fn batch(&mut self, loss: Option<f64>) {
        if let Some(bar) = &mut self.bar {
            bar.batch(loss);
        }
    }

    /// Reports a finished epoch, whose line replaces the bar.
    pub(super) fn end(&mut self, line: &str) {
        if self.lines {
            self.warn(line);
        }
    }

    /// Prints a line, even if progress is off. A bar is erased first.
    pub(super) fn warn(&mut self, line: &str) {
        if let Some(bar) = &mut self.bar {
            bar.clear();
        }
        write_line(line);
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("lines", &self.lines).finish_non_exhaustive()
    }
}

/// The minimum time between two redraws of the bar.
const REFRESH: Duration = Duration::from_millis(100);

/// The width of the bar in characters. With this width the whole line fits into 80 columns.
const WIDTH: usize = 30;

/// The escape code that returns to the start of the line and clears the line.
const CLEAR: &str = "\r\x1b[2K";
/// The escape code that truncates long lines at the terminal's edge. If a line wrapped, `CLEAR`
/// would erase only a part of the line.
const CUT: &str = "\x1b[?7l";
/// The escape code that enables line wrapping again.
const WRAP: &str = "\x1b[?7h";

/// A bar over the batches of an epoch.
struct Bar {
    epoch: String,
    batches: usize,
    done: usize,
    drawn: Instant,
    is_visible: bool,
}

impl Bar {
    /// Creates a bar, if standard error is a terminal that can erase the bar.
    fn on_a_terminal() -> Option<Self> {
        let is_able = stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|name| name != "dumb");
        is_able.then(|| Self::new("", 0))
    }

    fn new(epoch: &str, batches: usize) -> Self {
        Self { epoch: epoch.to_owned(), batches, done: 0, drawn: Instant::now(), is_visible: false }
    }

    fn begin(&mut self, epoch: &str, batches: usize) {
        self.clear();
        *self = Self::new(epoch, batches);
    }

    fn batch(&mut self, loss: Option<f64>) {
        self.done += 1;
        if self.drawn.elapsed() >= REFRESH {
            self.drawn = Instant::now();
            self.is_visible = true;
            draw(&format!("{CLEAR}{CUT}{}{WRAP}", self.line(loss)));
        }
    }

    fn line(&self, loss: Option<f64>) -> String {
        // An iterator may yield more batches than it announced.
        let all = self.batches.max(self.done);
        let full = (WIDTH * self.done).checked_div(all).unwrap_or(0);
        let (full, rest) = ("#".repeat(full), "-".repeat(WIDTH - full));
        let loss = loss.map(|loss| format!("  loss {loss:.4}")).unwrap_or_default();
        format!("{}  {full}{rest} {}/{all}{loss}", self.epoch, self.done)
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_visible) {
            draw(CLEAR);
        }
    }
}

/// Writes a text to the terminal. A write error does not end the run.
fn draw(text: &str) {
    let mut terminal = stderr().lock();
    let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_up() {
        let mut bar = Bar::new("epoch  2/20", 12);
        assert_eq!(bar.line(None), format!("epoch  2/20  {} 0/12", "-".repeat(30)));
        bar.done = 4;
        let (full, rest) = ("#".repeat(10), "-".repeat(20));
        assert_eq!(bar.line(Some(0.51)), format!("epoch  2/20  {full}{rest} 4/12  loss 0.5100"));
        bar.done = 13;
        assert_eq!(bar.line(None), format!("epoch  2/20  {} 13/13", "#".repeat(30)));
        assert_eq!(Bar::new("epoch 1", 0).line(None), format!("epoch 1  {} 0/0", "-".repeat(30)));
    }
}
