//! Diagnostics to tokens: the only file that knows how rustc shows things.
//!
//! A stable macro cannot attach notes to an error, so notes, help and the lint's name follow the
//! message on lines of their own, laid out as rustc lays out its notes.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::diagnostic::{Diagnostic, Level};

/// The text of a diagnostic: message, notes, help, the lint's name.
pub(crate) fn text(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    for note in &diagnostic.notes {
        text.push_str("\n  = note: ");
        text.push_str(&note.message);
    }
    if let Some(help) = &diagnostic.help {
        text.push_str("\n  = help: ");
        text.push_str(help);
    }
    if let Some(lint) = diagnostic.lint {
        text.push_str("\n  = note: `");
        text.push_str(lint);
        text.push_str("`; docs/lints.md tells more");
    }
    text
}

/// One `compile_error!` for each error, to stand beside the item.
pub(crate) fn errors(diagnostics: &[Diagnostic]) -> TokenStream {
    diagnostics.iter().filter(|found| found.level == Level::Error).map(error).collect()
}

/// One statement for each warning, to stand at the start of the function's body.
pub(crate) fn warnings(diagnostics: &[Diagnostic]) -> TokenStream {
    diagnostics.iter().filter(|found| found.level == Level::Warning).map(warning).collect()
}

/// A `compile_error!` that rustc shows from the first to the last span of the place.
fn error(diagnostic: &Diagnostic) -> TokenStream {
    let text = text(diagnostic);
    let start = Span::call_site().located_at(diagnostic.place.start);
    let end = Span::call_site().located_at(diagnostic.place.end);
    let path = quote_spanned!(start=> ::core::compile_error);
    let call = quote_spanned!(end=> !{ #text });
    quote_spanned!(start=> #path #call)
}

/// The use of a deprecated function: the one warning with a text of one's own that stable macros can cause.
fn warning(diagnostic: &Diagnostic) -> TokenStream {
    let text = format!("{}\n", text(diagnostic));
    let place = Span::mixed_site().located_at(diagnostic.place.start);
    let name = proc_macro2::Ident::new(diagnostic.lint.unwrap_or("training_loop"), place);
    quote_spanned! {place=>
        const _: () = {
            #[deprecated(note = #text)]
            const fn #name() {}
            #name()
        };
    }
}
