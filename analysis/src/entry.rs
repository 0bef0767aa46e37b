//! The entry points of the macros. A panic of the analysis becomes an error, and the item is still
//! emitted.
//!
//! Since the item is emitted, completion and type information for the user's code keep working.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostic::Diagnostic;
use crate::item::Item;
use crate::nest::{STACK, too_deep};
use crate::{expand, module, pipeline, report};

/// Expands the attribute on an item.
pub(crate) fn attribute(args: TokenStream, item: &TokenStream) -> TokenStream {
    guarded(item, || pipeline::attribute(args, item))
}

/// Implements `Module` for a struct.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    guarded(&TokenStream::new(), || match too_deep(&item, STACK) {
        Some(place) => report::errors(&[pipeline::nested_too_deep(place)], report::hygiene(&item)),
        None => module::expand(item),
    })
}

/// Runs a pipeline. If the pipeline panics, the result is `item` with an error after it.
fn guarded(item: &TokenStream, work: impl FnOnce() -> TokenStream) -> TokenStream {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let item = match Item::parse(item) {
            Item::Spec(spec) => expand::stand_in(&spec),
            _ => item.clone(),
        };
        let error = report::errors(&[Diagnostic::bug(said)], report::hygiene(&item));
        quote!(#item #error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_reported_and_the_item_comes_out() {
        let item: TokenStream = "fn fit(model: &M) -> Result<History>;".parse().expect("tokens");
        let code = guarded(&item, || panic!("no {}", "way")).to_string();
        assert!(code.contains("this is a bug of `training-loop`") && code.contains("no way"), "{code}");
        assert!(code.contains("fn fit (model : & M) -> Result < History > {"), "{code}");
    }
}
