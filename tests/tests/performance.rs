//! `docs/performance.md` and its plots are generated from the recorded figures: no figure is copied by hand.
//!
//! `UPDATE=1 cargo test -p training-loop-tests --test performance` regenerates them.

#[path = "performance/figures.rs"]
mod figures;
#[path = "performance/growth.rs"]
mod growth;
#[path = "performance/page.rs"]
mod page;
#[path = "performance/plot.rs"]
mod plot;
#[path = "performance/profile.rs"]
mod profile;
#[path = "performance/steps.rs"]
mod steps;

use std::path::PathBuf;

use figures::Figures;

/// The folder of the page.
fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

#[test]
fn the_page_and_its_plots_are_what_was_recorded() {
    let figures = Figures::read(&docs().join("performance"));
    let mut files = vec![("performance.md".to_owned(), page::write(&figures))];
    for (name, plot) in growth::plots(&figures) {
        files.push((format!("performance/{name}.svg"), plot));
    }
    let update = std::env::var_os("UPDATE").is_some();
    for (name, text) in files {
        let path = docs().join(&name);
        if update {
            std::fs::write(&path, text).expect("a folder that can be written to");
            continue;
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        let line = found.lines().zip(text.lines()).position(|(a, b)| a != b);
        assert!(
            found == text,
            "docs/{name} is not what was recorded, from line {} on: \
             UPDATE=1 cargo test -p training-loop-tests --test performance",
            line.unwrap_or_else(|| found.lines().count().min(text.lines().count())) + 1
        );
    }
}
