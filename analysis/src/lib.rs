//! Reads and writes training loops: the generator and the checker behind `#[training_loop]`.

use proc_macro2::TokenStream;

mod bag;
pub mod cfg;
mod check;
pub mod diagnostic;
pub mod dialect;
pub mod flow;
pub mod lints;
pub mod lower;
mod module;
mod report;
pub mod stage;
pub mod suppress;

pub use check::{CheckOptions, Origin, check_file, check_fn};

/// Expands `#[training_loop(args)]` on `item`.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a macro")]
pub fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let _ = args;
    item
}

/// Expands `#[derive(Module)]`.
pub fn derive_module(item: TokenStream) -> TokenStream {
    module::expand(item)
}
