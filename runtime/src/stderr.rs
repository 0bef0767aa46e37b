//! Lines on standard error.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// Prints a line, such that test harnesses can capture it. If standard error is closed, the run continues and nothing
/// more is printed.
pub(crate) fn write_line(line: &str) {
    static CLOSED: AtomicBool = AtomicBool::new(false);
    if CLOSED.load(Ordering::Relaxed) {
        return;
    }
    // Only `eprintln!` is captured by test harnesses, and it panics if standard error is closed.
    if catch_unwind(AssertUnwindSafe(|| eprintln!("{line}"))).is_err() {
        CLOSED.store(true, Ordering::Relaxed);
    }
}
