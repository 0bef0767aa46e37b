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

/// The printed loop passes the checker, as a generated and as a hand-written one.
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
