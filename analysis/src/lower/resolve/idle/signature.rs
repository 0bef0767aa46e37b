//! The parameters of a function.

use std::collections::BTreeSet;

use syn::{FnArg, GenericParam, Pat, ReceiverKind, TypeParamBound};

use crate::lower::resolve::Function;
use crate::tokens::names_in;
use crate::vocabulary::rust::is_number;
use crate::vocabulary::{Role, Vocabularies, is_configuration, role_of_type};

/// The name of a parameter that is a variable.
pub(super) fn parameter(input: &FnArg) -> Option<String> {
    match input {
        FnArg::Typed(input) => match &*input.pat {
            Pat::Ident(name) => Some(name.ident.to_string()),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    }
}

/// The parameters that are optimizers by their types, and that the function may change.
pub(super) fn given_optimizers(vocabulary: Vocabularies, function: &Function<'_>) -> BTreeSet<String> {
    let is_optimizer = |names: &BTreeSet<String>| {
        names.iter().any(|name| role_of_type(vocabulary, name) == Some(Role::Optimizer))
    };
    let bounded = |parameter: &&GenericParam| match parameter {
        GenericParam::Type(parameter) => parameter.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => is_optimizer(&names_in(&bound.path)),
            _ => false,
        }),
        _ => false,
    };
    let generics: BTreeSet<String> = function
        .sig
        .generics
        .params
        .iter()
        .filter(bounded)
        .filter_map(|known| match known {
            GenericParam::Type(known) => Some(known.ident.to_string()),
            _ => None,
        })
        .collect();
    let given = |input: &FnArg| {
        let FnArg::Typed(typed) = input else { return None };
        let shared = matches!(&*typed.ty, syn::Type::Reference(by) if by.mutability.is_none());
        let names = names_in(&typed.ty);
        let plain = names.iter().any(|name| is_number(name) || is_configuration(name));
        let known = is_optimizer(&names) || !names.is_disjoint(&generics);
        parameter(input).filter(|_| known && !shared && !plain)
    };
    function.sig.inputs.iter().filter_map(given).collect()
}

/// Whether a method may change its object.
pub(super) fn is_exclusive(function: &Function<'_>) -> bool {
    match function.sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_))),
        _ => false,
    }
}
