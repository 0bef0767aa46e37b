//! Turns diagnostics into tokens. No other file depends on the way in which rustc shows
//! diagnostics.
//!
//! A stable macro cannot attach notes to an error.
//! Notes, help and the lint's name follow the message on separate lines, in rustc's layout.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use crate::diagnostic::{Diagnostic, Level};

/// The item to emit, with the findings in it.
pub(crate) struct Output {
    item: TokenStream,
    pub(crate) findings: Vec<Diagnostic>,
    warnings: Warnings,
}

/// The place at which warnings are emitted.
#[derive(Clone, Copy)]
enum Warnings {
    /// Warnings are emitted as statements at the start of the function's body.
    Inside,
    /// Warnings become separate items next to the annotated item.
    Beside,
    /// Warnings are not emitted, because errors prevent the generation of the body.
    Nowhere,
}

impl Output {
    /// The output for a function, with the warnings in its body.
    pub(crate) fn inside(item: TokenStream, findings: Vec<Diagnostic>) -> Self {
        Self { item, findings, warnings: Warnings::Inside }
    }

    /// The output for any item, with the warnings next to the item.
    pub(crate) fn beside(item: TokenStream, findings: Vec<Diagnostic>) -> Self {
        Self { item, findings, warnings: Warnings::Beside }
    }

    /// The output for a function that cannot be generated. `item` stands in for the function and
    /// only has to type-check.
    pub(crate) fn stand_in(item: TokenStream, findings: Vec<Diagnostic>) -> Self {
        Self { item, findings, warnings: Warnings::Nowhere }
    }

    /// The item, followed by its errors. The warnings are at the place that `self.warnings`
    /// selects. See [`errors`] for the meaning of `user`.
    pub(crate) fn tokens(self, user: Span) -> TokenStream {
        let (errors, warnings) = (errors(&self.findings, user), warnings(&self.findings, user));
        let item = self.item;
        match self.warnings {
            Warnings::Inside if !warnings.is_empty() => {
                let item = with_statements(item, warnings);
                quote!(#item #errors)
            }
            Warnings::Beside => quote!(#item #errors #warnings),
            Warnings::Inside | Warnings::Nowhere => quote!(#item #errors),
        }
    }
}

/// A function with further statements at the start of its body, after the inner attributes.
fn with_statements(function: TokenStream, more: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = function.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.pop() {
        let statements: Vec<TokenTree> = body.stream().into_iter().collect();
        let (before, after) = statements.split_at(inner_attributes(&statements));
        let stream = before.iter().cloned().chain(more).chain(after.iter().cloned()).collect();
        let mut group = Group::new(body.delimiter(), stream);
        group.set_span(body.span());
        tokens.push(group.into());
    }
    tokens.into_iter().collect()
}

/// The number of tokens in the inner attributes at the start of a body. An attribute
/// `#![..]` has three tokens.
fn inner_attributes(statements: &[TokenTree]) -> usize {
    let is = |at: usize, sign| matches!(statements.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
    (0..).step_by(3).find(|at| !(is(*at, '#') && is(at + 1, '!'))).unwrap_or(0)
}

/// The text of a diagnostic: the message, the notes, the help, and the name of the lint.
fn text(diagnostic: &Diagnostic) -> String {
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

/// One `compile_error!` for each error, to be emitted next to the item.
///
/// `user` is the span of any token of the user. If an error has the hygiene of this span, rustc
/// shows the error as one in the user's code.
pub(crate) fn errors(diagnostics: &[Diagnostic], user: Span) -> TokenStream {
    diagnostics.iter().filter(|found| found.level == Level::Error).map(|found| error(found, user)).collect()
}

/// One statement or item for each warning.
fn warnings(diagnostics: &[Diagnostic], user: Span) -> TokenStream {
    diagnostics
        .iter()
        .filter(|found| found.level == Level::Warning)
        .map(|found| warning(found, user))
        .collect()
}

/// The hygiene of the user's code: the span of the item's first token.
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

/// A warning, emitted as the use of a deprecated function. A stable macro has no other way to emit
/// a warning with arbitrary text.
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
