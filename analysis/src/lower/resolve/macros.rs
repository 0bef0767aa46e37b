//! Unfolds macros: replaces macros by the expressions that they evaluate.
//!
//! A macro whose input parses as expressions becomes a call of the same name.
//! Any other macro stays as it is, and is treated as opaque code that uses the names in the macro.

use std::borrow::Cow;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, ExprCall, ExprLit, ExprMacro, Ident, Lit, LitStr, Macro, Path, Stmt, Token, parse_quote,
};

use crate::limits;
use crate::vocabulary::rust::{MacroEffect, macro_effect};

/// The block with its macros unfolded; borrowed if the block has no macros.
pub(super) fn unfolded(block: &Block) -> Cow<'_, Block> {
    let mut search = HasMacro(false);
    search.visit_block(block);
    if !search.0 {
        return Cow::Borrowed(block);
    }
    let mut block = block.clone();
    Unfold { depth: 0 }.visit_block_mut(&mut block);
    Cow::Owned(block)
}

/// A visitor that looks for a macro outside of nested items.
struct HasMacro(bool);

impl<'ast> Visit<'ast> for HasMacro {
    fn visit_macro(&mut self, _: &'ast Macro) {
        self.0 = true;
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// A visitor that unfolds all macros in a syntax tree.
struct Unfold {
    depth: usize,
}

impl VisitMut for Unfold {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Macro(node) = expr
            && let Some(plain) = unfold(node)
        {
            *expr = plain;
        }
        // Deeper functions are not checked anyway.
        self.depth += 1;
        if self.depth <= limits::NESTED_EXPRESSIONS {
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

/// The effect of a macro, encoded as a call. The name of the callee cannot occur in a program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::lower) enum Unfolded {
    /// The macro reads its arguments, as `println!` does.
    Reads,
    /// The macro never returns, as with `panic!`.
    Diverges,
}

impl Unfolded {
    /// The effect of the macro that was replaced by a call; `None` if the call replaces no macro.
    pub(in crate::lower) fn of(call: &ExprCall) -> Option<Self> {
        match &*call.func {
            Expr::Infer(_) => Some(Self::Reads),
            Expr::Verbatim(_) => Some(Self::Diverges),
            _ => None,
        }
    }

    fn call(self, args: Punctuated<Expr, Token![,]>) -> Expr {
        let func = match self {
            Self::Reads => parse_quote!(_),
            Self::Diverges => Expr::Verbatim(TokenStream::new()),
        };
        Expr::Call(ExprCall { attrs: Vec::new(), func: Box::new(func), paren_token: Paren::default(), args })
    }
}

fn unfold(node: &ExprMacro) -> Option<Expr> {
    let tokens = &node.mac.tokens;
    match macro_effect(&name(&node.mac)?) {
        Some(MacroEffect::Diverges) => Some(Unfolded::Diverges.call(Punctuated::new())),
        Some(MacroEffect::ReturnsError) => Some(parse_quote!(return Err(()))),
        Some(MacroEffect::Matches) => matched(tokens),
        Some(MacroEffect::Collects) => {
            syn::parse2(bracketed(tokens)).ok().or_else(|| same_name(&node.mac.path, tokens))
        }
        Some(MacroEffect::Reads) => Some(Unfolded::Reads.call(logged(tokens)?.into_iter().collect())),
        Some(MacroEffect::Passes) => {
            let arguments = arguments(tokens)?;
            match arguments.len() {
                1 => arguments.into_iter().next(),
                _ => Some(parse_quote!((#arguments))),
            }
        }
        Some(MacroEffect::Propagates) => {
            arguments(tokens)?.into_iter().next().map(|argument| parse_quote!((#argument)?))
        }
        None => same_name(&node.mac.path, tokens),
    }
}

/// A call of a function with the macro's name.
fn same_name(path: &Path, tokens: &TokenStream) -> Option<Expr> {
    let arguments = arguments(tokens)?;
    let span = path.segments.last()?.ident.span();
    // Not every macro name is a valid function name.
    syn::parse2(quote_spanned!(span=> #path(#arguments))).ok()
}

fn name(mac: &Macro) -> Option<String> {
    mac.path.segments.last().map(|segment| segment.ident.to_string())
}

fn arguments(tokens: &TokenStream) -> Option<Punctuated<Expr, Token![,]>> {
    Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()).ok()
}

/// The arguments of a logging macro.
///
/// The name in a setting such as `target: "train"`, and the sigils of `%loss` and `?loss`, are left out.
fn logged(tokens: &TokenStream) -> Option<Vec<Expr>> {
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
    let mut format = None;
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        let named = mark(piece.get(1), ':') && !mark(piece.get(2), ':');
        let signed = mark(piece.first(), '%') || mark(piece.first(), '?');
        let piece = match (named, signed) {
            (true, _) => &piece[2..],
            (_, true) => &piece[1..],
            _ => &piece[..],
        };
        let argument = match expr(piece)? {
            // `x = loss.item()` in `format!("{x}", x = loss.item())` is no assignment.
            Expr::Assign(named) => *named.right,
            other => other,
        };
        if let (Expr::Lit(ExprLit { lit: Lit::Str(text), .. }), false) = (&argument, named) {
            format.get_or_insert_with(|| text.clone());
        }
        found.push(argument);
    }
    found.extend(format.iter().flat_map(captured));
    Some(found)
}

/// The variables that a format string names: `total` and `width` of `"{total:>width$}"`.
fn captured(format: &LitStr) -> Vec<Expr> {
    let mut found = Vec::new();
    // Escaped braces are removed first, so that each remaining `{` begins an argument.
    for part in format.value().replace("{{", "").split('{').skip(1) {
        let argument = part.split('}').next().unwrap_or_default();
        let (name, spec) = argument.split_once(':').unwrap_or((argument, ""));
        let sizes =
            spec.split('$').rev().skip(1).map(|size| {
                size.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
            });
        let names = std::iter::once(name.trim()).chain(sizes);
        found.extend(names.filter_map(|name| syn::parse_str::<Ident>(name).ok()).map(|mut name| {
            name.set_span(format.span());
            Expr::Path(parse_quote!(#name))
        }));
    }
    found
}

fn bracketed(tokens: &TokenStream) -> TokenStream {
    TokenTree::from(proc_macro2::Group::new(proc_macro2::Delimiter::Bracket, tokens.clone()))
        .into_token_stream()
}

/// The expression `let P = x && c` for `matches!(x, P if c)`.
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
