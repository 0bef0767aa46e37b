//! Reads `#[training_loop(..)]` above hand-written loops, for both the macro and the command.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Expr, Ident, Meta};

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::options::CheckOptions;
use crate::spec::{Spec, Value, names};
use crate::vocabulary::Vocabularies;
use crate::{lints, suppress};

/// A callback that collects the names in a function. The callback runs only if a clause refers to a
/// name.
pub(crate) type Names<'n> = &'n dyn Fn() -> BTreeSet<String>;

/// A function that reads the check options of an item. It returns the options, and whether the item
/// has the attribute.
///
/// A reader takes three arguments: the attributes of the item, the options of the enclosing item,
/// and the names in the item if the item is a function.
pub(crate) type Reader<'t> =
    dyn Fn(&[Attribute], Option<&CheckOptions>, Option<Names<'_>>) -> (CheckOptions, bool) + 't;

/// A reference to a reader of options.
pub(crate) type Told<'t> = &'t Reader<'t>;

/// Whether an attribute is `#[training_loop]`, written with any path.
pub(crate) fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "training_loop")
}

/// Whether one of these attributes may leave the code out of the program: `#[cfg(feature = "report")]`.
pub(crate) fn may_leave_out(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg"))
}

/// Creates a reader of options that adds its errors to the bag.
pub(crate) fn told(bag: &Bag) -> Box<Reader<'_>> {
    Box::new(|attributes, around, names| {
        let options = around.cloned().unwrap_or_default();
        let Some(attribute) = attributes.iter().find(|attribute| is_ours(attribute)) else {
            return (options, false);
        };
        let args = match &attribute.meta {
            Meta::List(list) => list.tokens.clone(),
            _ => TokenStream::new(),
        };
        // Only functions have names.
        let above = if names.is_some() { Above::Body } else { Above::Group };
        (read(bag, args, above, names, CheckOptions { annotated: true, ..options }), true)
    })
}

/// The kind of item below the attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Above {
    Body,
    Group,
}

/// Adds the clauses of the attribute to the options.
pub(crate) fn read(
    bag: &Bag,
    args: TokenStream,
    above: Above,
    names: Option<Names<'_>>,
    mut options: CheckOptions,
) -> CheckOptions {
    let spec = Spec::parse(bag, args);
    options.levels.extend(levels(bag, &spec));
    if let Some(clause) = &spec.path {
        let crates = clause.value.segments.iter().map(|segment| segment.ident.to_string());
        options.vocabularies = Some(Vocabularies::of_crates(crates));
    }
    if check_clauses(bag, &spec, above) {
        options.optimizers.extend(role(bag, &spec.optimizer, names));
        options.models.extend(role(bag, &spec.model, names));
    }
    options
}

/// The levels set by `allow`, `warn` and `deny`.
pub(crate) fn levels(bag: &Bag, spec: &Spec) -> suppress::Levels {
    let mut levels = suppress::Levels::default();
    for clause in &spec.levels {
        for lint in &clause.lints {
            let name = lint.to_string();
            let rule = lints::of_specs().iter().any(|lint| lint.name == name);
            if rule && clause.setting != suppress::Setting::Deny {
                let message = format!("`{name}` has no other level");
                let note = "no loop can be written in such an order";
                bag.push(
                    Diagnostic::error(lint.span(), message)
                        .note(note)
                        .help("remove it here, and mend the order"),
                );
            }
            if lints::find(&name).is_none() {
                let known: Vec<&str> = lints::all().iter().map(|lint| lint.name).collect();
                let help = match lints::nearest_to(&name) {
                    Some(near) => format!("did you mean `{}`?", near.name),
                    None => format!("the lints are {}", names::list(&known)),
                };
                bag.push(Diagnostic::error(lint.span(), format!("unknown lint `{name}`")).help(help));
            }
            levels.set(name, clause.setting);
        }
    }
    levels
}

/// Rejects clauses that have no effect on a hand-written loop. Returns `true` if there are no such clauses.
fn check_clauses(bag: &Bag, spec: &Spec, above: Above) -> bool {
    let reads = ["allow", "warn", "deny", "optimizer", "model", "crate"];
    let writes: Vec<&Ident> = spec.keys.iter().filter(|key| reads.iter().all(|name| *key != name)).collect();
    if let Some(key) = writes.first() {
        let names: Vec<String> = writes.iter().map(ToString::to_string).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (name, have) = (names::list(&names), if names.len() == 1 { "has" } else { "have" });
        let clauses = "`allow`, `warn`, `deny`, `optimizer = name` and `model = name`";
        let mistake = match above {
            Above::Body => {
                let message = format!("{name} {have} no effect on a function with a body");
                Diagnostic::error(key.span(), message)
                    .note(format!("above a body stand {clauses}"))
                    .help("replace the body by `;` to have the loop written, or remove what describes it")
            }
            Above::Group => {
                let message =
                    format!("{name} describes one loop, and this attribute speaks of several functions");
                Diagnostic::error(key.span(), message)
                    .note(format!("above a module or an `impl` stand {clauses}, for all its functions"))
                    .help("put the clause above the function whose loop it describes")
            }
        };
        bag.push(mistake);
    }
    writes.is_empty()
}

/// The name of the variable in `optimizer = name` or `model = name`.
fn role(bag: &Bag, clause: &Value, names: Option<Names<'_>>) -> Option<String> {
    let clause = clause.as_ref()?;
    if let Expr::Path(path) = &clause.value
        && let Some(name) = path.path.get_ident()
    {
        if names.is_some_and(|names| !names().contains(&name.to_string())) {
            let message = format!("there is no variable `{name}` in this function");
            let help = format!("name the variable that holds the {}", clause.key);
            bag.push(Diagnostic::error(name.span(), message).help(help));
        }
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
