//! `check`: one file after the other, in sorted order.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use training_loop_analysis::diagnostic::{Diagnostic, Level};
use training_loop_analysis::prove::Proof;
use training_loop_analysis::{check_file, prove_file, too_deep};

use crate::allow::Allowed;
use crate::comments;
use crate::options::Options;
use crate::outline::Outline;
use crate::output::Printer;
use crate::source::{Failure, Source};
use crate::{CLEAN, FAILED, FINDINGS, files};

/// Brackets nested deeper than this are no source that a person wrote.
const DEEPEST: usize = 4_000;

/// The stack that reading a file may take by a careful estimate, in bytes: well below what the thread has.
const READING: usize = crate::STACK / 5 * 2;

/// What was seen in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Files that were read and parsed.
    pub(crate) files: usize,
    /// Functions with a body in them.
    pub(crate) functions: usize,
    /// Loops of the source in them.
    pub(crate) loops: usize,
    /// Errors found.
    pub(crate) errors: usize,
    /// Warnings found.
    pub(crate) warnings: usize,
}

/// A file that was checked.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Its text.
    pub(crate) source: Source,
    /// What was found in it, in source order.
    pub(crate) findings: Vec<Diagnostic>,
    /// Its functions.
    pub(crate) outline: Outline,
    /// What holds of those that train, if that is asked for.
    pub(crate) proofs: Vec<Proof>,
}

/// Checks everything that the options name, and returns the exit code.
///
/// # Errors
/// `out` cannot be written to. What goes wrong with files is told on `err` instead.
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
    let mut printer = Printer::new(options.format, colour);
    let mut summary = Summary::default();
    for path in &files.found {
        match file(path, options.prove, err) {
            Ok(checked) => {
                summary.add(&checked);
                printer.file(out, &checked)?;
            }
            Err(failure) => {
                failed = true;
                let place = failure.place.map(|(line, column)| format!(":{line}:{column}"));
                let (path, place) = (path.display(), place.unwrap_or_default());
                let _ = writeln!(err, "error: {path}{place}: {}", failure.message);
            }
        }
        // Positions of this file are needed no more, and a large tree would fill the memory with them.
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

impl Summary {
    fn add(&mut self, checked: &Checked) {
        self.files += 1;
        self.functions += checked.outline.functions.len();
        self.loops += checked.outline.loops;
        let errors = checked.findings.iter().filter(|finding| finding.level == Level::Error).count();
        self.errors += errors;
        self.warnings += checked.findings.len() - errors;
    }
}

/// Checks one file; what is wrong with its comments is told on `err`.
fn file(path: &Path, prove: bool, err: &mut dyn Write) -> Result<Checked, Failure> {
    let source = Source::read(path)?;
    let scan = comments::scan(&source.text);
    if scan.depth > DEEPEST {
        return Err(Failure::whole(format!("{} brackets stand in one another", scan.depth)));
    }
    let allowed = Allowed::read(&scan);
    for (line, message) in &allowed.mistakes {
        let _ = writeln!(err, "warning: {}:{line}: {message}", path.display());
    }
    let looked = catch_unwind(AssertUnwindSafe(|| look(source, prove)));
    let mut checked = looked.unwrap_or_else(|_| {
        let what = "the check failed; this is a bug of `training-loop`, please report it with this file";
        Err(Failure::whole(what))
    })?;
    checked.findings.retain(|finding| !allowed.covers(finding.lint, &finding.place));
    Ok(checked)
}

fn look(source: Source, prove: bool) -> Result<Checked, Failure> {
    // Nests without brackets are only seen in tokens; what is none is told by the parser.
    if let Ok(tokens) = source.text.parse()
        && let Some(place) = too_deep(&tokens, READING)
    {
        let (start, message) = (place.start(), "this is nested too deep to be read".to_owned());
        return Err(Failure { place: Some((start.line, start.column + 1)), message });
    }
    let file = syn::parse_file(&source.text).map_err(|error| {
        let (start, message) = (error.span().start(), error.to_string());
        // The tokenizer's own words speak of what it was called for.
        let message = match message.strip_prefix("cannot parse string into token stream") {
            Some(_) => {
                "a bracket, a string or a character is opened and never closed, or a bracket closed and never opened".to_owned()
            }
            None => message,
        };
        Failure { place: Some((start.line, start.column + 1)), message }
    })?;
    let proofs = if prove { prove_file(&file) } else { Vec::new() };
    Ok(Checked { findings: check_file(&file), outline: Outline::of(&file), proofs, source })
}
