//! Functions of the standard library.

/// Whether the function with this name drops its argument.
pub fn is_drop(name: &str) -> bool {
    name == "drop"
}

/// Whether a call is `mem::take(&mut value)`.
pub fn is_mem_take(function: &syn::Path, arguments: usize) -> bool {
    let mut names = function.segments.iter().rev().map(|segment| &segment.ident);
    arguments == 1
        && names.next().is_some_and(|name| name == "take")
        && names.next().is_some_and(|owner| owner == "mem")
}

/// Whether a method computes the remainder of a division by its argument.
pub fn is_remainder(method: &str) -> bool {
    method == "rem_euclid"
}
