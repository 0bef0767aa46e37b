//! The command `cargo training-loop`: files in, findings out.
//!
//! ```sh
//! cargo training-loop check                    # every Rust file below the current folder
//! cargo training-loop check src/train.rs       # one file
//! cargo training-loop check --format json src  # a line for each finding
//! ```
//!
//! It reads source and nothing else: no types, no build.
//! What it knows of loops stands in `training-loop-analysis`; here are only files, words and exit codes.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

mod allow;
mod check;
mod comments;
mod exit;
mod files;
mod fix;
mod limits;
mod options;
mod output;
mod parse;
mod report;
mod source;

use exit::{CLEAN, FAILED};

/// Runs the command on the process's own arguments and streams.
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let work = move || run_with(&arguments, colour, &mut io::stdout().lock(), &mut io::stderr().lock());
    let deep = std::thread::Builder::new().stack_size(limits::STACK).spawn(work.clone());
    ExitCode::from(deep.map_or_else(|_| work(), |thread| thread.join().unwrap_or(FAILED)))
}

/// Runs the command: arguments as a process gets them, the program's name first.
///
/// `colour` says whether `out` shows colours when the arguments do not say.
/// Returns the exit code: 0 clean, 1 findings, 2 could not run.
pub fn run_with(arguments: &[OsString], colour: bool, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let options = match options::parse(arguments) {
        Ok(options) => options,
        Err(error) => {
            // Help that was asked for is no failure.
            let text = error.render().to_string();
            if error.use_stderr() {
                let _ = err.write_all(text.as_bytes());
                return FAILED;
            }
            let _ = out.write_all(text.as_bytes());
            return CLEAN;
        }
    };
    let colour = options.colour.unwrap_or(colour);
    check::run(&options, colour, &mut Patient { out, left: false }, err).unwrap_or_else(|error| {
        let _ = writeln!(err, "error: cannot write: {error}");
        FAILED
    })
}

/// A stream whose reader may leave, as `head` does, without changing what the run comes to.
struct Patient<'a> {
    out: &'a mut dyn Write,
    left: bool,
}

impl Write for Patient<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left {
            return Ok(bytes.len());
        }
        self.out.write(bytes).or_else(|error| self.forgive(error, bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.left { Ok(()) } else { self.out.flush().or_else(|error| self.forgive(error, ())) }
    }
}

impl Patient<'_> {
    fn forgive<T>(&mut self, error: io::Error, done: T) -> io::Result<T> {
        self.left = error.kind() == io::ErrorKind::BrokenPipe;
        if self.left { Ok(done) } else { Err(error) }
    }
}
