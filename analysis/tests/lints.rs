//! Every lint's cases, through the library: functions that fail and functions that pass.
//!
//! `lints/<lint>.rs` holds the cases of one lint. A line with a finding ends in a mark,
//! `//~ error missing_zero_grad` or `//~ warning graph_kept`; every other line must be silent.
//! Nothing compiles these files, so they need no imports; they are read as the command reads them.
//! `lints/<lint>.txt` records what the findings say: `UPDATE=1 cargo test -p training-loop-analysis
//! --test lints` writes it anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use training_loop_analysis::diagnostic::{Diagnostic, Level};
use training_loop_analysis::{check_file, lints};

/// Fewest functions of a lint that fail, and fewest that pass.
const FEWEST: usize = 2;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lints")
}

/// The cases of a lint, as text.
fn cases(lint: &str) -> String {
    let path = folder().join(format!("{lint}.rs"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Line, level and lint.
type Mark = (usize, String, String);

/// What the marks of a file say.
fn marks(text: &str) -> Vec<Mark> {
    let marks = |(index, line): (usize, &str)| {
        let marks: Vec<Mark> = line
            .split("//~ ")
            .skip(1)
            .map(|mark| {
                let (level, lint) = mark.trim().split_once(' ').expect("a mark is a level and a lint");
                assert!(lints::find(lint).is_some(), "`{lint}` is no lint");
                (index + 1, level.to_owned(), lint.to_owned())
            })
            .collect();
        marks
    };
    text.lines().enumerate().flat_map(marks).collect()
}

fn level(finding: &Diagnostic) -> &'static str {
    if finding.level == Level::Error { "error" } else { "warning" }
}

fn found(findings: &[Diagnostic]) -> Vec<Mark> {
    let mark = |finding: &Diagnostic| {
        (finding.place.line(), level(finding).to_owned(), finding.lint.unwrap_or("").to_owned())
    };
    findings.iter().map(mark).collect()
}

/// All that the findings say.
fn told(findings: &[Diagnostic]) -> String {
    let mut out = String::new();
    for finding in findings {
        let (line, column) = (finding.place.line(), finding.place.column());
        let lint = finding.lint.unwrap_or("");
        let _ = writeln!(out, "{line}:{column}: {}: {} ({lint})", level(finding), finding.message);
        for note in &finding.notes {
            let _ = match note.place {
                Some(place) => writeln!(out, "  note, line {}: {}", place.line(), note.message),
                None => writeln!(out, "  note: {}", note.message),
            };
        }
        if let Some(help) = &finding.help {
            let _ = writeln!(out, "  help: {help}");
        }
        out.push('\n');
    }
    out
}

/// First and last line of every function of a file, methods included.
fn functions(file: &syn::File) -> Vec<(usize, usize)> {
    struct Walk(Vec<(usize, usize)>);
    impl<'ast> syn::visit::Visit<'ast> for Walk {
        fn visit_signature(&mut self, signature: &'ast syn::Signature) {
            let line = signature.fn_token.span.start().line;
            self.0.push((line, line));
        }
        fn visit_block(&mut self, block: &'ast syn::Block) {
            // The first block after a signature is its body, and holds all others.
            let end = block.brace_token.span.close().end().line;
            if let Some(last) = self.0.last_mut() {
                last.1 = last.1.max(end);
            }
            syn::visit::visit_block(self, block);
        }
    }
    let mut walk = Walk(Vec::new());
    syn::visit::Visit::visit_file(&mut walk, file);
    walk.0
}

#[test]
fn findings_are_what_the_marks_say() {
    let mut wrong = String::new();
    for lint in lints::all() {
        let text = cases(lint.name);
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", lint.name));
        let findings = check_file(&file);
        let (expected, found) = (marks(&text), found(&findings));
        for (line, level, name) in expected.iter().filter(|mark| !found.contains(mark)) {
            let _ = writeln!(wrong, "{}.rs:{line}: not found: {level} {name}", lint.name);
        }
        for (line, level, name) in found.iter().filter(|mark| !expected.contains(mark)) {
            let _ = writeln!(wrong, "{}.rs:{line}: found, not expected: {level} {name}", lint.name);
        }
        let path = folder().join(format!("{}.txt", lint.name));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, told(&findings)).expect("the record can be written");
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != told(&findings) {
            let _ = writeln!(wrong, "{}.txt: is stale", lint.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_lint_has_cases_that_fail_and_cases_that_pass() {
    for lint in lints::all() {
        let text = cases(lint.name);
        let file = syn::parse_file(&text).expect("the other test says where it does not parse");
        let marks = marks(&text);
        let fails = |(first, last): &(usize, usize)| {
            marks.iter().any(|(line, _, name)| name == lint.name && (first..=last).contains(&line))
        };
        let (failing, passing): (Vec<_>, Vec<_>) = functions(&file).into_iter().partition(fails);
        assert!(failing.len() >= FEWEST, "{}: {} cases that fail", lint.name, failing.len());
        assert!(passing.len() >= FEWEST, "{}: {} cases that pass", lint.name, passing.len());
    }
}
