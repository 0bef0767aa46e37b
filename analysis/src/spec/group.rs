//! Clauses with parentheses: `validate(every = 2 epochs, first)`, `on(..)`, `allow(..)`.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token};

use super::duration::{Every, every};
use super::names::list;
use super::parse::items;
use super::read::{Form, Read, Reading, after_equals, group};
use crate::bag::Bag;
use crate::diagnostic::Diagnostic;
use crate::suggest::nearest;
use crate::suppress::Setting;

/// The points of a run at which validation runs.
#[derive(Clone, Default)]
pub(crate) struct Validate {
    pub(crate) every: Option<Every>,
    /// Whether validation also runs before the first epoch.
    pub(crate) first: bool,
}

/// A hook: `epoch_end = closure`.
#[derive(Clone)]
pub(crate) struct Hook {
    pub(crate) key: Ident,
    pub(crate) value: Expr,
}

/// The lints to which one clause assigns a level: `allow(lint, ..)`.
#[derive(Clone)]
pub(crate) struct Levels {
    pub(crate) setting: Setting,
    pub(crate) lints: Vec<Ident>,
}

/// The names of hooks in `on(..)`.
const HOOKS: [&str; 4] = ["epoch_end", "batch_end", "before_step", "validation_end"];

/// Parses `validate(every = 2 epochs, first)`.
impl Read for Validate {
    const FORM: Form = Form::Group;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let content = group(reading, input)?;
        let mut value = Self::default();
        items(reading.bag, &content, "option", |input| validate_option(input, &mut value));
        Ok(value)
    }
}

/// Parses `on(epoch_end = closure)`.
impl Read for Vec<Hook> {
    const FORM: Form = Form::Group;

    fn read(reading: &mut Reading, input: ParseStream) -> Result<Self, Diagnostic> {
        let content = group(reading, input)?;
        let mut hooks = Vec::new();
        items(reading.bag, &content, "hook", |input| hook(reading.bag, input, &mut hooks));
        Ok(hooks)
    }
}

/// Parses the names in `allow(lint, ..)`.
pub(super) fn lints(reading: &Reading, input: ParseStream) -> Result<Vec<Ident>, Diagnostic> {
    let content = group(reading, input)?;
    let mut lints = Vec::new();
    items(reading.bag, &content, "lint", |input| {
        lints.push(lint(reading.key, input)?);
        Ok(())
    });
    Ok(lints)
}

/// Parses the name of a lint.
fn lint(key: &Ident, input: ParseStream) -> Result<Ident, Diagnostic> {
    let lint = input.call(Ident::parse_any).map_err(|error| {
        Diagnostic::error(error.span(), format!("`{key}` lists names of lints"))
            .help(format!("write `{key}(missing_step)`"))
    })?;
    if !input.peek(Token![::]) {
        return Ok(lint);
    }
    while !input.is_empty() && !input.peek(Token![,]) {
        let _: syn::Result<TokenTree> = input.parse();
    }
    let message = format!("`{key}` lists lints of training loops, and `{lint}` is another tool");
    Err(Diagnostic::error(lint.span(), message)
        .help(format!("write it as an attribute of the function: `#[{key}({lint}::..)]`")))
}

/// Parses `every = 2 epochs` or `first`.
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
                return Err(Diagnostic::error(place, "`first` takes no value").help(help));
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

/// Parses `epoch_end = closure`.
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
    let value = after_equals(input, &key, "").map_err(|error| error.help(help))?;
    hooks.push(Hook { key, value });
    Ok(())
}
