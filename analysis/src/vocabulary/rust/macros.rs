//! Macros of the standard library, of `log`, `tracing` and `anyhow`.

/// What a macro does with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacroEffect {
    /// Reads them for a message or a check, and does nothing else with them.
    Reads,
    /// Never returns.
    Diverges,
    /// Returns an error from the function.
    ReturnsError,
    /// Compares the first with a pattern: `matches!`.
    Matches,
    /// Makes a collection of them: `vec!`.
    Collects,
    /// Returns what it prints: `dbg!`.
    Passes,
    /// Returns the value or leaves the function: `r#try!`.
    Propagates,
}

/// The effect of the macro of this name.
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
