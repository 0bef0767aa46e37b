//! Invariants for every input.

use proc_macro2::TokenStream;
use training_loop_analysis::{CheckOptions, Checked, check_file, expand};

use crate::generate::{Choices, file, soup};

/// A correct spec, and functions for use with arbitrary arguments.
const ITEMS: [&str; 3] = [
    "fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;",
    "fn fit(model: &mut Mlp, train: &DataLoader) { for batch in train { f(&model.forward(batch)).backward(); } }",
    "impl Trainer { fn fit(&mut self) { self.optimizer.step(); } }",
];

/// Expands and checks the program of these bytes; returns whether it parses.
///
/// # Panics
/// If the code under test panics, or if the item is not emitted.
pub(crate) fn hold(bytes: &[u8]) -> bool {
    let mut choices = Choices::new(bytes);
    let parsed = match choices.below(4) {
        0 => {
            let item: TokenStream = ITEMS[choices.below(ITEMS.len())].parse().expect("tokens");
            let args = soup(&mut choices, 0);
            expanded(&args, &item);
            true
        }
        1 => {
            let (split, head) = (bytes.len() / 2, choices.below(2));
            let args = soup(&mut Choices::new(&bytes[..split]), 0);
            let body = soup(&mut Choices::new(&bytes[split..]), 1);
            let item = if head == 0 { quote::quote!(fn fit(model: &mut M) { #body }) } else { body };
            expanded(&args, &item);
            syn::parse2::<syn::ItemFn>(item).is_ok()
        }
        _ => {
            // The entry points repeat the same work, so only one input in eight goes through all of them.
            let all = choices.below(8) == 7;
            functions(&file(&mut choices), all)
        }
    };
    // The parser keeps all parsed text in memory for its locations.
    proc_macro2::extra::invalidate_current_thread_spans();
    parsed
}

fn expanded(args: &TokenStream, item: &TokenStream) {
    let before = item.to_string();
    let after = expand(args.clone(), item.clone()).to_string();
    assert!(!after.contains("this is a bug of"), "#[training_loop({args})] {item}\n{after}");
    // A spec gets a body; any other item is emitted unchanged, except for added warnings.
    let head = before.split([';', '{']).next().unwrap_or_default().trim_end();
    assert!(after.contains(head), "#[training_loop({args})] {item}\n{after}");
}

fn functions(text: &str, all_entries: bool) -> bool {
    let Ok(file) = syn::parse_str::<syn::File>(text) else { return false };
    check_file(&file);
    for item in file.items.iter().filter(|_| all_entries) {
        if let syn::Item::Fn(function) = item {
            let annotated = CheckOptions { annotated: true, ..CheckOptions::default() };
            Checked::function(function, &annotated).drawing();
        }
    }
    true
}
