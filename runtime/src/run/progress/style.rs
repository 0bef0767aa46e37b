//! The style of the progress display, and its selection.

use std::ffi::OsStr;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::stderr::write_line;

/// The environment variable that selects the style: `auto`, `bar`, `plain` or `off`.
const VARIABLE: &str = "TRAINING_LOOP_PROGRESS";

/// The style from [`set_progress`], as a number of at least 1; 0 before the first call.
static CHOICE: AtomicU8 = AtomicU8::new(0);

/// How generated loops show their progress on standard error.
///
/// On a terminal, a bar shows the current epoch: finished batches, batches per second, the remaining time of
/// the epoch and of the run, the mean loss of the epoch so far, and the learning rate. If the terminal is too
/// narrow, the bar is shortened first. Then parts are omitted in this order: the remaining time of the run,
/// the learning rate, the rate, the bar, the remaining time of the epoch, the loss. Each redraw queries the
/// width of the terminal; the environment variable `COLUMNS` can make it smaller. The bar is erased before a
/// line is printed. If the terminal becomes narrower while the bar is visible, a part of the bar may remain.
///
/// In a pipe or a file, and on a terminal with `TERM=dumb`, there are no bars and no escape codes. An epoch
/// that takes longer than a minute prints a line each minute. With
/// [`log_every`](crate::RunOptions::log_every) set to `n`, it instead prints a line at multiples of `n`
/// updates, if the last line is at least ten seconds old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressStyle {
    /// Like [`Bar`](Self::Bar), or like [`Plain`](Self::Plain) if the environment variable `CI` is set.
    Auto,
    /// A bar on a terminal, and a line for each epoch.
    Bar,
    /// A line for each epoch, and additional lines in long epochs.
    Plain,
    /// No progress; only the reason is printed if the run stops early.
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

/// The output of a display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shows {
    pub(super) lines: bool,
    pub(super) bar: bool,
}

impl Shows {
    pub(super) const NOTHING: Self = Self { lines: false, bar: false };

    /// The output for the style of the program, or else of the environment variable.
    pub(super) fn chosen() -> Self {
        let styles = [ProgressStyle::Auto, ProgressStyle::Bar, ProgressStyle::Plain, ProgressStyle::Off];
        let choice = CHOICE.load(Ordering::Relaxed);
        let style = styles.into_iter().find(|style| *style as u8 + 1 == choice);
        Self::new(style.or_else(from_environment).unwrap_or(ProgressStyle::Auto))
    }

    /// The output for the style of the environment variable, or else for `style`.
    pub(super) fn of(style: ProgressStyle) -> Self {
        Self::new(from_environment().unwrap_or(style))
    }

    fn new(style: ProgressStyle) -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self::on(style, stderr().is_terminal(), variable("TERM").as_deref(), variable("CI").is_some())
    }

    /// The output of a style on standard error. `name` is the type of the terminal.
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
