//! Reads and writes training loops: the generator and the checker behind `#[training_loop]`.

use proc_macro2::TokenStream;
use syn::{File, ItemFn};

use crate::diagnostic::Diagnostic;

mod anchor;
mod attribute;
mod bag;
#[doc(hidden)]
pub mod cfg;
mod check;
mod cross;
mod deep;
pub mod diagnostic;
mod entry;
mod expand;
mod file;
pub mod fix;
#[doc(hidden)]
pub mod flow;
mod inline;
mod item;
mod items;
mod limits;
pub mod lints;
mod lower;
mod methods;
mod module;
mod nest;
mod options;
mod outline;
mod pipeline;
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
#[doc(hidden)]
pub mod vocabulary;

pub use check::Checked;
pub use file::CheckedFile;
pub use nest::too_deep;
pub use options::{Author, CheckOptions};
pub use outline::Outline;

/// Expands `#[training_loop(args)]` on `item`.
///
/// A function without a body gets the loop that the arguments describe. A function with a body is
/// checked and returned unchanged. Errors are emitted next to the item as `compile_error!`.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a macro")]
pub fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(args, &item)
}

/// Expands `#[derive(Module)]`.
pub fn derive_module(item: TokenStream) -> TokenStream {
    entry::derive(item)
}

/// The clauses of `#[training_loop(...)]` as a table in Markdown, for the attribute's documentation.
pub fn document_clauses() -> String {
    spec::document()
}

/// The name of each clause of `#[training_loop(...)]`, with an example of the clause.
pub fn clauses() -> impl Iterator<Item = (&'static str, &'static str)> {
    spec::ClauseName::ALL.iter().map(|clause| (clause.text(), clause.example()))
}

/// Checks one function.
///
/// # Example
/// ```
/// use training_loop_analysis::{CheckOptions, check_fn};
///
/// let function = syn::parse_str(
///     "fn fit(model: &mut Mlp, train: &DataLoader) {
///          let mut optimizer = Sgd::new(model.parameters(), 0.01);
///          for batch in train {
///              let loss = mse_loss(&model.forward(&batch.input), &batch.target);
///              loss.backward();
///              optimizer.step();
///          }
///      }",
/// )?;
/// let findings = check_fn(&function, &CheckOptions { annotated: true, ..CheckOptions::default() });
/// assert_eq!(findings[0].lint, Some("missing_zero_grad"));
/// assert_eq!(findings[0].place.line(), 5);
/// # Ok::<(), syn::Error>(())
/// ```
pub fn check_fn(function: &ItemFn, options: &CheckOptions) -> Vec<Diagnostic> {
    Checked::function(function, options).into_findings()
}

/// Checks every function of a file; see [`CheckedFile`].
pub fn check_file(file: &File) -> Vec<Diagnostic> {
    CheckedFile::of(file).findings
}
