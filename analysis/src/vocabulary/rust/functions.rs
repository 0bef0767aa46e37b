//! Functions of the standard library.

/// Whether a function or method with this name runs its closure argument once: `thread::spawn`, `pool.install`,
/// `with_scope`.
///
/// A function of another meaning may run the closure several times. A fault of a single run is a fault then too.
pub fn runs_closure_once(name: &str) -> bool {
    let known =
        ["scope", "install", "catch_unwind", "in_scope", "allow_threads", "block_on", "block_in_place"];
    known.contains(&name) || name.starts_with("spawn") || name.starts_with("with_")
}

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
