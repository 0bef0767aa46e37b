//! Checks every ui case through the library, as the command does. The lints and lines must equal the marks in
//! the file, and the output of rustc through the macro.
//!
//! A mark is a comment at the end of a line: `//~ error missing_zero_grad`.

use std::path::{Path, PathBuf};

use training_loop_analysis::diagnostic::Level;
use training_loop_analysis::{check_file, lints};

/// All Rust files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Line, level and lint of each mark that names a lint.
fn marks(text: &str) -> Vec<(usize, String, String)> {
    let mark = |(index, line): (usize, &str)| {
        let (_, mark) = line.split_once("//~ ")?;
        let (level, lint) = mark.trim().split_once(' ')?;
        lints::find(lint).map(|_| (index + 1, level.to_owned(), lint.to_owned()))
    };
    text.lines().enumerate().filter_map(mark).collect()
}

/// The groups of cases that are named after a lint, for lints that have a group.
fn groups(kind: &str) -> Vec<(String, Vec<PathBuf>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui").join(kind);
    let cases = |name: &str| (root.join(name).is_dir()).then(|| files(&root.join(name)));
    lints::all().iter().map(|lint| (lint.name.to_owned(), cases(lint.name).unwrap_or_default())).collect()
}

#[test]
fn the_library_finds_what_the_marks_say() {
    for kind in ["fail", "pass"] {
        for (_, cases) in groups(kind) {
            for path in cases {
                let text = std::fs::read_to_string(&path).expect("the case can be read");
                let file = syn::parse_file(&text).expect("the case parses");
                let found: Vec<_> = check_file(&file)
                    .into_iter()
                    .map(|finding| {
                        let level = if finding.level == Level::Error { "error" } else { "warning" };
                        (finding.place.line(), level.to_owned(), finding.lint.unwrap_or("").to_owned())
                    })
                    .collect();
                assert_eq!(found, marks(&text), "{}", path.display());
            }
        }
    }
}
