//! The command reports the same lints at the same lines as the macro and the library, on their test corpora.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use training_loop_analysis::lints;

use crate::program::run;

/// The file, the line, the level and the lint.
type Mark = (String, usize, String, String);

/// The marks in a folder's files that name a lint, such as `//~ error missing_step`.
fn marks(folder: &Path) -> Vec<Mark> {
    let mut found = Vec::new();
    for path in files(folder) {
        let text = std::fs::read_to_string(&path).expect("a case is text");
        let name = path.strip_prefix(folder).expect("below").to_string_lossy().replace('\\', "/");
        for (index, line) in text.lines().enumerate() {
            for mark in line.split("//~ ").skip(1) {
                let Some((level, lint)) = mark.trim().split_once(' ') else { continue };
                if lints::find(lint).is_some() {
                    found.push((name.clone(), index + 1, level.to_owned(), lint.to_owned()));
                }
            }
        }
    }
    found.sort();
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn found(folder: &Path) -> Vec<Mark> {
    let run = run(folder, &["check", "--format", "json", "."]);
    let lines: Vec<&str> = run.out.lines().collect();
    let (_, findings) = lines.split_last().expect("a summary");
    let mut found: Vec<Mark> = findings
        .iter()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let word = |name: &str| value[name].as_str().unwrap_or("").replace('\\', "/");
            let line = usize::try_from(value["line"].as_u64().expect("a line")).expect("small");
            (word("file"), line, word("level"), word("lint"))
        })
        .collect();
    found.sort();
    found
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_program_finds_what_the_marks_say() {
    let named = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        lints::find(name).is_some()
    };
    let mut seen = BTreeMap::new();
    for kind in ["tests/ui/fail", "tests/ui/pass"] {
        let groups = std::fs::read_dir(workspace().join(kind)).expect("the corpus is there");
        for group in groups.map(|entry| entry.expect("an entry").path()).filter(|path| named(path)) {
            assert_eq!(found(&group), marks(&group), "{}", group.display());
            *seen.entry(kind).or_insert(0) += 1;
        }
    }
    assert!(seen.len() == 2 && seen.values().all(|count| *count > 5), "{seen:?}");
    // Some errors in specs belong to no lint.
    let specs = workspace().join("tests/ui/fail/spec");
    let mut of_lints = found(&specs);
    of_lints.retain(|(_, _, _, lint)| !lint.is_empty());
    assert!(of_lints.len() > 5);
    assert_eq!(of_lints, marks(&specs));
    let cases = workspace().join("analysis/tests/lints");
    assert_eq!(found(&cases), marks(&cases));
}

#[test]
fn mistakes_in_an_attribute_are_those_of_the_macro() {
    let folder = workspace().join("tests/ui/fail/spec");
    let text = std::fs::read_to_string(folder.join("hand_written.rs")).expect("the case");
    let marks = text.lines().filter(|line| line.contains("//~ error")).count();
    let run = run(&folder, &["check", "--format", "json", "hand_written.rs"]);
    let errors = run.out.lines().filter(|line| line.contains("\"level\":\"error\"")).count();
    assert_eq!((run.code, errors), (1, marks), "{run:?}");
}
