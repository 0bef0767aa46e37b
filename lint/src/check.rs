//! `check`: one file after the other, in sorted order.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use training_loop_analysis::CheckedFile;

use crate::allow::Allowed;
use crate::exit::{CLEAN, FAILED, FINDINGS};
use crate::files;
use crate::options::Options;
use crate::parse::{Lexed, lex, parse};
use crate::report::{Checked, Summary};
use crate::source::{Failure, Source};

/// Checks everything that the options name, and returns the exit code.
///
/// # Errors
/// `out` cannot be written to. Files that cannot be read are reported on `err` instead.
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
    for path in &files.found {
        match file(path, options.prove, err) {
            Ok(checked) => {
                summary.add(&checked);
                printer.file(out, &checked)?;
            }
            Err(failure) => {
                failed = true;
                let _ = writeln!(err, "error: {}{failure}", path.display());
            }
        }
        // The positions of this file are not needed any more; those of a large tree would fill the memory.
        proc_macro2::extra::invalidate_current_thread_spans();
    }
    printer.summary(out, &summary)?;
    out.flush()?;
    Ok(match (failed, summary.errors + summary.warnings) {
        (true, _) => FAILED,
        (false, 0) => CLEAN,
        (false, _) => FINDINGS,
    })
}

/// Checks one file; mistakes in its comments are reported on `err`.
fn file(path: &Path, prove: bool, err: &mut dyn Write) -> Result<Checked, Failure> {
    let source = Source::read(path)?;
    let Lexed { comments, tokens } = guarded(|| lex(&source.text))??;
    let allowed = Allowed::read(&comments);
    for (line, message) in &allowed.mistakes {
        let _ = writeln!(err, "warning: {}:{line}: {message}", path.display());
    }
    guarded(|| {
        let checked = CheckedFile::of(&parse(tokens)?);
        let proofs = if prove { checked.proofs() } else { Vec::new() };
        let CheckedFile { mut findings, outline, .. } = checked;
        findings.retain(|finding| !allowed.covers(finding.lint, &finding.place));
        Ok(Checked { source, findings, outline, proofs })
    })?
}

/// Runs a part of the check; a panic fails this file alone.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        Failure::whole("the check failed; this is a bug of `training-loop`, please report it with this file")
    })
}
