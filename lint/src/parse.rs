//! Turns the text of a file into its comments and its syntax tree.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::File;
use training_loop_analysis::too_deep;

use crate::comments::{Comment, comments};
use crate::edition;
use crate::limits;
use crate::source::Failure;

/// The tokens of a file, lexed once for the stack estimate, the comments and the syntax tree.
pub(crate) struct Lexed<'a> {
    /// The comments of the file. The list is empty if no comment can be an instruction to this
    /// program.
    pub(crate) comments: Vec<Comment<'a>>,
    pub(crate) tokens: TokenStream,
}

/// Lexes the text of a file. Returns an error if parsing the text would take too much stack.
pub(crate) fn lex(text: &str) -> Result<Lexed<'_>, Failure> {
    let text = without_shebang(text);
    let tokens: TokenStream = text.parse().map_err(|error: proc_macro2::LexError| {
        let message = "a bracket, a string or a character is opened and never closed, or a bracket closed and never opened";
        failure(error.span(), message)
    })?;
    if let Some(place) = too_deep(&tokens, limits::PARSING) {
        let brackets = depth(tokens);
        return Err(if brackets > limits::BRACKETS {
            Failure::whole(format!("{brackets} brackets stand in one another"))
        } else {
            failure(place, "this is nested too deep to be read")
        });
    }
    let comments = if text.contains(Comment::MARK) { comments(text, &tokens) } else { Vec::new() };
    Ok(Lexed { comments, tokens })
}

/// Parses the tokens of a file.
pub(crate) fn parse(tokens: &TokenStream) -> Result<File, Failure> {
    syn::parse2(tokens.clone()).or_else(|error| {
        let old = edition::with_names(tokens).and_then(|tokens| syn::parse2(tokens).ok());
        old.ok_or_else(|| failure(error.span(), &error.to_string()))
    })
}

/// The text without its first line, if that line is a shebang.
fn without_shebang(text: &str) -> &str {
    match text.strip_prefix("#!") {
        Some(rest) if !rest.trim_start().starts_with('[') => &text[text.find('\n').unwrap_or(text.len())..],
        _ => text,
    }
}

fn failure(place: Span, message: &str) -> Failure {
    let start = place.start();
    Failure { place: Some((start.line, start.column + 1)), message: message.to_owned() }
}

/// The depth of nested brackets, counted without recursion.
fn depth(tokens: TokenStream) -> usize {
    let mut open = vec![tokens.into_iter()];
    let mut deepest = 0;
    while let Some(tokens) = open.last_mut() {
        match tokens.next() {
            Some(TokenTree::Group(group)) => {
                open.push(group.stream().into_iter());
                deepest = deepest.max(open.len() - 1);
            }
            Some(_) => {}
            None => drop(open.pop()),
        }
    }
    deepest
}
