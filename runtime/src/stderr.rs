//! Lines on standard error.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// Prints a line in a way that test harnesses can capture. If standard error is closed, the run continues
/// without output.
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
