//! Methods of the standard library that convert or query a value.

use super::WRAPPERS;
use crate::vocabulary::CallEffect;

/// Whether a method without arguments returns the same value in another type: `as_slice`, `clone`, `borrow`.
pub fn is_view(method: &str) -> bool {
    method.starts_with("as_")
        || matches!(method, "clone" | "cloned" | "copied" | "by_ref" | "borrow" | "borrow_mut")
}

/// Whether a method of an `Option` or a `Result` returns the same variant: `as_ref`, `clone`.
pub fn view_of_wrapper(method: &str) -> bool {
    matches!(method, "as_mut" | "as_ref" | "as_deref" | "as_deref_mut" | "clone")
}

/// Whether a method returns the same value as long as its receiver and its arguments do not change.
pub fn is_pure(method: &str) -> bool {
    method.starts_with("is_")
        || method.starts_with("as_")
        || matches!(
            method,
            "len"
                | "contains"
                | "contains_key"
                | "item"
                | "iter"
                | "abs"
                | "get"
                | "rem_euclid"
                | "unwrap"
                | "clone"
        )
}

/// Whether a method only reads its receiver, according to Rust's naming conventions for conversions
/// and getters.
pub fn is_reading(method: &str) -> bool {
    ["is_", "as_", "get", "to_"].iter().any(|start| method.starts_with(start))
}

/// Whether a method of a `Result` keeps the value and changes at most the error.
pub fn passes_errors(method: &str) -> bool {
    matches!(
        method,
        "context" | "with_context" | "wrap_err" | "wrap_err_with" | "map_err" | "inspect_err" | "ok"
    )
}

/// Whether a method of a `Result` keeps the value, or handles the error.
pub fn handles_errors(method: &str) -> bool {
    passes_errors(method) || matches!(method, "unwrap_or_else" | "unwrap_or" | "unwrap_or_default")
}

/// Whether a method takes the value out of an `Option` or a `Result`, and panics if there is no
/// value.
pub fn is_forced(method: &str) -> bool {
    matches!(method, "unwrap" | "expect")
}

/// Whether a method's name suggests that the method returns a `bool`.
pub fn is_question(method: &str) -> bool {
    method.starts_with("is_")
}

/// Whether a method without arguments returns the value inside a wrapper: `unwrap`, `lock`, `as_mut`.
pub fn is_transparent(method: &str) -> bool {
    WRAPPERS.iter().any(|(name, most, effect)| *name == method && *most == 0 && *effect == CallEffect::Passes)
}
