//! Measures the checker on public code: functions that train, their findings, and one-line faults put into them.
//!
//! The sources are outside of the repository. `PUBLIC_SOURCES` names a folder with one folder per source, named
//! `<owner>__<repository>@<commit>` or `<crate>-<version>`. `recorded/` has the names, commits, lines and verdicts.
//!
//! ```sh
//! export PUBLIC_SOURCES=/path/to/sources
//! cargo test --release -p training-loop-analysis --test public -- --ignored --nocapture collect  # the list
//! cargo test --release -p training-loop-analysis --test public -- --ignored --nocapture measure  # the figures
//! ```
//!
//! `PUBLIC_PART=seen|kept|later|last|newest|all` selects a part of the sources, `PUBLIC_OUT` a folder for the lists of misses and of findings.

mod edits;
mod find;
mod list;
mod measure;
mod page;
mod rules;
mod sources;
mod stages;

use std::path::PathBuf;

/// The folder of sources, if the environment names one.
fn root() -> Option<PathBuf> {
    std::env::var_os("PUBLIC_SOURCES").map(PathBuf::from)
}

#[test]
#[ignore = "needs the folder of sources"]
fn collect() {
    let root = root().expect("PUBLIC_SOURCES names the folder of sources");
    let found = find::all(&root);
    let known = list::read();
    let listed = list::merge(found, &known);
    list::write(&listed);
    println!("{}", list::summary(&listed));
}

#[test]
#[ignore = "needs the folder of sources"]
fn measure() {
    let root = root().expect("PUBLIC_SOURCES names the folder of sources");
    let results = measure::measure(&root);
    page::lists(&results);
    println!("{}", page::section(&results));
    if std::env::var_os("UPDATE").is_some() {
        page::record(&results);
    }
}

#[test]
fn the_list_is_as_promised() {
    let all = list::read();
    let sources: std::collections::BTreeSet<_> = all.iter().map(|row| &row.source).collect();
    assert!(sources.len() >= 60, "{} sources", sources.len());
    assert!(all.len() >= 400, "{} functions", all.len());
    for row in &all {
        assert_eq!(row.part, sources::part(&row.source), "{}", row.source);
    }
}
