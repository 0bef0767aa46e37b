//! The environment variables of the runtime. Each variable is read once, on its first use.
//!
//! | variable | values | what it does | in code |
//! |---|---|---|---|
//! | `TRAINING_LOOP_PROGRESS` | `auto` (default), `bar`, `plain`, `off` | sets how a generated loop shows its progress on standard error | [`set_progress`](crate::run::set_progress) |
//! | `TRAINING_LOOP_THREADS` | a whole number from 1 on | sets how many threads share the work | [`set_num_threads`](crate::set_num_threads) |
//! | `TRAINING_LOOP_WATCH` | `warn` (default in debug builds), `panic`, `off` | sets what the watch does; the watch is the run-time check of the order of calls | |
//! | `TRAINING_LOOP_SIMD` | `off` | computes without the processor's vector instructions | |
//! | `TRAINING_LOOP_UNOPTIMIZED` | `off` | silences the notice about a runtime that was built without optimization | |
//!
//! A setting in code overrides the variable.
//!
//! The watch reports `step_before_backward`, `missing_zero_grad`, `step_repeated`,
//! `gradients_discarded`, `clip_before_backward` and `clip_after_step`, once per source location.
//! Only the static checker reports a missing `step`, wrong modes and rebuilt optimizers.

/// A description of the variables, one per line, for the help text of a program.
///
/// # Example
/// ```
/// if std::env::args().any(|argument| argument == "--help") {
///     println!("usage: train FILE\n\n{}", training_loop::environment::HELP);
/// }
/// ```
pub const HELP: &str = "\
Environment variables:
  TRAINING_LOOP_PROGRESS=auto|bar|plain|off  How the loop shows its progress on standard error
  TRAINING_LOOP_THREADS=N                    How many threads share the work
  TRAINING_LOOP_WATCH=warn|panic|off         What the watch of the order does in a debug build
  TRAINING_LOOP_SIMD=off                     Without the processor's vector instructions
  TRAINING_LOOP_UNOPTIMIZED=off              No notice about a runtime built without optimization";
