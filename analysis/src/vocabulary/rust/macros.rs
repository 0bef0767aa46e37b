//! Macros of the standard library and of the crates `log`, `tracing` and `anyhow`.

/// The effect of a macro on its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacroEffect {
    /// Only reads the arguments, for a message or a check.
    Reads,
    /// Never returns.
    Diverges,
    /// Returns an error from the function.
    ReturnsError,
    /// Matches the first argument against a pattern: `matches!`.
    Matches,
    /// Returns a collection of the arguments: `vec!`.
    Collects,
    /// Prints the arguments and returns them: `dbg!`.
    Passes,
    /// Unwraps the argument, or returns its error from the function: `r#try!`.
    Propagates,
}

/// The effect of the macro with this name.
pub fn macro_effect(name: &str) -> Option<MacroEffect> {
    let effect = match name {
        "print" | "println" | "eprint" | "eprintln" | "write" | "writeln" | "format" | "format_args"
        | "assert" | "assert_eq" | "assert_ne" | "debug_assert" | "debug_assert_eq" | "debug_assert_ne"
        | "trace" | "debug" | "info" | "warn" | "error" => MacroEffect::Reads,
        "panic" | "todo" | "unimplemented" | "unreachable" => MacroEffect::Diverges,
        "bail" => MacroEffect::ReturnsError,
        "matches" => MacroEffect::Matches,
        "vec" => MacroEffect::Collects,
        "dbg" => MacroEffect::Passes,
        "try" => MacroEffect::Propagates,
        _ => return None,
    };
    Some(effect)
}
