//! The binary behind `cargo training-loop`, which also runs as `cargo-training-loop` without cargo.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_training_loop::run()
}
