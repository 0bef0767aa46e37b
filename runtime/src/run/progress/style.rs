//! The style of the progress display, and who chooses it.

use std::ffi::OsStr;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::stderr::write_line;

/// The environment variable that selects the style: `auto`, `bar`, `plain` or `off`.
const VARIABLE: &str = "TRAINING_LOOP_PROGRESS";

/// The style that [`set_progress`] set, as a number of at least 1; 0 before the first call.
static CHOICE: AtomicU8 = AtomicU8::new(0);

/// How generated loops show their progress on standard error.
///
/// On a terminal, a bar shows the current epoch: its batches, how many of them are done per second, the time left of
/// the epoch and of the run, the mean loss of the epoch so far, and the learning rate. If the terminal is too narrow,
/// the bar gets shorter first; then the parts are left out in this order: the time left of the run, the learning rate,
/// the rate, the bar, the time left of the epoch, the loss. The width is asked for at each redraw; an environment
/// variable `COLUMNS` makes it smaller. The bar is erased before a line is printed. A part of a bar may stay behind if the
/// terminal becomes narrower while the bar is visible.
///
/// In a pipe or a file, and on a terminal with `TERM=dumb`, there is no bar and there are no escape codes. An epoch
/// that takes longer than a minute prints a line each minute. With [`log_every`](crate::RunOptions::log_every), it
/// prints the line after a multiple of that many updates instead, if the last line is at least ten seconds old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressStyle {
    /// As [`Bar`](Self::Bar), but as [`Plain`](Self::Plain) if the environment variable `CI` is set.
    Auto,
    /// A bar on a terminal, and a line for each epoch.
    Bar,
    /// A line for each epoch, and lines in long epochs.
    Plain,
    /// Nothing, except the reason for an early stop.
    Off,
}

/// Sets the progress style of generated loops that start after this call. This style overrides
/// `TRAINING_LOOP_PROGRESS`, but not [`RunOptions::progress`](crate::RunOptions::progress).
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

/// What a display shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shows {
    pub(super) lines: bool,
    pub(super) bar: bool,
}

impl Shows {
    pub(super) const NOTHING: Self = Self { lines: false, bar: false };

    /// The choice of the program, or else of the environment variable.
    pub(super) fn chosen() -> Self {
        let styles = [ProgressStyle::Auto, ProgressStyle::Bar, ProgressStyle::Plain, ProgressStyle::Off];
        let choice = CHOICE.load(Ordering::Relaxed);
        let style = styles.into_iter().find(|style| *style as u8 + 1 == choice);
        Self::new(style.or_else(from_environment).unwrap_or(ProgressStyle::Auto))
    }

    /// The choice of the environment variable, or else this style.
    pub(super) fn of(style: ProgressStyle) -> Self {
        Self::new(from_environment().unwrap_or(style))
    }

    fn new(style: ProgressStyle) -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self::on(style, stderr().is_terminal(), variable("TERM").as_deref(), variable("CI").is_some())
    }

    /// What a style shows on standard error, which may be a terminal of this name.
    fn on(style: ProgressStyle, is_terminal: bool, name: Option<&OsStr>, is_ci: bool) -> Self {
        let can_erase = is_terminal && name.is_none_or(|name| name != "dumb");
        match style {
            ProgressStyle::Auto => Self { lines: true, bar: can_erase && !is_ci },
            ProgressStyle::Bar => Self { lines: true, bar: can_erase },
            ProgressStyle::Plain => Self { lines: true, bar: false },
            ProgressStyle::Off => Self::NOTHING,
        }
    }
}

/// The style that the environment variable sets; `None` if it is not set.
fn from_environment() -> Option<ProgressStyle> {
    let choice = std::env::var_os(VARIABLE).unwrap_or_default();
    match choice.to_str() {
        Some("") => None,
        Some("auto") => Some(ProgressStyle::Auto),
        Some("bar") => Some(ProgressStyle::Bar),
        Some("plain") => Some(ProgressStyle::Plain),
        Some("off") => Some(ProgressStyle::Off),
        _ => {
            let choice = choice.display();
            write_line(&format!(
                "{VARIABLE} is `{choice}`, but must be auto, bar, plain or off; taken as auto"
            ));
            Some(ProgressStyle::Auto)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_only_on_a_terminal_that_can_erase_it() {
        let bar = |style, is_terminal, name: Option<&str>, is_ci| {
            Shows::on(style, is_terminal, name.map(OsStr::new), is_ci).bar
        };
        let (auto, always) = (ProgressStyle::Auto, ProgressStyle::Bar);
        assert!(bar(auto, true, Some("xterm"), false) && bar(auto, true, None, false));
        assert!(!bar(auto, true, Some("xterm"), true) && bar(always, true, Some("xterm"), true));
        for style in [auto, always, ProgressStyle::Plain] {
            assert!(!bar(style, false, Some("xterm"), false) && !bar(style, true, Some("dumb"), false));
            assert!(Shows::on(style, false, None, true).lines);
        }
        assert_eq!(Shows::on(ProgressStyle::Off, true, None, false), Shows::NOTHING);
    }
}
