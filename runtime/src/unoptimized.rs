//! A notice for programs that train with an unoptimized build of the runtime.
//!
//! A debug build of the runtime is fifteen to eighty times slower than an optimized build. In a
//! debug build of the user's program, only a profile setting in the user's own `Cargo.toml`
//! optimizes the runtime. Each backward pass of an unoptimized build checks whether the notice is
//! due. An optimized build does not contain this check.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::stderr::write_line;

const VARIABLE: &str = "TRAINING_LOOP_UNOPTIMIZED";

/// The training time after which the notice is printed. In a shorter run the slowdown does not
/// matter.
const PATIENCE: Duration = Duration::from_secs(3);

/// Prints the notice once, after the program has trained for a while.
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
