//! Lines and the progress bar on standard error.

use std::io::{Write, stderr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a bar is on the terminal's current line.
static HAS_BAR: AtomicBool = AtomicBool::new(false);

/// The escape code that returns to the start of the line and clears the line.
const CLEAR: &str = "\r\x1b[2K";
/// The escape code that truncates long lines at the terminal's edge. If a line wrapped, `CLEAR`
/// would erase only a part of the line.
const CUT: &str = "\x1b[?7l";
/// The escape code that enables line wrapping again.
const WRAP: &str = "\x1b[?7h";

/// Prints a line in a way that test harnesses can capture. Erases the bar first. If standard error is closed,
/// the run continues without output.
pub(crate) fn write_line(line: &str) {
    static CLOSED: AtomicBool = AtomicBool::new(false);
    clear_bar();
    if CLOSED.load(Ordering::Relaxed) {
        return;
    }
    // Only `eprintln!` is captured by test harnesses, and it panics if standard error is closed.
    if catch_unwind(AssertUnwindSafe(|| eprintln!("{line}"))).is_err() {
        CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Draws a bar in place of the terminal's current line. Standard error must be a terminal.
pub(crate) fn draw_bar(bar: &str) {
    HAS_BAR.store(true, Ordering::Relaxed);
    draw(&format!("{CLEAR}{CUT}{bar}{WRAP}"));
}

/// Erases the bar, if there is one.
pub(crate) fn clear_bar() {
    if HAS_BAR.swap(false, Ordering::Relaxed) {
        draw(CLEAR);
    }
}

/// Writes a text to the terminal. A write error does not end the run.
fn draw(text: &str) {
    let mut terminal = stderr().lock();
    let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}
