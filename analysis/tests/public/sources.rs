//! The folder of sources: one folder per repository or crate.

use std::path::{Path, PathBuf};

/// The files larger than this are tables of data or generated code.
const LONGEST_FILE: u64 = 600_000;

/// A repository at a commit, or a crate of a version.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// `owner/repository`, or `crate name`.
    pub name: String,
    /// The commit or the version.
    pub version: String,
    pub folder: PathBuf,
}

impl Source {
    fn at(folder: PathBuf) -> Option<Self> {
        let text = folder.file_name()?.to_str()?.to_owned();
        let (name, version) = if let Some((name, commit)) = text.split_once('@') {
            (name.replacen("__", "/", 1), commit.to_owned())
        } else {
            let (name, version) = text.rsplit_once('-')?;
            (format!("crate {name}"), version.to_owned())
        };
        Some(Self { name, version, folder })
    }

    /// The Rust files, sorted, relative to the folder.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut all = Vec::new();
        walk(&self.folder, &mut all);
        all.sort();
        all
    }
}

fn walk(folder: &Path, all: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_dir() {
            walk(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") && meta.len() <= LONGEST_FILE {
            all.push(path);
        }
    }
}

/// All sources, sorted by name.
pub(crate) fn all(root: &Path) -> Vec<Source> {
    let mut all: Vec<Source> = std::fs::read_dir(root)
        .expect("the folder of sources can be read")
        .flatten()
        .filter_map(|entry| Source::at(entry.path()))
        .collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// FNV-1a: the same number on every machine.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The parts of the sources, in the order of the lists.
pub(crate) const PARTS: [&str; 5] = ["seen", "kept", "later", "last", "newest"];

/// The sources of the part `later`, one a line.
const LATER: &str = include_str!("recorded/later.txt");

/// The sources of the part `last`, one a line.
const LAST: &str = include_str!("recorded/last.txt");

/// The sources of the part `newest`, one a line.
const NEWEST: &str = include_str!("recorded/newest.txt");

/// The part of a source. `seen` was looked at while the checker was written, `kept` once its first figures were known;
/// `later`, `last` and `newest` were collected after that, and each was looked at only after its first figures were known.
pub(crate) fn part(name: &str) -> &'static str {
    if LATER.lines().any(|later| later == name) {
        return "later";
    }
    if LAST.lines().any(|last| last == name) {
        return "last";
    }
    if NEWEST.lines().any(|newest| newest == name) {
        return "newest";
    }
    // The low bit of FNV-1a is the parity of the bytes; a higher one depends on their order too.
    if (hash(name) >> 20).is_multiple_of(2) { "seen" } else { "kept" }
}
