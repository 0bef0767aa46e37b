//! Lines on standard error.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// Prints a line, in a way that test harnesses can keep apart. A run goes on when nobody reads
/// standard error any more: then nothing is printed from there on.
pub(crate) fn write_line(line: &str) {
    static CLOSED: AtomicBool = AtomicBool::new(false);
    if CLOSED.load(Ordering::Relaxed) {
        return;
    }
    // Only `eprintln!` is captured by test harnesses, and only it panics where nobody reads.
    if catch_unwind(AssertUnwindSafe(|| eprintln!("{line}"))).is_err() {
        CLOSED.store(true, Ordering::Relaxed);
    }
}
