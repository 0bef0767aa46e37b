//! Specs while they are being typed: truncated anywhere, with a token missing or doubled.
//!
//! None may make the macro panic, and the function must always be emitted.

use std::fs;
use std::path::Path;

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{File, Item, Meta};

/// A change of one token.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// The token and everything after it within its brackets is missing.
    Cut,
    /// The token is missing.
    Delete,
    /// The token is doubled.
    Double,
}

/// Applies a change to the token with this index, counted depth first; `None` after the last.
fn changed(tokens: TokenStream, change: Change, at: &mut usize) -> Option<TokenStream> {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for index in 0..tokens.len() {
        if *at == 0 {
            match change {
                Change::Cut => tokens.truncate(index),
                Change::Delete => {
                    tokens.remove(index);
                }
                Change::Double => tokens.insert(index, tokens[index].clone()),
            }
            return Some(tokens.into_iter().collect());
        }
        *at -= 1;
        if let TokenTree::Group(group) = &tokens[index]
            && let Some(inner) = changed(group.stream(), change, at)
        {
            tokens[index] = Group::new(group.delimiter(), inner).into();
            return Some(tokens.into_iter().collect());
        }
    }
    None
}

/// All changes of the tokens.
fn changes(tokens: &TokenStream) -> impl Iterator<Item = (Change, TokenStream)> {
    [Change::Cut, Change::Delete, Change::Double].into_iter().flat_map(move |change| {
        (0..).map_while(move |at| Some((change, changed(tokens.clone(), change, &mut at.clone())?)))
    })
}

/// The arguments and the function of each spec in `tests/expand`.
fn specs() -> Vec<(TokenStream, TokenStream)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("expand");
    let mut specs = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let source = fs::read_to_string(entry.expect("an entry").path()).expect("a spec");
        let file: File = syn::parse_str(&source).expect("a file");
        for item in file.items {
            let mut item: syn::ForeignItemFn = syn::parse2(item.into_token_stream()).expect("a function");
            let attribute =
                item.attrs.iter().position(|attribute| attribute.path().is_ident("training_loop"));
            let attribute = item.attrs.remove(attribute.expect("the attribute"));
            let Meta::List(list) = attribute.meta else { panic!("no arguments") };
            specs.push((list.tokens, item.into_token_stream()));
        }
    }
    specs
}

/// Expands, and checks that no internal error is reported.
fn expand(args: &TokenStream, item: &TokenStream) -> String {
    let expanded = training_loop_analysis::expand(args.clone(), item.clone()).to_string();
    assert!(!expanded.contains("this is a bug of"), "#[training_loop({args})] {item}\n{expanded}");
    expanded
}

#[test]
fn a_half_typed_spec_still_gives_the_function() {
    let (mut count, mut wrong) = (0, 0);
    for (args, item) in specs() {
        for (change, args) in changes(&args) {
            let expanded = expand(&args, &item);
            let file: File = syn::parse_str(&expanded).unwrap_or_else(|error| {
                panic!("{change:?}: {error}\n#[training_loop({args})] {item}\n{expanded}")
            });
            let function = file.items.iter().find(|item| matches!(item, Item::Fn(_)));
            assert!(function.is_some(), "{change:?}: #[training_loop({args})] {item}\n{expanded}");
            count += 1;
            wrong += usize::from(expanded.contains("compile_error"));
        }
    }
    assert!(count > 3000, "only {count} changes");
    assert!(wrong * 2 > count, "only {wrong} of {count} changes were noticed");
}

#[test]
fn a_half_typed_function_comes_out_again() {
    let mut count = 0;
    for (args, item) in specs() {
        for (_, item) in changes(&item) {
            let expanded = expand(&args, &item);
            // A function without a body gets one; everything else is emitted token by token.
            let (text, same) = (item.to_string(), expanded.starts_with(&item.to_string()));
            let head = text.split(['(', '<']).next().unwrap_or_default().trim_end();
            let head = head.rsplit(']').next().unwrap_or_default();
            assert!(same || expanded.contains(head), "{item}\n{expanded}");
            assert!(same || syn::parse_str::<File>(&expanded).is_ok(), "{item}\n{expanded}");
            count += 1;
        }
    }
    assert!(count > 1000, "only {count} changes");
}

#[test]
fn a_half_typed_struct_never_makes_the_derive_panic() {
    let item: TokenStream = "#[module(crate = a::b)] pub struct Net<'a, T: Clone, const N: usize> where T: Copy {
        #[module(skip)] pub started: std::time::Instant, layers: Vec<[T; N]>, next: Option<Box<Net<'a, T, N>>>,
    }"
    .parse()
    .expect("tokens");
    for (_, item) in changes(&item) {
        let expanded = training_loop_analysis::derive_module(item.clone()).to_string();
        assert!(!expanded.contains("this is a bug of"), "{item}\n{expanded}");
        assert!(expanded.contains("impl") || expanded.contains("compile_error"), "{item}\n{expanded}");
    }
}
