//! Reads and writes training loops: the generator and the checker behind `#[training_loop]`.

use proc_macro2::TokenStream;

pub mod diagnostic;

/// Expands `#[training_loop(args)]` on `item`.
pub fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let _ = args;
    item
}

/// Expands `#[derive(Module)]`.
pub fn derive_module(item: TokenStream) -> TokenStream {
    let _ = item;
    TokenStream::new()
}
