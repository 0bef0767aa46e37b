//! Progress on standard error: a bar on a terminal, one line per epoch, never an escape code elsewhere.

use std::fmt;

use crate::stderr::write_line;

/// The environment variable that chooses: `auto`, `bar`, `plain` or `off`.
const VARIABLE: &str = "TRAINING_LOOP_PROGRESS";

/// How a run shows where it is. A bar ends when this is dropped, however the run ended.
pub(super) struct Progress {
    lines: bool,
    #[cfg(feature = "progress")]
    bar: Option<bar::Bar>,
}

impl Progress {
    /// What the environment asks for.
    pub(super) fn from_environment() -> Self {
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

    #[cfg(feature = "progress")]
    fn new(lines: bool, bars: bool) -> Self {
        Self { lines, bar: bars.then(bar::Bar::new).flatten() }
    }

    #[cfg(not(feature = "progress"))]
    fn new(lines: bool, _: bool) -> Self {
        Self { lines }
    }

    /// Shows nothing at all.
    #[cfg(test)]
    pub(super) fn off() -> Self {
        Self::new(false, false)
    }

    /// Begins an epoch of so many batches.
    #[cfg_attr(not(feature = "progress"), allow(unused_variables, clippy::unused_self))]
    pub(super) fn begin(&mut self, epoch: usize, epochs: Option<usize>, batches: usize) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &mut self.bar {
            bar.begin(&super::history::epoch_of(epoch + 1, epochs), batches);
        }
    }

    /// A batch is done; `loss` is the epoch's mean so far.
    #[cfg_attr(not(feature = "progress"), allow(unused_variables, clippy::unused_self))]
    pub(super) fn batch(&mut self, loss: Option<f64>) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &mut self.bar {
            bar.batch(loss);
        }
    }

    /// The epoch is done: its line replaces the bar.
    pub(super) fn end(&mut self, line: &str) {
        self.say(line);
    }

    /// Prints a line, where the bar was if there is one.
    pub(super) fn say(&mut self, line: &str) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &mut self.bar {
            bar.clear();
        }
        if self.lines {
            write_line(line);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("lines", &self.lines).finish_non_exhaustive()
    }
}

#[cfg(feature = "progress")]
mod bar {
    use std::time::{Duration, Instant};

    use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

    /// How often the loss beside the bar changes.
    const REFRESH: Duration = Duration::from_millis(100);

    /// A bar over the batches of an epoch.
    pub(super) struct Bar {
        bar: ProgressBar,
        shown: Instant,
    }

    impl Bar {
        /// A bar, if standard error is a terminal.
        pub(super) fn new() -> Option<Self> {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            (!bar.is_hidden()).then(|| Self { bar, shown: Instant::now() })
        }

        pub(super) fn begin(&mut self, epoch: &str, batches: usize) {
            let style = ProgressStyle::with_template("{prefix}  {wide_bar} {pos}/{len}  {msg}");
            self.bar = ProgressBar::with_draw_target(Some(batches as u64), ProgressDrawTarget::stderr())
                .with_style(style.expect("the template is a constant"))
                .with_prefix(epoch.to_owned());
        }

        pub(super) fn batch(&mut self, loss: Option<f64>) {
            self.bar.inc(1);
            if self.shown.elapsed() >= REFRESH {
                self.shown = Instant::now();
                self.bar.set_message(loss.map(|loss| format!("loss {loss:.4}")).unwrap_or_default());
            }
        }

        pub(super) fn clear(&self) {
            self.bar.finish_and_clear();
        }
    }

    impl Drop for Bar {
        fn drop(&mut self) {
            self.clear();
        }
    }
}
