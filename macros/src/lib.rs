//! Entry points of the attribute `#[training_loop]` and of the derive `Module`; all work is done in
//! `training-loop-analysis`.

use proc_macro::TokenStream;

/// Writes a training loop from a declarative spec, or checks a hand-written one.
#[proc_macro_attribute]
pub fn training_loop(args: TokenStream, item: TokenStream) -> TokenStream {
    training_loop_analysis::expand(args.into(), item.into()).into()
}

/// Implements `Module` for a struct of layers.
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(item: TokenStream) -> TokenStream {
    training_loop_analysis::derive_module(item.into()).into()
}
