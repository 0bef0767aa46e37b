//! Loops split into functions, as the command checks them: faulty and correct ones.
//!
//! A line with a finding ends in a mark, `//~ error missing_zero_grad`; no other line may have a finding.
//! `functions/*.txt` records the messages; `UPDATE=1 cargo test -p training-loop-analysis --test functions`
//! rewrites it.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use training_loop_analysis::check_file;
use training_loop_analysis::diagnostic::Diagnostic;

#[expect(dead_code, reason = "other suites use the rest")]
mod common;

use common::{differences, folder, level};

/// The messages of the findings.
fn messages(findings: &[Diagnostic]) -> String {
    let mut out = String::new();
    for finding in findings {
        let (line, lint) = (finding.place.line(), finding.lint.unwrap_or(""));
        let _ = writeln!(out, "{line}: {}: {} ({lint})", level(finding), finding.message);
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
    let entries = std::fs::read_dir(folder("functions")).expect("the folder can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the entry can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("the cases can be read");
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let findings = check_file(&file);
        wrong.push_str(&differences(&name, &text, &findings));
        let record = path.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&record, messages(&findings)).expect("the record can be written");
        }
        if std::fs::read_to_string(&record).unwrap_or_default() != messages(&findings) {
            let _ = writeln!(wrong, "{name}.txt: is stale");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Each of twelve functions calls the next one twice: 4,096 call paths to the last.
#[test]
fn a_chain_of_calls_does_not_grow_without_bound() {
    let mut source =
        String::from("fn f12(optimizer: &mut Sgd, loss: &Tensor) { loss.backward(); optimizer.step(); }\n");
    for index in (0..12).rev() {
        let next = index + 1;
        let _ = writeln!(
            source,
            "fn f{index}(optimizer: &mut Sgd, loss: &Tensor) {{
                for _ in 0..2 {{ f{next}(optimizer, loss); }}
                f{next}(optimizer, loss);
            }}"
        );
    }
    let file = syn::parse_file(&source).expect("the functions parse");
    let start = Instant::now();
    let _ = check_file(&file);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}
