//! `docs/lints.md` is generated from the lints' own pages, and other texts have the right number of lints.
//!
//! `UPDATE=1 cargo test -p training-loop-tests --test lint_pages` rewrites the catalogue.

use std::path::Path;

use training_loop_analysis::lints;

#[test]
fn the_catalogue_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lints.md");
    let fresh = lints::document();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("the file is in a folder")).expect("docs can be made");
        std::fs::write(&path, &fresh).expect("docs/lints.md can be written");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == fresh, "docs/lints.md is stale: run this test with UPDATE=1");
}

#[test]
fn the_number_of_lints_is_right() {
    let count = lints::all().len() + lints::of_specs().len();
    let readme = include_str!("../../README.md");
    assert!(
        readme.contains(&format!("The checker finds {count} faults")),
        "README.md: there are {count} lints"
    );
    let changelog = include_str!("../../CHANGELOG.md");
    assert!(changelog.contains(&format!("- {count} lints")), "CHANGELOG.md: there are {count} lints");
}
