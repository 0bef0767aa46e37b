//! The command `cargo training-loop`, which checks files and prints findings.
//!
//! ```sh
//! cargo training-loop check                    # every Rust file below the current folder
//! cargo training-loop check src/train.rs       # one file
//! cargo training-loop check --format json src  # a line for each finding
//! ```
//!
//! The command reads source files only: it resolves no types and runs no build.
//! The checker is `training-loop-analysis`; this crate finds files, prints findings and sets exit codes.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

mod allow;
mod check;
mod comments;
mod edition;
mod exit;
mod files;
mod fix;
mod limits;
mod options;
mod output;
mod parallel;
mod parse;
mod report;
mod source;

use exit::{CLEAN, FAILED};

/// Runs the command on the arguments and streams of the process.
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let work = move || run_with(&arguments, colour, &mut io::stdout().lock(), &mut io::stderr().lock());
    let deep = std::thread::Builder::new().stack_size(limits::STACK).spawn(work.clone());
    ExitCode::from(deep.map_or_else(|_| work(), |thread| thread.join().unwrap_or(FAILED)))
}

/// Runs the command on the arguments of a process. The first argument is the name of the program.
///
/// `colour` is the default of `--color`.
/// Returns the exit code: 0 without findings, 1 with findings, 2 after a failure.
pub fn run_with(arguments: &[OsString], colour: bool, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let options = match options::parse(arguments) {
        Ok(options) => options,
        Err(error) => {
            // A request for help is no failure.
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

/// An output stream whose reader may close the stream early, as `head` does. An early close has no
/// effect on the exit code.
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
