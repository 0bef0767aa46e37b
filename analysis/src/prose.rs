//! Prints code as people write code, for messages and doc comments.

use std::fmt::Write as _;

use proc_macro2::{Delimiter, Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// The tokens of a node on one line, with rustfmt's spacing in the usual cases.
pub(crate) fn code(node: &impl ToTokens) -> String {
    let mut text = String::new();
    write(node.to_token_stream(), &mut text);
    text
}

/// Appends tokens to the text.
fn write(tokens: TokenStream, text: &mut String) {
    let mut bars = 0; // Bars around a closure's parameters.
    let mut glued = true; // No space before the next token.
    let mut prefix = true; // The next punctuation is a prefix operator: `&x`, `-x`, `*x`.
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(first) if !prefix && is_operator(&first, tokens.peek()) => {
                let second = tokens.next().map(|second| second.to_string()).unwrap_or_default();
                let _ = write!(text, " {}{second}", first.as_char());
                (glued, prefix) = (false, true);
            }
            TokenTree::Group(group) => {
                let (open, close, pad) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")", ""),
                    Delimiter::Bracket => ("[", "]", ""),
                    Delimiter::Brace => ("{", "}", " "),
                    Delimiter::None => ("", "", ""),
                };
                if !glued && (group.delimiter() == Delimiter::Brace || prefix) {
                    text.push(' ');
                }
                text.push_str(open);
                let inner = group.stream();
                let empty = inner.is_empty();
                text.push_str(if empty { "" } else { pad });
                write(inner, text);
                text.push_str(if empty { "" } else { pad });
                text.push_str(close);
                (glued, prefix) = (false, false);
            }
            TokenTree::Punct(punct) => {
                let sign = punct.as_char();
                bars += usize::from(sign == '|');
                let closing = sign == '|' && bars % 2 == 0;
                let tight = matches!(sign, '.' | ':' | ',' | ';' | '?' | '!' | '\'');
                if !glued && !tight && !closing {
                    text.push(' ');
                }
                text.push(sign);
                let joint = punct.spacing() == Spacing::Joint;
                glued = joint
                    || matches!(sign, '.' | '\'' | '!')
                    || text.ends_with("::")
                    || (prefix && sign != ',');
                if matches!(sign, ',' | ';' | '=') {
                    glued = joint;
                }
                if closing {
                    glued = false;
                }
                prefix = !matches!(sign, '.' | '?' | '\'') && !text.ends_with("::");
            }
            word => {
                if !glued {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
                (glued, prefix) = (false, false);
            }
        }
    }
}

/// Whether two punctuation tokens form a single binary operator other than `::` and `..`.
fn is_operator(first: &Punct, second: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Punct(second)) = second else { return false };
    let pair = (first.as_char(), second.as_char());
    first.spacing() == Spacing::Joint
        && matches!(
            pair,
            ('=' | '!' | '<' | '>' | '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^', '=')
                | ('=' | '-', '>')
                | ('&', '&')
                | ('|', '|')
                | ('<', '<')
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_reads_as_it_was_written() {
        for text in [
            "AdamW::new(model.parameters(), 1e-3)",
            "!done && i > 0",
            "(i + 1) % k != 0",
            "a >= b || c == &d",
            "total += loss * batch.len() as f32",
            "Sgd::new(self.model.parameters(), -0.1).momentum(0.9)",
            "|output, batch| mse_loss(output, &batch.target)",
            "options.epochs + 2",
            "losses[0]",
            "self.loss",
            "top_k(5)",
        ] {
            let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(code(&tokens), text);
        }
    }
}
