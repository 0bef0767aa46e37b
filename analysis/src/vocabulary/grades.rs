//! What the name of an opaque call says about gradients.
//!
//! The name only decides between "cannot zero or step" and "unknown". A name alone never decides
//! whether code is correct.

/// Words in the names of calls that only look at their arguments, or compute from them.
const LOOKING: &[&str] = &[
    "log",
    "logs",
    "logging",
    "print",
    "show",
    "display",
    "report",
    "plot",
    "dump",
    "debug",
    "record",
    "metric",
    "metrics",
    "forward",
    "predict",
    "loss",
    "losses",
    "criterion",
    "clip",
    "clamp",
    "save",
    "summary",
    "accuracy",
    "norm",
    "visualize",
    "describe",
];

/// Words in the names of calls that act on gradients or parameters.
const ACTING: &[&str] = &[
    "step",
    "zero",
    "zeros",
    "backward",
    "backprop",
    "backpropagate",
    "bp",
    "train",
    "update",
    "optimize",
    "optimise",
    "optimizer",
    "apply",
    "reset",
    "clear",
    "fit",
    "learn",
    "run",
    "iteration",
    "accumulate",
    "set",
    "and",
    "then",
];

/// Whether a call with this name neither zeroes gradients nor steps: `log_metrics`, `compute_loss`,
/// `clip_gradients`.
///
/// A name that starts with a verb such as `log` or `print` matches, unless the name contains `and`
/// or `then`: `log_step` matches. Any other name must contain a word of `LOOKING` and no word of
/// `ACTING`: `loss_and_step` does not match.
/// If a `compute_loss` zeroes the gradients first, a loop that relies on this is reported by
/// mistake.
pub fn only_looks(name: &str) -> bool {
    let words = || name.split('_').filter(|word| !word.is_empty());
    let joins = words().any(|word| matches!(word, "and" | "then"));
    let verb = words().next().is_some_and(|word| {
        matches!(
            word,
            "log" | "print" | "show" | "display" | "report" | "plot" | "save" | "dump" | "record" | "clip"
        )
    });
    let looks = words().any(|word| LOOKING.contains(&word));
    let acts = words().any(|word| ACTING.contains(&word));
    verb && !joins || looks && !acts
}

/// Whether a call with this name runs `backward` on its receiver or an argument: `run_backward`,
/// `backprop`, `bp`.
pub fn names_backward(name: &str) -> bool {
    ["backward", "backprop", "back_prop"].iter().any(|part| name.contains(part))
        || name.split('_').any(|word| word == "bp")
}

/// Whether a call with this name runs `backward` and steps: `backward_step`, `backward_and_step`.
pub fn fuses_step(name: &str) -> bool {
    names_backward(name) && name.split('_').any(|word| word == "step")
}

/// Whether a call with this name may compute gradients of a loss: `loss.grad(&parameters)`.
pub fn may_differentiate(name: &str) -> bool {
    names_backward(name) || name.contains("grad") || name.contains("diff")
}

/// Whether a variable with this name is a loss value, and not the criterion that computes losses.
///
/// A criterion in a variable `loss` also matches. Only the calls on it distinguish it from a loss.
pub fn names_loss(name: &str) -> bool {
    let mut words = name.split('_');
    let last = name.rsplit('_').next().unwrap_or("");
    words.any(|word| matches!(word, "loss" | "losses" | "objective" | "cost"))
        && !matches!(last, "fn" | "fun" | "func" | "function" | "criterion" | "module" | "layer")
}

/// Whether a field with this name holds the values of a parameter without a graph: `w.data`.
pub fn names_stored_values(name: &str) -> bool {
    matches!(name, "data" | "value" | "values" | "val")
}

/// Whether a call with this name clips gradients, whatever its arguments: `clip_grad`, `clip_gradients`.
///
/// A call that clips parameters, such as `clip_weights` of a critic, does not match, and neither does a setter.
pub fn clips_gradients(name: &str) -> bool {
    let has = |start: &str| name.split('_').any(|word| word.starts_with(start));
    let other = name.split('_').any(|word| matches!(word, "and" | "then" | "step"));
    has("clip") && has("grad") && !other && !sets_clipping(name)
}

/// Whether a call with this name only sets how later steps clip: `set_gradient_clipping`, `enable_clipping`.
pub fn sets_clipping(name: &str) -> bool {
    let first = name.split('_').next().unwrap_or("");
    name.contains("clip")
        && matches!(first, "set" | "with" | "enable" | "disable" | "use" | "configure" | "has")
}

/// Whether a function with this name takes the factor of a loss scaler out of gradients: `unscale_gradients`.
pub fn unscales(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "unscale" | "unscaled" | "descale"))
}

/// Whether a method returns the gradient of its receiver, as a handle that shares the gradient's values.
pub fn returns_gradient(name: &str, arguments: usize) -> bool {
    arguments == 0 && matches!(name, "grad" | "f_grad" | "gradient" | "grads" | "gradients" | "get_grad")
}

/// Whether a method of a gradient changes the gradient. This is decided by its name: a `_` at the
/// end, as in PyTorch's `zero_`, or a word such as `fill`.
///
/// All other methods of a gradient are assumed to compute a new value. This is wrong for a method
/// of the user's library that changes its receiver and has none of these words in its name.
pub fn changes_in_place(name: &str) -> bool {
    name.ends_with('_')
        || name.ends_with("_mut")
        || name.ends_with("_assign")
        || name.split('_').any(|word| {
            matches!(
                word,
                "zero"
                    | "fill"
                    | "set"
                    | "clear"
                    | "reset"
                    | "assign"
                    | "copy"
                    | "write"
                    | "take"
                    | "replace"
                    | "lock"
                    | "truncate"
                    | "resize"
                    | "apply"
                    | "update"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_and_acting_are_told_apart() {
        for name in [
            "log",
            "log_step",
            "print_gradients",
            "compute_loss",
            "clip_gradients",
            "save_checkpoint",
            "training_loss",
        ] {
            assert!(only_looks(name), "{name}");
        }
        for name in
            ["train_step", "loss_and_step", "log_and_reset", "step", "zero_all", "train_loss", "prepare"]
        {
            assert!(!only_looks(name), "{name}");
        }
    }

    #[test]
    fn backward_has_many_names() {
        assert!(["run_backward", "f_backward", "bp", "backprop"].iter().all(|name| names_backward(name)));
        assert!(!names_backward("backup") && !names_backward("bpm"));
        assert!(
            names_loss("loss_d")
                && names_loss("total_loss")
                && !names_loss("loss_fn")
                && !names_loss("lossy")
        );
    }
}
