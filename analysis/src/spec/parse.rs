//! The grammar of the spec, with error recovery: after an error, parsing continues with the next clause.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Lit, Token, parenthesized, token};

use super::names::{help_for_clause, is_later};
use super::read::check_form;
use super::{ClauseName, Spec};
use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};

/// Parses all clauses.
pub(super) fn spec(bag: &Bag, args: TokenStream) -> Spec {
    let mut spec = Spec::default();
    let parser = |input: ParseStream| {
        let clauses;
        parenthesized!(clauses in input);
        items(bag, &clauses, "clause", |input| clause(bag, input, &mut spec));
        Ok(())
    };
    if let Err(error) = parser.parse2(ending(args).into())
        && bag.len() == 0
    {
        bag.parse(&error);
    }
    spec
}

/// Wraps the arguments in parentheses whose span is the last token. An unexpected end is then
/// reported at the last token rather than at the whole attribute.
fn ending(args: TokenStream) -> TokenTree {
    let last = args.clone().into_iter().last().map_or_else(Span::call_site, |token| Place::of(&token).end);
    let mut group = Group::new(Delimiter::Parenthesis, args);
    group.set_span(last);
    group.into()
}

/// Parses a comma-separated list. An error in one item does not hide errors in the next items.
pub(super) fn items(
    bag: &Bag,
    input: ParseStream,
    what: &str,
    mut item: impl FnMut(ParseStream) -> Result<(), Diagnostic>,
) {
    while !input.is_empty() {
        let before = input.cursor();
        let read = item(input);
        let failed = read.is_err();
        if let Err(error) = read {
            bag.push(error);
            if input.cursor() == before {
                let _: syn::Result<TokenTree> = input.parse();
            }
            skip(input);
        }
        separator(bag, input, what, failed);
    }
}

/// Skips the comma between two items of a list. If there is another token instead of the comma,
/// reports this token.
fn separator(bag: &Bag, input: ParseStream, what: &str, failed: bool) {
    if input.is_empty() {
    } else if input.peek(Token![,]) {
        let _: syn::Result<Token![,]> = input.parse();
    } else if input.peek(Token![;]) {
        let message = format!("one {what} is separated from the next by `,`, not `;`");
        bag.push(Diagnostic::error(input.span(), message).help("write `,`"));
        let _: syn::Result<Token![;]> = input.parse();
    } else if starts_clause(input) {
        // After an error, recovery has consumed the comma.
        if !failed {
            bag.push(Diagnostic::error(input.span(), format!("a comma is missing before this {what}")));
        }
    } else {
        bag.push(
            Diagnostic::error(next_place(input), format!("unexpected {}", next_text(input)))
                .help(format!("put a comma between one {what} and the next")),
        );
        skip(input);
        let _: syn::Result<Option<Token![,]>> = input.parse();
    }
}

/// Whether the tokens after a comma look like the next item of the list, rather than further parameters of a closure
/// or a type.
fn starts_item(input: ParseStream) -> bool {
    if input.is_empty() || input.peek(Lit) || input.peek(token::Brace) || starts_clause(input) {
        return true;
    }
    let ahead = input.fork();
    let colon = |ahead: ParseStream| ahead.peek(Token![:]) && !ahead.peek(Token![::]);
    ahead.call(Ident::parse_any).is_ok()
        && (ahead.is_empty()
            || ahead.peek(Token![,])
            || ahead.peek(Token![.])
            || ahead.peek(token::Paren)
            || colon(&ahead))
}

/// Whether the next tokens look like `name =`, or like `name(` with the name of a clause.
fn starts_clause(input: ParseStream) -> bool {
    let ahead = input.fork();
    ahead.call(Ident::parse_any).is_ok_and(|name| {
        let equals = ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>]);
        equals || (ahead.peek(token::Paren) && is_clause(&name))
    })
}

/// Skips to the probable end of an item that could not be parsed. The end is a semicolon, the next
/// clause, or a comma that is not between a closure's parameters.
fn skip(input: ParseStream) {
    while !input.is_empty() && !input.peek(Token![;]) && !starts_known_clause(input) {
        if input.peek(Token![,]) {
            let ahead = input.fork();
            let _: syn::Result<Token![,]> = ahead.parse();
            if starts_item(&ahead) {
                return;
            }
        }
        let _: syn::Result<TokenTree> = input.parse();
    }
}

/// Whether the next tokens are `name =` with the name of a clause.
fn starts_known_clause(input: ParseStream) -> bool {
    starts_clause(input) && input.fork().call(Ident::parse_any).is_ok_and(|name| is_clause(&name))
}

/// Whether a clause has this name.
fn is_clause(name: &Ident) -> bool {
    ClauseName::find(&name.to_string()).is_some()
}

/// The next token in backticks, for messages.
pub(super) fn next_text(input: ParseStream) -> String {
    match input.fork().parse::<TokenTree>() {
        Ok(TokenTree::Group(group)) => match group.delimiter() {
            Delimiter::Parenthesis => "`(`".to_owned(),
            Delimiter::Brace => "`{`".to_owned(),
            Delimiter::Bracket => "`[`".to_owned(),
            Delimiter::None => "tokens".to_owned(),
        },
        Ok(token) => format!("`{token}`"),
        Err(_) => "end of the clauses".to_owned(),
    }
}

/// The place of the next token.
pub(super) fn next_place(input: ParseStream) -> Place {
    Place::from(input.span())
}

/// Parses a clause.
fn clause(bag: &Bag, input: ParseStream, spec: &mut Spec) -> Result<(), Diagnostic> {
    let Ok(key) = input.call(Ident::parse_any) else {
        return Err(Diagnostic::error(next_place(input), format!("unexpected {}", next_text(input)))
            .help("a clause starts with its name: `epochs = 10`"));
    };
    let text = key.unraw().to_string();
    let Some(name) = ClauseName::find(&text) else {
        let (help, meant) = help_for_clause(&text);
        spec.meant.extend(meant);
        let message = if is_later(&text) {
            format!("this version does not have the clause `{text}` yet")
        } else {
            format!("unknown clause `{text}`")
        };
        return Err(Diagnostic::error(key.span(), message).help(help));
    };
    check_once(bag, spec, name, &key);
    spec.keys.push(key.clone());
    check_form(input, &key, name)?;
    spec.read(bag, name, key, input)
}

/// Rejects a repeated clause, unless the clause sets lint levels.
fn check_once(bag: &Bag, spec: &Spec, name: ClauseName, key: &Ident) {
    let first = spec.keys.iter().find(|first| **first == name.text());
    if let Some(first) = first.filter(|_| name.level().is_none()) {
        let line = first.span().start().line;
        bag.push(
            Diagnostic::error(key.span(), format!("`{}` is given twice", name.text()))
                .note_at(first.span(), format!("the first one is on line {line}"))
                .help(if name == ClauseName::On {
                    "put all hooks into one: `on(batch_end = ..., epoch_end = ...)`"
                } else {
                    "keep one of them"
                }),
        );
    }
}
