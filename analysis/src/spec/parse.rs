//! The grammar of the spec, with recovery: after a mistake the next clause is read all the same.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseBuffer, ParseStream, Parser};
use syn::{Expr, Ident, Lit, Path, Token, bracketed, parenthesized, token};

use super::foreign::LATER;
use super::names::{CLAUSES, Form, help_for_clause};
use super::{Clause, Spec, group, order};
use crate::bag::{self, Bag};
use crate::diagnostic::{Diagnostic, Place};

/// Reads all clauses.
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

/// The arguments in brackets of their own that end where the last token does: what misses an end is told
/// there, and not at the whole attribute.
fn ending(args: TokenStream) -> TokenTree {
    let last = args.clone().into_iter().last().map_or_else(Span::call_site, |token| Place::of(&token).end);
    let mut group = Group::new(Delimiter::Parenthesis, args);
    group.set_span(last);
    group.into()
}

/// Reads things that are separated by commas; a mistake in one does not hide the next.
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

/// Goes over the comma between two things, or says what stands there instead.
fn separator(bag: &Bag, input: ParseStream, what: &str, failed: bool) {
    if input.is_empty() {
    } else if input.peek(Token![,]) {
        let _: syn::Result<Token![,]> = input.parse();
    } else if input.peek(Token![;]) {
        let message = format!("a `,` and not a `;` stands between one {what} and the next");
        bag.push(Diagnostic::error(input.span(), message).help("write `,`"));
        let _: syn::Result<Token![;]> = input.parse();
    } else if starts_clause(input) {
        // After a mistake, the comma was lost to it.
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

/// Whether the tokens after a comma look like the next thing in a list, and not like more of a closure's
/// parameters or of a type's.
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
        equals || (ahead.peek(token::Paren) && CLAUSES.iter().any(|(clause, _)| name == clause))
    })
}

/// Goes on to what looks like the end of the thing that could not be read: a comma, but not one between a
/// closure's parameters, a semicolon, or the next clause.
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
    let known = |name: Ident| CLAUSES.iter().any(|(clause, _)| name == clause);
    starts_clause(input) && input.fork().call(Ident::parse_any).is_ok_and(known)
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

/// Reads one clause.
fn clause(bag: &Bag, input: ParseStream, spec: &mut Spec) -> Result<(), Diagnostic> {
    let Ok(key) = input.call(Ident::parse_any) else {
        return Err(Diagnostic::error(next_place(input), format!("unexpected {}", next_text(input)))
            .help("a clause starts with its name: `epochs = 10`"));
    };
    let name = key.unraw().to_string();
    let Some((_, form)) = CLAUSES.iter().find(|(clause, _)| *clause == name) else {
        let (help, meant) = help_for_clause(&name);
        spec.meant.extend(meant);
        let message = if LATER.iter().any(|(later, _)| *later == name) {
            format!("this version does not have the clause `{name}` yet")
        } else {
            format!("unknown clause `{name}`")
        };
        return Err(Diagnostic::error(key.span(), message).help(help));
    };
    let first =
        spec.keys.iter().find(|first| **first == name && !matches!(name.as_str(), "allow" | "warn" | "deny"));
    if let Some(first) = first {
        let line = first.span().start().line;
        bag.push(
            Diagnostic::error(key.span(), format!("`{name}` is given twice"))
                .note_at(first.span(), format!("the first one is on line {line}"))
                .help("keep one of them"),
        );
    }
    spec.keys.push(key.clone());
    check_form(input, &key, *form)?;
    match form {
        Form::Value => value_clause(input, spec, key, &name),
        Form::List => list_clause(bag, input, spec, key, &name),
        Form::Group => group::clause(bag, input, spec, key, &name),
    }
}

/// Sees that the name is followed by what its clause needs, and says how the clause is written if not.
fn check_form(input: ParseStream, key: &Ident, form: Form) -> Result<(), Diagnostic> {
    let found = match form {
        Form::Group => input.peek(token::Paren),
        Form::Value | Form::List => input.peek(Token![=]),
    };
    if found {
        return Ok(());
    }
    let example = example(&key.unraw().to_string());
    let message = match form {
        Form::Group if input.peek(Token![=]) => format!("`{key}` takes parentheses, not `=`"),
        Form::Group => format!("`{key}` takes parentheses"),
        Form::Value | Form::List if input.peek(Token![:]) => format!("`{key}` takes `=`, not `:`"),
        Form::Value | Form::List => format!("`{key}` has no value"),
    };
    Err(Diagnostic::error(key.span(), message).help(format!("write `{example}`")))
}

/// How a clause is written.
pub(crate) fn example(name: &str) -> &'static str {
    match name {
        "model" => "model = self.model",
        "train" => "train = loader",
        "valid" => "valid = loader",
        "loss" => "loss = cross_entropy",
        "loss_weight" => "loss_weight = |batch| batch.len()",
        "forward" => "forward = |model, batch| model.forward(&batch.input)",
        "training_step" => "training_step = |model, batch| ...",
        "optimizer" => "optimizer = AdamW::new(model.parameters(), 1e-3)",
        "scheduler" => "scheduler = CosineLr::new(1000)",
        "epochs" => "epochs = 10",
        "max_steps" => "max_steps = 1000",
        "seed" => "seed = 0",
        "accumulate" => "accumulate = 4",
        "clip_grad_norm" => "clip_grad_norm = 1.0",
        "clip_grad_value" => "clip_grad_value = 0.5",
        "crate" => "crate = path::to::training_loop",
        "metrics" => "metrics = [accuracy]",
        "train_metrics" => "train_metrics = [accuracy]",
        "train_order" => "train_order = [forward, loss, zero_grad, backward, step]",
        "eval_order" => "eval_order = [forward, loss, metrics]",
        "validate" => "validate(every = 1 epochs)",
        "on" => "on(epoch_end = |model, state| ...)",
        "allow" => "allow(missing_step)",
        "warn" => "warn(missing_step)",
        _ => "deny(missing_step)",
    }
}

/// Reads the expression after `=`.
pub(super) fn expression(input: ParseStream, key: &Ident) -> Result<Expr, Diagnostic> {
    let _: syn::Result<Token![=]> = input.parse();
    if input.is_empty() || input.peek(Token![,]) {
        let example = example(&key.unraw().to_string());
        return Err(
            Diagnostic::error(key.span(), format!("`{key}` has no value")).help(format!("write `{example}`"))
        );
    }
    let mut value = input.parse::<Expr>().map_err(|error| {
        let place = Place::from(error.span());
        Diagnostic::error(place, format!("the value of `{key}` is not an expression: {error}"))
    })?;
    // A `macro_rules` macro puts what it was given into a group.
    loop {
        value = match value {
            Expr::Paren(inner) => *inner.expr,
            Expr::Group(inner) => *inner.expr,
            other => return Ok(other),
        };
    }
}

/// Reads `name = expression` into its field.
fn value_clause(input: ParseStream, spec: &mut Spec, key: Ident, name: &str) -> Result<(), Diagnostic> {
    if name == "crate" {
        let _: syn::Result<Token![=]> = input.parse();
        let value = input.call(Path::parse_mod_style).map_err(|error| {
            Diagnostic::error(error.span(), "`crate` is the path of the runtime")
                .help("write `crate = path::to::training_loop`")
        })?;
        spec.path.get_or_insert(Clause { key, value });
        return Ok(());
    }
    let value = expression(input, &key)?;
    if let Some(unit) = group::own_unit(name) {
        group::drop_unit(input, &key, unit)?;
    } else if let Expr::Assign(assign) = &value {
        // `loss = optimizer = ...`: the value of the first clause is missing, and its comma.
        let place = Place::of(assign);
        return Err(Diagnostic::error(place, format!("the value of `{key}` is an assignment"))
            .help(format!("write `{}`", example(name))));
    }
    let Some(field) = spec.field(name) else { return Ok(()) };
    field.get_or_insert(Clause { key, value });
    Ok(())
}

/// Reads `name = [..]` into its field.
fn list_clause(
    bag: &Bag,
    input: ParseStream,
    spec: &mut Spec,
    key: Ident,
    name: &str,
) -> Result<(), Diagnostic> {
    let _: syn::Result<Token![=]> = input.parse();
    if !input.peek(token::Bracket) {
        return Err(Diagnostic::error(next_place(input), format!("`{key}` takes a list in brackets"))
            .help(format!("write `{}`", example(name))));
    }
    let content = brackets(input).map_err(|error| bag::from_syn(&error))?;
    match name {
        "metrics" | "train_metrics" => {
            let mut value = Vec::new();
            items(bag, &content, "metric", |input| {
                value.push(input.parse::<Expr>().map_err(|error| bag::from_syn(&error))?);
                Ok(())
            });
            let field = if name == "metrics" { &mut spec.metrics } else { &mut spec.train_metrics };
            field.get_or_insert(Clause { key, value });
        }
        _ => {
            let before = bag.len();
            let value = order::parse(bag, &content, &key);
            spec.broken_orders.extend((bag.len() > before).then(|| key.clone()));
            let field = if name == "train_order" { &mut spec.train_order } else { &mut spec.eval_order };
            field.get_or_insert(Clause { key, value });
        }
    }
    Ok(())
}

/// What stands in the brackets that come next.
fn brackets(input: ParseStream<'_>) -> syn::Result<ParseBuffer<'_>> {
    let content;
    bracketed!(content in input);
    Ok(content)
}

/// What stands in the parentheses that come next.
pub(super) fn parentheses(input: ParseStream<'_>) -> syn::Result<ParseBuffer<'_>> {
    let content;
    parenthesized!(content in input);
    Ok(content)
}
