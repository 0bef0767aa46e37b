//! The subcommand `check`. Several files are checked at once, and the results are printed in sorted
//! order.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use training_loop_analysis::CheckedFile;

use crate::allow::Allowed;
use crate::exit::{CLEAN, FAILED, FINDINGS};
use crate::options::Options;
use crate::output::Printer;
use crate::parse::{Lexed, lex, parse};
use crate::report::{Checked, Summary};
use crate::source::{Failure, Source};
use crate::{files, parallel};

/// Checks all files that the options name, and returns the exit code.
///
/// # Errors
/// If `out` cannot be written to. Files that cannot be read are reported on `err`.
pub(crate) fn run(
    options: &Options,
    colour: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let files = files::find(&options.paths);
    let mut failed = !files.failures.is_empty();
    for failure in &files.failures {
        let _ = writeln!(err, "error: {failure}");
    }
    for folder in &files.empty {
        let _ = writeln!(err, "warning: no Rust file below `{}`", folder.display());
    }
    let printer = (options.format.printer)(colour);
    let mut summary = Summary::default();
    let work = |path: &PathBuf| Printed::of(path, options.prove, &*printer);
    parallel::in_order(&files.found, work, |printed| {
        let _ = err.write_all(printed.err.as_bytes());
        failed |= printed.summary.files == 0;
        summary += printed.summary;
        out.write_all(&printed.out)
    })?;
    printer.summary(out, &summary)?;
    out.flush()?;
    Ok(match (failed, summary.errors + summary.warnings) {
        (true, _) => FAILED,
        (false, 0) => CLEAN,
        (false, _) => FINDINGS,
    })
}

/// The output of one file.
///
/// The thread that parsed the file formats the findings, because positions are valid only on this
/// thread.
struct Printed {
    out: Vec<u8>,
    err: String,
    /// The totals of the file; all are 0 if the file cannot be read.
    summary: Summary,
}

impl Printed {
    fn of(path: &Path, prove: bool, printer: &dyn Printer) -> Self {
        let mut printed = Self { out: Vec::new(), err: String::new(), summary: Summary::default() };
        let checked = file(path, prove, &mut printed.err).and_then(|checked| {
            printer.file(&mut printed.out, &checked).map_err(|error| Failure::whole(error.to_string()))?;
            Ok(checked.summary())
        });
        match checked {
            Ok(summary) => printed.summary = summary,
            Err(failure) => drop(writeln!(printed.err, "error: {}{failure}", path.display())),
        }
        // The positions of this file are not needed any more. The positions of all files of a large
        // source tree would fill the memory.
        proc_macro2::extra::invalidate_current_thread_spans();
        printed
    }
}

/// Checks one file, and appends error messages for malformed comments to `err`.
fn file(path: &Path, prove: bool, err: &mut String) -> Result<Checked, Failure> {
    let source = Source::read(path)?;
    let Lexed { comments, tokens } = guarded(|| lex(&source.text))??;
    let allowed = Allowed::read(&comments);
    for (line, message) in &allowed.mistakes {
        let _ = writeln!(err, "warning: {}:{line}: {message}", path.display());
    }
    guarded(|| {
        let check = if prove { CheckedFile::with_proofs } else { CheckedFile::of };
        let CheckedFile { mut findings, outline, proofs } = check(&parse(&tokens)?);
        findings.retain(|finding| !allowed.covers(finding.lint, &finding.place));
        Ok(Checked { source, findings, outline, proofs })
    })?
}

/// Runs a part of the check, and converts a panic to a failure of this file.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        Failure::whole("the check failed; this is a bug of `training-loop`, please report it with this file")
    })
}
