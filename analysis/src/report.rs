//! Diagnostics to tokens: the only file that knows how rustc shows things.
//!
//! A stable macro cannot attach notes to an error, so notes, help and the lint's name follow the
//! message on lines of their own, laid out as rustc lays out its notes.

use proc_macro2::{Ident, Span, TokenStream};
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
///
/// `user` is any token of the user's: an error that bears its hygiene is shown as one in the user's code.
pub(crate) fn errors(diagnostics: &[Diagnostic], user: Span) -> TokenStream {
    diagnostics.iter().filter(|found| found.level == Level::Error).map(|found| error(found, user)).collect()
}

/// One statement for each warning, to stand at the start of the function's body.
pub(crate) fn warnings(diagnostics: &[Diagnostic], user: Span) -> TokenStream {
    diagnostics
        .iter()
        .filter(|found| found.level == Level::Warning)
        .map(|found| warning(found, user))
        .collect()
}

/// The hygiene of the user's code: that of the item's first token.
pub(crate) fn hygiene(item: &TokenStream) -> Span {
    item.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

/// A `compile_error!` that rustc shows from the first to the last span of the place.
fn error(diagnostic: &Diagnostic, user: Span) -> TokenStream {
    let text = text(diagnostic);
    let start = user.located_at(diagnostic.place.start);
    let end = user.located_at(diagnostic.place.end);
    let path = quote_spanned!(start=> ::core::compile_error);
    let call = quote_spanned!(end=> !{ #text });
    quote_spanned!(start=> #path #call)
}

/// The use of a deprecated function: the one warning with a text of one's own that stable macros can cause.
fn warning(diagnostic: &Diagnostic, user: Span) -> TokenStream {
    let text = text(diagnostic);
    let place = Span::mixed_site().located_at(diagnostic.place.start);
    let name = Ident::new(diagnostic.lint.unwrap_or("training_loop"), place);
    let mut found = name.clone();
    found.set_span(user.located_at(diagnostic.place.start));
    quote_spanned! {place=>
        const _: () = {
            #[deprecated(note = #text)]
            const fn #name() {}
            #found()
        };
    }
}
