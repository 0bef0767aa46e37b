//! The cases of every lint, through the library: faulty and correct functions.
//!
//! `lints/<lint>.rs` holds the cases of one lint. A line with a finding ends in a mark,
//! `//~ error missing_zero_grad` or `//~ warning graph_kept`; no other line may have a finding.
//! These files are not compiled, so they need no imports; they are checked as the command does.
//! `lints/<lint>.txt` records the messages; `UPDATE=1 cargo test -p training-loop-analysis --test lints`
//! rewrites it.

use std::fmt::Write as _;

use training_loop_analysis::diagnostic::Diagnostic;
use training_loop_analysis::{check_file, lints};

mod common;

use common::{differences, folder, functions, level, marks};

/// The minimal number of faulty functions of a lint, and of correct ones.
const FEWEST: usize = 2;

/// The text of a lint's cases.
fn cases(lint: &str) -> Result<(String, syn::File), String> {
    let path = folder("lints").join(format!("{lint}.rs"));
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}\n", path.display());
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(&error))?;
    let file = syn::parse_file(&text).map_err(|error| wrong(&error))?;
    Ok((text, file))
}

/// The messages of the findings.
fn messages(findings: &[Diagnostic]) -> String {
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

#[test]
fn findings_are_what_the_marks_say() {
    let mut wrong = String::new();
    for lint in lints::all() {
        let (text, file) = match cases(lint.name) {
            Ok(cases) => cases,
            Err(error) => {
                wrong.push_str(&error);
                continue;
            }
        };
        let findings = check_file(&file);
        wrong.push_str(&differences(lint.name, &text, &findings));
        let path = folder("lints").join(format!("{}.txt", lint.name));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, messages(&findings)).expect("the record can be written");
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != messages(&findings) {
            let _ = writeln!(wrong, "{}.txt: is stale", lint.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_lint_has_cases_that_fail_and_cases_that_pass() {
    let mut wrong = String::new();
    for lint in lints::all() {
        // The other test says which files are missing or do not parse.
        let Ok((text, file)) = cases(lint.name) else { continue };
        let marks = marks(&text);
        let fails = |(first, last): &(usize, usize)| {
            marks.iter().any(|(line, _, name)| name == lint.name && (first..=last).contains(&line))
        };
        let (failing, passing): (Vec<_>, Vec<_>) = functions(&file).into_iter().partition(fails);
        for (cases, what) in [(failing, "fail"), (passing, "pass")] {
            if cases.len() < FEWEST {
                let _ = writeln!(wrong, "{}: {} cases that {what}", lint.name, cases.len());
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
