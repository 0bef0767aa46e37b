//! Parsers of clause values. The type of the value determines the syntax after the clause's name.

use syn::parse::{ParseBuffer, ParseStream};
use syn::{Expr, Ident, Path, Token, bracketed, parenthesized, token};

use super::parse::{items, next_place};
use super::{Clause, ClauseName};
use crate::bag::{self, Bag};
use crate::diagnostic::{Diagnostic, Place};

/// The syntax after the name of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The syntax `name = expression`.
    Value,
    /// The syntax `name = [..]`.
    List,
    /// The syntax `name(..)`.
    Group,
    /// The syntax `name`, or `name(..)`.
    Flag,
}

/// The clause being parsed.
pub(super) struct Reading<'a> {
    pub(super) bag: &'a Bag,
    pub(super) name: ClauseName,
    /// The key of the clause, with its span.
    pub(super) key: &'a Ident,
    /// The keys of orders with an unreadable entry.
    pub(super) broken_orders: &'a mut Vec<Ident>,
}

impl Reading<'_> {
    /// The help for an error in the clause: an example of the clause.
    pub(super) fn example(&self) -> String {
        format!("write `{}`", self.name.example())
    }
}

/// A type of clause values, with the parser of the values.
pub(super) trait Read: Sized {
    /// The syntax after the clause's name.
    const FORM: Form;

    /// Converts the function's parameter with the clause's name to the value. `None` if the clause
    /// may not use a parameter.
    const FROM_PARAMETER: Option<fn(Expr) -> Self> = None;

    /// Parses the tokens after the name. Errors in parts of the value go into the bag.
    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic>;

    /// The value as one expression; `None` if the value has another form.
    fn expression(&self) -> Option<&Expr> {
        None
    }
}

/// Sets a clause to the parameter with the clause's name. Returns whether the clause may use a parameter.
pub(super) fn take<T: Read>(field: &mut Option<Clause<T>>, parameter: &Ident) -> bool {
    let Some(from_parameter) = T::FROM_PARAMETER else { return false };
    let value = from_parameter(syn::parse_quote!(#parameter));
    *field = Some(Clause { key: parameter.clone(), value });
    true
}

/// The key and the value of this clause, if the value is one expression.
pub(super) fn expression<T: Read>(clause: Option<&Clause<T>>) -> Option<(&Ident, &Expr)> {
    let Clause { key, value } = clause?;
    Some((key, value.expression()?))
}

/// Parses `epochs = 10` or `optimizer = Sgd::new(model.parameters(), 0.1)`.
impl Read for Expr {
    const FORM: Form = Form::Value;
    const FROM_PARAMETER: Option<fn(Expr) -> Self> = Some(|parameter| parameter);

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let value = after_equals(input, reading.key, reading.name.example())?;
        if reading.name.rule().is_some() {
            super::duration::drop_unit(reading, input)?;
        } else if let Expr::Assign(assign) = &value {
            // `loss = optimizer = ...`: the first clause has neither a value nor a comma.
            let message = format!("the value of `{}` is an assignment", reading.key);
            return Err(Diagnostic::error(Place::of(assign), message).help(reading.example()));
        }
        Ok(value)
    }

    fn expression(&self) -> Option<&Expr> {
        Some(self)
    }
}

/// Parses `crate = path::to::training_loop`.
impl Read for Path {
    const FORM: Form = Form::Value;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let _: syn::Result<Token![=]> = input.parse();
        input.call(Path::parse_mod_style).map_err(|error| {
            Diagnostic::error(error.span(), "`crate` is the path of the runtime").help(reading.example())
        })
    }
}

/// Parses `metrics = [accuracy, top_k(5)]`.
impl Read for Vec<Expr> {
    const FORM: Form = Form::List;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let content = list(reading, input)?;
        let mut metrics = Vec::new();
        items(reading.bag, &content, "metric", |input| {
            metrics.push(input.parse::<Expr>().map_err(|error| bag::from_syn(&error))?);
            Ok(())
        });
        Ok(metrics)
    }
}

/// Parses the expression after `=`.
pub(super) fn after_equals(input: ParseStream, key: &Ident, example: &str) -> Result<Expr, Diagnostic> {
    let _: syn::Result<Token![=]> = input.parse();
    if input.is_empty() || input.peek(Token![,]) {
        return Err(
            Diagnostic::error(key.span(), format!("`{key}` has no value")).help(format!("write `{example}`"))
        );
    }
    let mut value = input.parse::<Expr>().map_err(|error| {
        let place = Place::from(error.span());
        Diagnostic::error(place, format!("the value of `{key}` is not an expression: {error}"))
    })?;
    // A `macro_rules` macro wraps its fragments in a group without delimiters.
    loop {
        value = match value {
            Expr::Paren(inner) => *inner.expr,
            Expr::Group(inner) => *inner.expr,
            other => return Ok(other),
        };
    }
}

/// The contents of the brackets after `=`.
pub(super) fn list<'a>(reading: &Reading, input: ParseStream<'a>) -> Result<ParseBuffer<'a>, Diagnostic> {
    let _: syn::Result<Token![=]> = input.parse();
    if !input.peek(token::Bracket) {
        let message = format!("`{}` takes a list in brackets", reading.key);
        return Err(Diagnostic::error(next_place(input), message).help(reading.example()));
    }
    brackets(input).map_err(|error| bag::from_syn(&error))
}

/// The contents of the parentheses after the clause's name.
pub(super) fn group<'a>(reading: &Reading, input: ParseStream<'a>) -> Result<ParseBuffer<'a>, Diagnostic> {
    let content = parentheses(input).map_err(|error| bag::from_syn(&error))?;
    if content.is_empty() {
        let message = format!("`{}()` has no effect", reading.key);
        return Err(Diagnostic::error(reading.key.span(), message).help(reading.example()));
    }
    Ok(content)
}

/// Checks that the syntax after the clause's name is the syntax of the clause.
pub(super) fn check_form(input: ParseStream, key: &Ident, name: ClauseName) -> Result<(), Diagnostic> {
    let form = name.form();
    let found = match form {
        Form::Group => input.peek(token::Paren),
        Form::Value | Form::List => input.peek(Token![=]),
        Form::Flag => input.is_empty() || input.peek(Token![,]) || input.peek(token::Paren),
    };
    if found {
        return Ok(());
    }
    let message = match form {
        Form::Group if input.peek(Token![=]) => format!("`{key}` takes parentheses, not `=`"),
        Form::Group => format!("`{key}` takes parentheses"),
        Form::Flag if input.peek(Token![=]) => format!("`{key}` takes no value"),
        Form::Flag => format!("a comma is missing after `{key}`"),
        Form::Value | Form::List if input.peek(Token![:]) => format!("`{key}` takes `=`, not `:`"),
        Form::Value | Form::List => format!("`{key}` has no value"),
    };
    Err(Diagnostic::error(key.span(), message).help(format!("write `{}`", name.example())))
}

/// The contents of the next brackets.
fn brackets(input: ParseStream<'_>) -> syn::Result<ParseBuffer<'_>> {
    let content;
    bracketed!(content in input);
    Ok(content)
}

/// The contents of the next parentheses.
pub(super) fn parentheses(input: ParseStream<'_>) -> syn::Result<ParseBuffer<'_>> {
    let content;
    parenthesized!(content in input);
    Ok(content)
}
