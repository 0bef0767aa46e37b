//! Finds the files to check from the paths on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

/// The files for the paths on the command line.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// The files to check, sorted, without duplicates.
    pub(crate) found: Vec<PathBuf>,
    /// The paths that could not be read, with the reasons.
    pub(crate) failures: Vec<String>,
    /// Folders without a Rust file.
    pub(crate) empty: Vec<PathBuf>,
}

/// Finds each file in `paths`, and the Rust files below each folder in `paths`.
///
/// Three kinds of files below a folder are left out: hidden files, files that `.gitignore` names,
/// and cargo's output.
/// Symbolic links below a folder are not followed.
pub(crate) fn find(paths: &[PathBuf]) -> Files {
    let mut files = Files::default();
    // Several spellings of a path may denote one file. The map contains the first spelling.
    let mut found: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let here = [PathBuf::from(".")];
    for path in if paths.is_empty() { &here } else { paths } {
        match std::fs::metadata(path) {
            Ok(known) if known.is_dir() => below(path, &mut files, &mut found),
            Ok(_) => drop(found.entry(real(path)).or_insert_with(|| path.clone())),
            Err(error) => files.failures.push(format!("{}: {error}", path.display())),
        }
    }
    files.found = found.into_values().collect();
    files.found.sort();
    files
}

fn below(folder: &Path, files: &mut Files, found: &mut BTreeMap<PathBuf, PathBuf>) {
    let mut count = 0;
    let walk = WalkBuilder::new(folder).require_git(false).filter_entry(|entry| !is_output(entry)).build();
    for entry in walk {
        match entry {
            Ok(entry) => {
                let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
                if is_file && entry.path().extension().is_some_and(|extension| extension == "rs") {
                    count += 1;
                    let path = entry.path().strip_prefix(".").unwrap_or(entry.path()).to_owned();
                    found.entry(real(&path)).or_insert(path);
                }
            }
            Err(error) => files.failures.push(error.to_string()),
        }
    }
    if count == 0 {
        files.empty.push(folder.to_owned());
    }
}

/// Whether a folder is cargo's output. The name `target` alone is not enough: a module
/// may have this name too.
fn is_output(entry: &DirEntry) -> bool {
    let is_below = entry.depth() > 0 && entry.file_name() == "target";
    is_below
        && entry.file_type().is_some_and(|kind| kind.is_dir())
        && (entry.path().join("CACHEDIR.TAG").exists() || entry.path().with_file_name("Cargo.toml").exists())
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
