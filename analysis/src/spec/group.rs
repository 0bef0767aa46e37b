//! Clauses with parentheses: `validate(every = 2 epochs, first)`, `on(..)`, `allow(..)`.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token};

use super::names::list;
use super::parse::{expression, items, parentheses};
use super::{Clause, Spec};
use crate::bag::{self, Bag};
use crate::diagnostic::Diagnostic;
use crate::stage::nearest;
use crate::suppress::Setting;

/// When to validate.
#[derive(Clone, Default)]
pub(crate) struct Validate {
    pub(crate) every: Option<Every>,
    /// Also once before the first epoch.
    pub(crate) first: bool,
}

/// A duration: how many, and of what.
#[derive(Clone)]
pub(crate) struct Every {
    pub(crate) count: Expr,
    pub(crate) unit: Unit,
}

/// What durations count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Epochs,
    Steps,
}

/// `epoch_end = closure`: what runs, and when.
#[derive(Clone)]
pub(crate) struct Hook {
    pub(crate) key: Ident,
    pub(crate) value: Expr,
}

/// `allow(lint, ..)`: a level for some lints.
#[derive(Clone)]
pub(crate) struct Levels {
    pub(crate) setting: Setting,
    pub(crate) lints: Vec<Ident>,
}

/// The hooks that `on(..)` knows.
const HOOKS: [&str; 4] = ["epoch_end", "batch_end", "before_step", "validation_end"];

/// Reads what stands in the parentheses of the clause.
pub(super) fn clause(
    bag: &Bag,
    input: ParseStream,
    spec: &mut Spec,
    key: Ident,
    name: &str,
) -> Result<(), Diagnostic> {
    let content = parentheses(input).map_err(|error| bag::from_syn(&error))?;
    if content.is_empty() {
        let example = super::parse::example(name);
        return Err(Diagnostic::error(key.span(), format!("`{key}()` says nothing"))
            .help(format!("write `{example}`")));
    }
    match name {
        "validate" => {
            let mut value = Validate::default();
            items(bag, &content, "option", |input| validate_option(input, &mut value));
            spec.validate.get_or_insert(Clause { key, value });
        }
        "on" => {
            let mut value = Vec::new();
            items(bag, &content, "hook", |input| hook(bag, input, &mut value));
            spec.on.get_or_insert(Clause { key, value });
        }
        _ => {
            let setting = match name {
                "allow" => Setting::Allow,
                "warn" => Setting::Warn,
                _ => Setting::Deny,
            };
            let mut lints = Vec::new();
            items(bag, &content, "lint", |input| {
                let lint = input.call(Ident::parse_any).map_err(|error| {
                    Diagnostic::error(error.span(), format!("`{key}` lists names of lints"))
                        .help(format!("write `{key}(missing_step)`"))
                })?;
                if input.peek(Token![::]) {
                    while !input.is_empty() && !input.peek(Token![,]) {
                        let _: syn::Result<TokenTree> = input.parse();
                    }
                    let message = format!(
                        "`{key}` lists the lints of training loops, and `{lint}` is a tool of its own"
                    );
                    return Err(Diagnostic::error(lint.span(), message)
                        .help(format!("write it as an attribute of the function: `#[{key}({lint}::..)]`")));
                }
                lints.push(lint);
                Ok(())
            });
            spec.levels.push(Levels { setting, lints });
        }
    }
    Ok(())
}

/// Reads `every = 2 epochs` or `first`.
fn validate_option(input: ParseStream, value: &mut Validate) -> Result<(), Diagnostic> {
    let help = "write `validate(every = 2 epochs, first)`";
    let key = input.call(Ident::parse_any).map_err(|error| {
        Diagnostic::error(error.span(), "`validate` takes `every` and `first`").help(help)
    })?;
    match key.to_string().as_str() {
        "every" if value.every.is_some() => {
            every(input, &key)?;
            Err(Diagnostic::error(key.span(), "`every` is given twice").help("keep one of them"))
        }
        "every" => {
            value.every = Some(every(input, &key)?);
            Ok(())
        }
        "first" if value.first => {
            Err(Diagnostic::error(key.span(), "`first` is given twice").help("keep one of them"))
        }
        "first" => {
            value.first = true;
            if input.peek(Token![=]) {
                let place = input.span();
                while !input.is_empty() && !input.peek(Token![,]) {
                    let _: syn::Result<TokenTree> = input.parse();
                }
                return Err(Diagnostic::error(place, "`first` takes no value: it is there or not").help(help));
            }
            Ok(())
        }
        other => Err(Diagnostic::error(key.span(), format!("unknown option `{other}` of `validate`")).help(
            match nearest(other, ["every", "first"]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => help.to_owned(),
            },
        )),
    }
}

/// Reads `= 2 epochs`.
fn every(input: ParseStream, key: &Ident) -> Result<Every, Diagnostic> {
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
        return Err(
            Diagnostic::error(crate::diagnostic::Place::of(&count), "`every` needs a unit").help(help)
        );
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

/// Reads `epoch_end = closure`.
fn hook(bag: &Bag, input: ParseStream, hooks: &mut Vec<Hook>) -> Result<(), Diagnostic> {
    let help = "write `on(epoch_end = |model, state| ...)`";
    let key = input
        .call(Ident::parse_any)
        .map_err(|error| Diagnostic::error(error.span(), "`on` takes hooks").help(help))?;
    let name = key.to_string();
    if !input.peek(Token![=]) {
        return Err(Diagnostic::error(key.span(), format!("`{name}` has no value")).help(help));
    }
    if !HOOKS.contains(&name.as_str()) {
        return Err(Diagnostic::error(key.span(), format!("unknown hook `{name}`")).help(
            match nearest(&name, HOOKS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the hooks are {}", list(&HOOKS)),
            },
        ));
    }
    if hooks.iter().any(|hook| hook.key == name) {
        bag.push(
            Diagnostic::error(key.span(), format!("`{name}` is given twice"))
                .help("put both into one closure"),
        );
    }
    let value = expression(input, &key).map_err(|error| error.help(help))?;
    hooks.push(Hook { key, value });
    Ok(())
}

/// The unit that a number clause counts by itself, singular and plural.
pub(super) fn own_unit(clause: &str) -> Option<[&'static str; 2]> {
    match clause {
        "epochs" => Some(["epoch", "epochs"]),
        "max_steps" => Some(["step", "steps"]),
        "accumulate" => Some(["batch", "batches"]),
        "seed" | "clip_grad_norm" | "clip_grad_value" => Some(["", ""]),
        _ => None,
    }
}

/// Reads a unit behind a number that needs none: its own unit is fine, another one a contradiction.
pub(super) fn drop_unit(input: ParseStream, key: &Ident, own: [&str; 2]) -> Result<(), Diagnostic> {
    let ahead = input.fork();
    let Ok(unit) = ahead.call(Ident::parse_any) else { return Ok(()) };
    if ahead.peek(Token![=]) {
        return Ok(()); // A comma is missing; the next clause says so.
    }
    let _ = input.call(Ident::parse_any);
    if own.iter().any(|own| unit == own) {
        return Ok(());
    }
    let message = match own[1] {
        "" => format!("`{key}` has no unit"),
        own => format!("`{key}` counts {own}, not `{unit}`"),
    };
    Err(Diagnostic::error(unit.span(), message)
        .help(format!("write `{}`", super::parse::example(&key.to_string()))))
}
