//! Reads and writes training loops: the generator and the checker behind `#[training_loop]`.

use proc_macro2::TokenStream;

mod anchor;
mod attribute;
mod bag;
pub mod cfg;
mod check;
mod cross;
mod deep;
pub mod diagnostic;
mod door;
mod expand;
pub mod fix;
pub mod flow;
mod inline;
mod item;
mod limits;
pub mod lints;
pub mod lower;
mod methods;
mod module;
mod nest;
mod options;
mod place;
mod plan;
mod prose;
pub mod prove;
mod report;
mod rules;
mod spec;
pub mod stage;
mod suggest;
pub mod suppress;
mod tokens;
pub mod vocabulary;

pub use nest::too_deep;

pub use options::{CheckOptions, Origin};

pub use check::{check_file, check_fn, draw_fn, draw_fn_mermaid, prove_file, prove_fn};

/// Expands `#[training_loop(args)]` on `item`.
///
/// A function without a body gets the loop that the arguments describe; a function with one is checked and
/// comes out as it is. Mistakes come out beside the item as `compile_error!`.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a macro")]
pub fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    door::guarded(&item, || door::expand_attribute(args, &item))
}

/// Expands `#[derive(Module)]`.
pub fn derive_module(item: TokenStream) -> TokenStream {
    door::guarded(&TokenStream::new(), || door::derive(item))
}

/// The clauses of `#[training_loop(...)]` as a table in Markdown, for the attribute's documentation.
pub fn document_clauses() -> String {
    spec::document()
}

/// Each clause of `#[training_loop(...)]` by its name, with an example of how it is written.
pub fn clauses() -> impl Iterator<Item = (&'static str, &'static str)> {
    spec::ClauseName::ALL.iter().map(|clause| (clause.text(), clause.example()))
}
