//! Loops as people write them with other libraries: what is right is silent, what is wrong is found.
//!
//! `dialects/<library>.rs` holds them, marked as the cases of the lints are: `//~ error missing_zero_grad`
//! at the end of a line with a finding, and silence everywhere else.

use std::fmt::Write as _;
use std::path::Path;

use training_loop_analysis::check_file;
use training_loop_analysis::diagnostic::Level;

fn check(library: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialects").join(format!("{library}.rs"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{library}: {error}"));
    let mut expected: Vec<(usize, String)> = text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index + 1, line.split_once("//~ ")?.1.trim().to_owned())))
        .collect();
    let mut wrong = String::new();
    for finding in check_file(&file) {
        let level = if finding.level == Level::Error { "error" } else { "warning" };
        let found = (finding.place.line(), format!("{level} {}", finding.lint.unwrap_or("")));
        match expected.iter().position(|mark| *mark == found) {
            Some(index) => drop(expected.remove(index)),
            None => drop(writeln!(wrong, "{library}.rs:{}: {}: {}", found.0, found.1, finding.message)),
        }
    }
    for (line, mark) in expected {
        let _ = writeln!(wrong, "{library}.rs:{line}: not found: {mark}");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn tch_loops_are_understood() {
    check("tch");
}
