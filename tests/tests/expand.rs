//! The loops that specs expand to, as snapshots of source code.
//!
//! `INSTA_UPDATE=always cargo test -p training-loop-tests --test expand` records them again.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{File, Item, Meta};
use training_loop_analysis::{Author, CheckOptions, check_fn};

/// Expands every annotated function of a file, as the macro would.
fn expand(source: &str) -> String {
    let file: File = syn::parse_str(source).unwrap_or_else(|error| panic!("{error}\n{source}"));
    let mut expanded = TokenStream::new();
    for mut item in file.items {
        match &mut item {
            Item::Verbatim(tokens) => expanded.extend(function(tokens.clone())),
            other => expanded.extend(other.to_token_stream()),
        }
    }
    let text = expanded.to_string();
    let file: File = syn::parse2(expanded).unwrap_or_else(|error| panic!("{error}\n{text}"));
    prettyplease::unparse(&file)
}

/// Expands one function without a body.
fn function(tokens: TokenStream) -> TokenStream {
    let item: syn::ForeignItemFn =
        syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("{error}\n{tokens}"));
    let attribute = item.attrs.iter().position(|attribute| attribute.path().is_ident("training_loop"));
    let Some(attribute) = attribute else { return tokens };
    let Meta::List(list) = &item.attrs[attribute].meta else { return tokens };
    let args = list.tokens.clone();
    let mut item = item.clone();
    item.attrs.remove(attribute);
    training_loop_analysis::expand(args, item.into_token_stream())
}

/// The specs of `tests/expand`.
fn specs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("expand");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{error}"))
        .map(|entry| entry.unwrap_or_else(|error| panic!("{error}")).path())
        .collect();
    files.sort();
    files
}

/// The printed loop passes the checker, both as a generated and as a hand-written loop.
fn assert_no_findings(expanded: &str, path: &Path) {
    let file: File = syn::parse_str(expanded).unwrap_or_else(|error| panic!("{error}\n{expanded}"));
    for item in &file.items {
        let Item::Fn(function) = item else { continue };
        for author in [Author::Generator, Author::Person] {
            let options = CheckOptions { author, annotated: true, ..CheckOptions::default() };
            let findings = check_fn(function, &options);
            assert!(findings.is_empty(), "{}: {findings:?}\n{expanded}", path.display());
        }
    }
    assert!(!expanded.contains("deprecated"), "{}: a warning\n{expanded}", path.display());
}

#[test]
fn every_spec_has_its_loop() {
    let specs = specs();
    assert!(specs.len() >= 25, "only {} specs", specs.len());
    for path in specs {
        let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}"));
        let expanded = expand(&source);
        assert!(!expanded.contains("compile_error"), "{}\n{expanded}", path.display());
        assert_no_findings(&expanded, &path);
        assert_eq!(expanded.contains("evaluation"), source.contains("valid"), "{}", path.display());
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        insta::with_settings!({ prepend_module_to_snapshot => false, description => source.trim(), omit_expression => true }, {
            insta::assert_snapshot!(name, expanded);
        });
    }
}

/// Measures the time of the attribute on each spec of `tests/expand`, including the check of its loop.
///
/// `cargo test -p training-loop-tests --test expand -- --ignored --nocapture` prints the times of an
/// unoptimised build, the default of programs. With `--release` it prints those of an optimised build.
#[test]
#[ignore = "takes seconds, and a busy machine makes it fail"]
fn a_spec_takes_few_milliseconds() {
    const RUNS: u32 = 5;
    let mut slowest = (0.0, String::new());
    let (mut sum, mut count) = (0.0, 0);
    for path in specs() {
        let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}"));
        let functions = source.matches("#[training_loop").count() as f64;
        let time = || {
            let began = std::time::Instant::now();
            let _ = expand_only(&source);
            began.elapsed().as_secs_f64() * 1e3 / functions
        };
        // The minimum over several runs, because other processes only add time.
        let milliseconds = (0..RUNS).map(|_| time()).fold(f64::INFINITY, f64::min);
        (sum, count) = (sum + milliseconds, count + 1);
        if milliseconds > slowest.0 {
            slowest = (milliseconds, path.file_stem().unwrap_or_default().display().to_string());
        }
    }
    let mean = sum / f64::from(count);
    println!("mean of {count} files: {mean:.2} ms a spec; slowest: `{}`, {:.2} ms", slowest.1, slowest.0);
    assert!(slowest.0 < 5.0 || cfg!(debug_assertions), "`{}` takes {:.2} ms", slowest.1, slowest.0);
}

/// Expands every annotated function of a file.
fn expand_only(source: &str) -> TokenStream {
    let file: File = syn::parse_str(source).unwrap_or_else(|error| panic!("{error}\n{source}"));
    let tokens = file.items.into_iter().filter_map(|item| match item {
        Item::Verbatim(tokens) => Some(function(tokens)),
        _ => None,
    });
    tokens.collect()
}
