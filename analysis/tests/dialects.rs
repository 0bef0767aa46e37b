//! Loops as people write them with other libraries: what is right is silent, what is wrong is found.
//!
//! `dialects/<library>.rs` holds them, marked as the cases of the lints are: `//~ error missing_zero_grad`
//! at the end of a line with a finding, and silence everywhere else.

use training_loop_analysis::check_file;

#[expect(dead_code, reason = "other suites use the rest")]
mod common;

use common::{differences, folder};

fn check(library: &str) {
    let path = folder("dialects").join(format!("{library}.rs"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{library}: {error}"));
    let wrong = differences(library, &text, &check_file(&file));
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn tch_loops_are_understood() {
    check("tch");
}
