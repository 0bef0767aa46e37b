//! The environment variables of the runtime. A variable is read on its first use, or at the start of a run.

/// A description of the variables, one per line, for the help text of a program.
///
/// | variable | values | what it does | in code |
/// |---|---|---|---|
/// | `TRAINING_LOOP_PROGRESS` | `auto` (default), `bar`, `plain`, `off` | sets how a generated loop shows its progress on standard error | [`set_progress`](crate::run::set_progress) |
/// | `TRAINING_LOOP_THREADS` | a whole number from 1 on | sets how many threads share the work | [`set_num_threads`](crate::set_num_threads) |
/// | `TRAINING_LOOP_WATCH` | `warn` (default in debug builds), `panic`, `off` | sets what the watch does; the watch is the run-time check of the order of calls | |
/// | `TRAINING_LOOP_SIMD` | `off` | computes without the processor's vector instructions | |
/// | `TRAINING_LOOP_UNOPTIMIZED` | `off` | silences the notice about a runtime that was built without optimization | |
/// | `TRAINING_LOOP_DIR` | a path | the folder of a run with [`RunOptions`](crate::RunOptions) or checkpoints, for its files | [`RunOptions::dir`](crate::RunOptions::dir) |
/// | `TRAINING_LOOP_RESUME` | `auto`, `off`, a path | the checkpoint that such a run starts from | [`RunOptions::resume_auto`](crate::RunOptions::resume_auto), [`resume`](crate::RunOptions::resume) |
/// | `TRAINING_LOOP_LOG_EVERY` | a whole number from 1 on, `off` | the number of updates between two rows about an update | [`RunOptions::log_every`](crate::RunOptions::log_every) |
/// | `TRAINING_LOOP_FAST_DEV_RUN` | a whole number from 1 on, `off` | makes the run a try of one epoch with so many batches, without files | [`RunOptions::fast_dev_run`](crate::RunOptions::fast_dev_run) |
/// | `TRAINING_LOOP_OVERFIT_BATCHES` | a whole number from 1 on, `off` | every epoch repeats so many batches | [`RunOptions::overfit_batches`](crate::RunOptions::overfit_batches) |
/// | `TRAINING_LOOP_LIMIT_BATCHES` | `100`, `100,10`, `off` | the largest numbers of training and validation batches in an epoch | [`RunOptions::limit_batches`](crate::RunOptions::limit_batches) |
///
/// A function that changes a setting of the whole program, such as `set_progress`, overrides the variable. A
/// variable overrides the options of a run: the last six variables, and the first two if the options set the
/// progress or the threads. The last six have no effect on a loop without options and checkpoints. The watch
/// reports its lints once per source location, and leaves missing steps, wrong modes and rebuilt optimizers
/// to the checker.
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
  TRAINING_LOOP_UNOPTIMIZED=off              No notice about a runtime built without optimization
  TRAINING_LOOP_DIR=PATH                     The folder of the run, for its log files and checkpoints
  TRAINING_LOOP_RESUME=auto|off|PATH         The checkpoint from which the run is resumed
  TRAINING_LOOP_LOG_EVERY=N|off              After how many updates a row is logged
  TRAINING_LOOP_FAST_DEV_RUN=N|off           A try of one epoch with N batches, without files
  TRAINING_LOOP_OVERFIT_BATCHES=N|off        Every epoch repeats the first N batches
  TRAINING_LOOP_LIMIT_BATCHES=N[,M]|off      At most N training and M validation batches per epoch";
