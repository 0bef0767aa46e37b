//! Durations: `2 epochs`, `500 steps`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token};

use super::read::Reading;
use crate::bag;
use crate::diagnostic::{Diagnostic, Place};

/// How often something happens: how many, and of what.
#[derive(Clone)]
pub(crate) struct Every {
    pub(crate) count: Expr,
    pub(crate) unit: Unit,
}

/// What `every` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Epochs,
    Steps,
}

/// Reads `= 2 epochs`.
pub(super) fn every(input: ParseStream, key: &Ident) -> Result<Every, Diagnostic> {
    let help = "write `every = 1 epochs` or `every = 500 steps`";
    if !input.peek(Token![=]) || input.peek2(Token![,]) {
        return Err(Diagnostic::error(key.span(), "`every` has no value").help(help));
    }
    let _: syn::Result<Token![=]> = input.parse();
    if input.is_empty() {
        return Err(Diagnostic::error(key.span(), "`every` has no value").help(help));
    }
    let mut count = input.parse::<Expr>().map_err(|error| bag::from_syn(&error))?;
    while let Expr::Paren(inner) = count {
        count = *inner.expr;
    }
    let Ok(unit) = input.call(Ident::parse_any) else {
        return Err(Diagnostic::error(Place::of(&count), "`every` needs a unit").help(help));
    };
    match unit.to_string().as_str() {
        "epoch" | "epochs" => Ok(Every { count, unit: Unit::Epochs }),
        "step" | "steps" => Ok(Every { count, unit: Unit::Steps }),
        "batch" | "batches" => {
            Err(Diagnostic::error(unit.span(), "validation is counted in epochs or steps, not in batches")
                .note("a step is one update of the optimizer; with `accumulate` it takes several batches")
                .help(help))
        }
        other => Err(Diagnostic::error(
            unit.span(),
            format!("validation is counted in epochs or steps, not in `{other}`"),
        )
        .help(help)),
    }
}

/// Reads a unit after a number that needs none: its own unit is fine, another one a contradiction.
pub(super) fn drop_unit(reading: &Reading, input: ParseStream) -> Result<(), Diagnostic> {
    let ahead = input.fork();
    let Ok(unit) = ahead.call(Ident::parse_any) else { return Ok(()) };
    if ahead.peek(Token![=]) {
        return Ok(()); // A comma is missing; the next clause says so.
    }
    let _ = input.call(Ident::parse_any);
    let own = reading.name.row().units;
    if own.iter().any(|own| unit == own) {
        return Ok(());
    }
    let key = reading.key;
    let message = match own.last() {
        None => format!("`{key}` has no unit"),
        Some(own) => format!("`{key}` counts {own}, not `{unit}`"),
    };
    Err(Diagnostic::error(unit.span(), message).help(reading.example()))
}
