//! Typical loops with other libraries: correct ones have no finding, faulty ones have.
//!
//! They are in `dialects/<library>.rs`, with the same marks as the cases of lints: `//~ error missing_zero_grad`
//! at the end of a line with a finding, and no finding on any other line.

use training_loop_analysis::check_file;

#[expect(dead_code, reason = "shared with other tests")]
mod common;

use common::{differences, folder};

#[test]
fn findings_are_what_the_marks_say() {
    let entries = std::fs::read_dir(folder("dialects")).expect("there are dialects");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut wrong = String::new();
    for path in paths {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        wrong.push_str(&differences(&name, &text, &check_file(&file)));
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
