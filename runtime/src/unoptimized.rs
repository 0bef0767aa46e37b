//! A word to those whose program trains with a runtime that was built without optimization.
//!
//! A debug build of the runtime is fifteen to eighty times slower, and the profile that mends it has to stand in the user's own
//! `Cargo.toml`. Each backward pass asks; a build with optimization has nothing of it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::stderr::write_line;

const VARIABLE: &str = "TRAINING_LOOP_UNOPTIMIZED";

/// How long a program trains before it is told: shorter runs are over before it matters.
const PATIENCE: Duration = Duration::from_secs(3);

/// Says it once, when the program has trained for a while.
pub(crate) fn notice() {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.load(Ordering::Relaxed) || FIRST.get_or_init(Instant::now).elapsed() < PATIENCE {
        return;
    }
    if !DONE.swap(true, Ordering::Relaxed) && std::env::var(VARIABLE).map_or(true, |value| value != "off") {
        write_line(&text());
    }
}

fn text() -> String {
    format!(
        "training-loop was built without optimization and trains many times slower than it can: run with `--release`, \
         or add to Cargo.toml\n\n    [profile.dev.package.training-loop]\n    opt-level = 3\n\n\
         ({VARIABLE}=off silences this)"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_text_has_the_lines_and_the_variable() {
        let text = super::text();
        assert!(text.contains("[profile.dev.package.training-loop]\n    opt-level = 3"));
        assert!(text.contains("TRAINING_LOOP_UNOPTIMIZED=off"));
    }
}
