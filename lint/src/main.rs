//! `cargo training-loop`, and `cargo-training-loop` by itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_training_loop::run()
}
