//! Replaces macros by what they evaluate, so that the walker meets nothing but expressions.
//!
//! The arguments of a macro whose input reads as expressions become the arguments of a call of the same
//! name; anything else stays a macro, of which the walker only knows what it mentions.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMacro, Macro, Stmt, Token, parse_quote};

/// Macros that look at their arguments and do nothing else with them.
const LOOKS: [&str; 19] = [
    "print",
    "println",
    "eprint",
    "eprintln",
    "write",
    "writeln",
    "format",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "info",
    "debug",
    "trace",
    "warn",
    "error",
    "format_args",
];

/// Macros that never come back.
const ENDS: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];

/// Replaces all macros below the node.
pub(super) struct Unfold {
    depth: usize,
}

impl Unfold {
    pub(super) fn new() -> Self {
        Self { depth: 0 }
    }
}

impl VisitMut for Unfold {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Macro(node) = expr
            && let Some(plain) = unfold(node)
        {
            *expr = plain;
        }
        // Beyond this depth the walker gives up anyway.
        self.depth += 1;
        if self.depth <= super::DEEPEST {
            visit_mut::visit_expr_mut(self, expr);
        }
        self.depth -= 1;
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        if let Stmt::Macro(node) = stmt {
            let call = Expr::Macro(ExprMacro { attrs: Vec::new(), mac: node.mac.clone() });
            *stmt = Stmt::Expr(call, node.semi_token);
        }
        visit_mut::visit_stmt_mut(self, stmt);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

fn unfold(node: &ExprMacro) -> Option<Expr> {
    let name = name(&node.mac)?;
    let tokens = &node.mac.tokens;
    if ENDS.contains(&name.as_str()) {
        return Some(parse_quote!(never_comes_back()));
    }
    if name == "bail" {
        return Some(parse_quote!(return Err(())));
    }
    if name == "matches" {
        return matched(tokens);
    }
    if name == "vec"
        && let Ok(array) = syn::parse2::<Expr>(bracketed(tokens))
    {
        return Some(array);
    }
    let path = &node.mac.path;
    if LOOKS.contains(&name.as_str()) {
        let looked_at = looked_at(tokens)?;
        return Some(parse_quote!(looks_at(#(#looked_at),*)));
    }
    let arguments = arguments(tokens)?;
    if name == "dbg" {
        // It gives what it shows.
        return match arguments.len() {
            1 => arguments.into_iter().next(),
            _ => Some(parse_quote!((#arguments))),
        };
    }
    if name == "try" {
        return arguments.into_iter().next().map(|argument| parse_quote!((#argument)?));
    }
    let span = path.segments.last()?.ident.span();
    // A macro may have a name that no function has.
    syn::parse2(quote_spanned!(span=> #path(#arguments))).ok()
}

fn name(mac: &Macro) -> Option<String> {
    mac.path.segments.last().map(|segment| segment.ident.to_string())
}

fn arguments(tokens: &TokenStream) -> Option<Punctuated<Expr, Token![,]>> {
    Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()).ok()
}

/// What a macro looks at, `target: "train"` and the signs of `%loss` and `?loss` left out.
fn looked_at(tokens: &TokenStream) -> Option<Vec<Expr>> {
    let mut pieces: Vec<Vec<TokenTree>> = vec![Vec::new()];
    for token in tokens.clone() {
        match &token {
            TokenTree::Punct(mark) if mark.as_char() == ',' => pieces.push(Vec::new()),
            _ => pieces.last_mut()?.push(token),
        }
    }
    let mark = |token: Option<&TokenTree>, sign: char| matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == sign);
    let expr = |piece: &[TokenTree]| syn::parse2::<Expr>(piece.iter().cloned().collect()).ok();
    let mut found = Vec::new();
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        let named = mark(piece.get(1), ':') && !mark(piece.get(2), ':');
        let signed = mark(piece.first(), '%') || mark(piece.first(), '?');
        let piece = match (named, signed) {
            (true, _) => &piece[2..],
            (_, true) => &piece[1..],
            _ => &piece[..],
        };
        found.push(match expr(piece)? {
            // `format!("{x}", x = loss.item())` is no assignment.
            Expr::Assign(named) => *named.right,
            other => other,
        });
    }
    Some(found)
}

fn bracketed(tokens: &TokenStream) -> TokenStream {
    TokenTree::from(proc_macro2::Group::new(proc_macro2::Delimiter::Bracket, tokens.clone()))
        .into_token_stream()
}

/// `matches!(x, P if c)` as `let P = x && c`, which asks the same.
fn matched(tokens: &TokenStream) -> Option<Expr> {
    let parser = |input: syn::parse::ParseStream| {
        let subject: Expr = input.parse()?;
        input.parse::<Token![,]>()?;
        let pat = syn::Pat::parse_multi_with_leading_vert(input)?;
        let guard = match input.parse::<Option<Token![if]>>()? {
            Some(_) => Some(input.parse::<Expr>()?),
            None => None,
        };
        input.parse::<Option<Token![,]>>()?;
        let asks = Expr::Let(syn::ExprLet {
            attrs: Vec::new(),
            let_token: <Token![let]>::default(),
            pat: Box::new(pat),
            eq_token: <Token![=]>::default(),
            expr: Box::new(subject),
        });
        let Some(guard) = guard else { return Ok(asks) };
        Ok(Expr::Binary(syn::ExprBinary {
            attrs: Vec::new(),
            left: Box::new(asks),
            op: syn::BinOp::And(<Token![&&]>::default()),
            right: Box::new(guard),
        }))
    };
    parser.parse2(tokens.clone()).ok()
}
