//! The files of the workspace, read once for each test.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

/// A text file and its path from the root of the workspace, with `/` between the folders.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The file's tokens; comments and strings contain no idents.
    pub(crate) fn tokens(&self) -> TokenStream {
        self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    /// The file's syntax tree.
    pub(crate) fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }
}

/// Every text file of the workspace below `folder` with one of these extensions.
pub(crate) fn files(folder: &str, extensions: &[&str]) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    walk(&root.join(folder), &mut found);
    found.sort();
    found
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| extensions.iter().any(|known| e == *known)))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a text file is UTF-8");
            let path = path.strip_prefix(&root).expect("below the root");
            let path = path.to_str().expect("file names are UTF-8").replace('\\', "/");
            Source { path, text }
        })
        .collect()
}

/// Folders of fixtures that are wrong or odd on purpose; most of them are never compiled.
const FIXTURES: [&str; 10] = [
    "tests/ui/",
    "tests/expand/",
    "analysis/tests/dialects/",
    "analysis/tests/functions/",
    "analysis/tests/lints/",
    "analysis/tests/measured/loops/",
    "analysis/tests/right/",
    "analysis/tests/shapes/",
    "analysis/tests/silent/",
    "analysis/tests/specs/",
];

/// Every Rust file below `folder`, without the fixtures.
pub(crate) fn rust(folder: &str) -> Vec<Source> {
    let mut files = files(folder, &["rs"]);
    files.retain(|file| FIXTURES.iter().all(|odd| !file.path.starts_with(odd)));
    assert!(!files.is_empty(), "no Rust file below `{folder}`: has it moved?");
    files
}

/// The source folders of all crates that are published.
pub(crate) fn published() -> Vec<Source> {
    ["analysis/src", "lint/src", "macros/src", "runtime/src"].into_iter().flat_map(rust).collect()
}

/// Calls `check` with the line of each ident in the tokens and the two tokens after it.
pub(crate) fn idents(tokens: TokenStream, check: &mut impl FnMut(usize, &str, &str)) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(ident) => {
                let next = trees.get(index + 1).map(ToString::to_string).unwrap_or_default();
                check(ident.span().start().line, &ident.to_string(), &next);
            }
            TokenTree::Group(group) => idents(group.stream(), check),
            _ => {}
        }
    }
}

/// Fails with the rule and every violation.
#[track_caller]
pub(crate) fn demand(rule: &str, broken: &[String]) {
    let mut text = String::new();
    for place in broken {
        let _ = write!(text, "\n  {place}");
    }
    assert!(broken.is_empty(), "{rule}:{text}");
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace exists")
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            // Hidden folders belong to git and editors, the others are output.
            if !name.starts_with('.') && !["target", "digits-run", "__pycache__"].contains(&name) {
                walk(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}
