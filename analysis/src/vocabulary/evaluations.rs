//! Steps that take a closure, and the optimizers that run the closure several times in one step.

/// Whether a method of an optimizer steps with the closure among its arguments: `step(|| ..)`.
pub fn steps_with_closure(method: &str) -> bool {
    matches!(method, "step" | "step_with" | "step_closure" | "step_with_closure" | "step_fn")
}

/// Whether optimizers of this type evaluate the closure several times in one step, each time with new
/// parameters.
///
/// Such an optimizer searches along a line, or makes several updates in one step.
pub fn evaluates_repeatedly(optimizer: &str) -> bool {
    matches!(optimizer.to_ascii_lowercase().as_str(), "lbfgs" | "bfgs" | "lbfgsnew" | "conjugategradient")
}
