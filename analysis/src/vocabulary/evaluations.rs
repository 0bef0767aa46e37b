//! Steps that take a closure, and optimizers that evaluate the closure several times in one step.

/// Whether a method of an optimizer steps with the closure among its arguments: `step(|| ..)`.
pub fn steps_with_closure(method: &str) -> bool {
    matches!(method, "step" | "step_with" | "step_closure" | "step_with_closure" | "step_fn")
}

/// Whether optimizers of this type evaluate the closure several times in one step. The parameters
/// differ each time.
///
/// Examples are optimizers that search along a line, or that make several updates in one step.
pub fn evaluates_repeatedly(optimizer: &str) -> bool {
    matches!(optimizer.to_ascii_lowercase().as_str(), "lbfgs" | "bfgs" | "lbfgsnew" | "conjugategradient")
}
