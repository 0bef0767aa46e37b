//! Places in the source.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// A range of the source: from the start of the first span to the end of the last.
///
/// The place has two spans, because a stable procedural macro cannot join them.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The span of the first token.
    pub start: Span,
    /// The span of the last token.
    pub end: Span,
}

impl Place {
    /// The place of a syntax node. A node without tokens is at the call site.
    pub fn of(node: &impl ToTokens) -> Self {
        let tokens: TokenStream = node.to_token_stream();
        let mut spans = tokens.into_iter().map(|token| token.span());
        let Some(start) = spans.next() else { return Self::from(Span::call_site()) };
        Self { start, end: spans.last().unwrap_or(start) }
    }

    /// Whether the start of another place is in this place.
    pub fn holds(&self, other: &Self) -> bool {
        let from = |place: &Self| (place.line(), place.column());
        let to = self.end.end();
        from(self) <= from(other) && from(other) < (to.line, to.column + 1)
    }

    /// The line of the first token, counted from 1.
    pub fn line(&self) -> usize {
        self.start.start().line
    }

    /// The column of the first token, counted from 1.
    pub fn column(&self) -> usize {
        self.start.start().column + 1
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self { start: span, end: span }
    }
}
