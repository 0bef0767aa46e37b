//! Faults of specs, found in the generated loop and reported at the spec's own tokens.
//!
//! `specs/<part>.rs` has the specs. A line with a finding ends in a mark,
//! `//~ error step_in_evaluation` or `//~ warning ema_before_step`; no other line may have a finding.
//! The errors and warnings of the expansion are recorded in `specs/<part>.txt`;
//! `UPDATE=1 cargo test -p training-loop-analysis --test specs` rewrites it.

use std::fmt::Write as _;
use std::path::Path;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ForeignItemFn, Meta};
use training_loop_analysis::expand;

#[expect(dead_code, reason = "other suites use the rest")]
mod common;

use common::{Mark, folder, marks};

/// A message of an expansion, with its place.
struct Said {
    level: &'static str,
    place: Span,
    text: String,
}

impl Said {
    fn new(level: &'static str, place: Span, text: TokenStream) -> Self {
        let text = syn::parse2::<syn::LitStr>(text).expect("a finding is a text").value();
        Self { level, place, text }
    }

    /// The lint that it names.
    fn lint(&self) -> &str {
        let named = self.text.lines().last().and_then(|line| line.strip_prefix("  = note: `"));
        named.and_then(|named| named.strip_suffix("`; docs/lints.md tells more")).unwrap_or("")
    }

    fn mark(&self) -> Mark {
        (self.place.start().line, self.level.to_owned(), self.lint().to_owned())
    }
}

/// Collects every `compile_error!`, and every use of a deprecated function, which carries a warning.
fn said(tokens: TokenStream, all: &mut Vec<Said>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(name) if name == "compile_error" => {
                let Some(TokenTree::Group(text)) = tokens.get(index + 2) else { panic!("no text") };
                all.push(Said::new("error", name.span(), text.stream()));
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                let attribute: Vec<TokenTree> = group.stream().into_iter().collect();
                if let [TokenTree::Ident(name), TokenTree::Group(note)] = &attribute[..]
                    && name == "deprecated"
                {
                    // `const fn name() {} name()`: rustc warns at the second name.
                    let used = tokens.get(index + 6).expect("it is used").span();
                    all.push(Said::new("warning", used, note.stream().into_iter().skip(2).collect()));
                }
                said(group.stream(), all);
            }
            TokenTree::Group(group) => said(group.stream(), all),
            _ => {}
        }
    }
}

/// The messages of the expansions of a file's specs, in source order.
fn findings(text: &str) -> Vec<Said> {
    let mut all = Vec::new();
    for item in syn::parse_file(text).expect("the file parses").items {
        let mut item: ForeignItemFn =
            syn::parse2(item.into_token_stream()).expect("a function without a body");
        let at = item.attrs.iter().position(|attribute| attribute.path().is_ident("training_loop"));
        let Meta::List(list) = item.attrs.remove(at.expect("it has a spec")).meta else {
            panic!("no clauses")
        };
        let expanded = expand(list.tokens, item.into_token_stream());
        let file: syn::File = syn::parse2(expanded.clone()).expect("what comes out parses");
        assert!(file.items.iter().any(|item| matches!(item, syn::Item::Fn(_))), "{expanded}");
        said(expanded, &mut all);
    }
    all.sort_by_key(|said| (said.place.start().line, said.place.start().column));
    all
}

/// Names and texts of the specs in a folder.
fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    assert!(!paths.is_empty(), "{}: no specs", folder.display());
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        (name, std::fs::read_to_string(&path).expect("it is text"))
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn findings_stand_at_the_spec_s_tokens() {
    let mut wrong = String::new();
    for (name, text) in files(&folder("specs")) {
        let found = findings(&text);
        let (mut expected, mut all) = (marks(&text), found.iter().map(Said::mark).collect::<Vec<_>>());
        expected.sort();
        all.sort();
        for mark in expected.iter().filter(|mark| !all.contains(mark)) {
            let _ = writeln!(wrong, "{name}.rs: not found: {mark:?}");
        }
        for mark in all.iter().filter(|mark| !expected.contains(mark)) {
            let _ = writeln!(wrong, "{name}.rs: found, not expected: {mark:?}");
        }
        let mut told = String::new();
        for Said { level, place, text } in &found {
            let (line, column) = (place.start().line, place.start().column + 1);
            let _ = writeln!(told, "{line}:{column}: {level}: {text}\n");
        }
        let path = folder("specs").join(format!("{name}.txt"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &told).expect("the record can be written");
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != told {
            let _ = writeln!(wrong, "{name}.txt: is stale");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn right_specs_are_silent() {
    for (name, text) in files(&folder("../../tests/expand")) {
        let said: Vec<String> = findings(&text).into_iter().map(|said| said.text).collect();
        assert!(said.is_empty(), "{name}: {said:?}");
    }
}
