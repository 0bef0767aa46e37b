//! The door of `#[training_loop]`: args and item in, item and diagnostics out.
//!
//! Whatever happens inside, the user's item comes out again, so that completion and types keep working.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ItemFn};

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::item::{Item, SpecFn};
use crate::rules::cross;
use crate::spec::{Spec, Value};
use crate::{expand, plan, report};

/// Runs a phase; a panic of ours becomes a report with `item` re-emitted.
pub(crate) fn guarded(item: &TokenStream, work: impl FnOnce() -> TokenStream) -> TokenStream {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let item = match Item::parse(item) {
            Item::Spec(spec) => expand::stand_in(&spec),
            _ => item.clone(),
        };
        let error = report::errors(&[bug(said)]);
        quote!(#item #error)
    })
}

/// What to say about a mistake of ours.
fn bug(said: &str) -> Diagnostic {
    Diagnostic::error(Span::call_site(), format!("the analysis of this training loop failed: {said}"))
        .note("this is a bug of `training-loop`, not of your code")
        .help("please report it with this function: https://github.com/training-loop/training-loop/issues")
}

/// Expands the attribute.
pub(crate) fn attribute(args: TokenStream, tokens: &TokenStream) -> TokenStream {
    match Item::parse(tokens) {
        Item::Spec(item) => write(args, &item),
        Item::Loop(item) => read(args, &item, tokens),
        Item::Unfinished => tokens.clone(),
        Item::Other(error) => {
            let error = report::errors(&[error]);
            quote!(#tokens #error)
        }
    }
}

/// Writes the loop of a spec.
fn write(args: TokenStream, item: &SpecFn) -> TokenStream {
    let bag = Bag::new();
    let spec = Spec::parse(&bag, args);
    let amounts = cross::check(&bag, &spec, item);
    let mistakes = bag.check();
    if !mistakes.is_empty() {
        let (item, errors) = (expand::stand_in(item), report::errors(&mistakes));
        return quote!(#item #errors);
    }
    match plan::plan(&spec, item, &amounts) {
        Ok(plan) => expand::expand(&plan, item),
        Err(said) => {
            let (item, errors) = (expand::stand_in(item), report::errors(&[bug(said)]));
            quote!(#item #errors)
        }
    }
}

/// Reads a hand-written loop.
fn read(args: TokenStream, item: &ItemFn, tokens: &TokenStream) -> TokenStream {
    let _ = item;
    let bag = Bag::new();
    let spec = Spec::parse(&bag, args);
    check_reading(&bag, &spec);
    let errors = report::errors(&bag.check());
    quote!(#tokens #errors)
}

/// Above a body stand only clauses that say how to read it.
fn check_reading(bag: &Bag, spec: &Spec) {
    for key in &spec.keys {
        let name = key.to_string();
        if !["allow", "warn", "deny", "optimizer", "model", "crate"].contains(&name.as_str()) {
            bag.push(
                Diagnostic::error(
                    key.span(),
                    format!("`{name}` has no meaning for a loop that is written already"),
                )
                .note("above a body stand `allow`, `warn`, `deny`, `optimizer = name` and `model = name`")
                .help("remove the clause, or replace the body by `;` to have the loop written"),
            );
        }
    }
    role(bag, &spec.optimizer);
    role(bag, &spec.model);
}

/// The name of a variable of the loop.
fn role(bag: &Bag, clause: &Value) -> Option<String> {
    let clause = clause.as_ref()?;
    if let Expr::Path(path) = &clause.value
        && let Some(name) = path.path.get_ident()
    {
        return Some(name.to_string());
    }
    let key = &clause.key;
    let place = Place::of(&clause.value.to_token_stream());
    bag.push(
        Diagnostic::error(place, format!("above a body, `{key}` names a variable of the loop"))
            .help(format!("write `{key} = {key}`")),
    );
    None
}
