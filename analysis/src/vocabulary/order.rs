//! Heuristics on the names of calls, for functions whose optimizer or model the data flow cannot follow.
//!
//! They decide between a warning and silence, never about an error.

use super::{clips, measures_size, moves_target, names_backward, zeroes_gradients};

/// Whether a free function with this name updates parameters: `sgd_step`, `adam_update`, `update_params`.
pub fn names_update_function(name: &str) -> bool {
    let words = || name.split('_');
    let acts = words().any(|word| matches!(word, "step" | "update" | "apply"));
    let on = [
        "sgd",
        "adam",
        "adamw",
        "rmsprop",
        "optimizer",
        "optim",
        "params",
        "parameters",
        "weights",
        "gradients",
        "grads",
    ];
    let other = |word: &str| matches!(word, "zero" | "test");
    acts && words().any(|word| on.contains(&word)) && !words().any(other) && !moves_target(name)
}

/// Whether a method with this name updates the parameters of its receiver: `adam_step`, `update_weights`, `sgd`.
pub fn names_update_method(name: &str) -> bool {
    let whole = ["sgd", "adam", "adamw", "rmsprop", "lr_step", "gradient_descent"];
    names_update_function(name) || whole.contains(&name)
}

/// Whether a method of one parameter with this name updates the parameter: `adjust`, `step`, `sub_grad`.
pub fn updates_parameter(name: &str) -> bool {
    may_update(name, 1) || name.split('_').any(|word| matches!(word, "nudge" | "decrement"))
}

/// Whether a method with this name reads stored gradients and computes none: `grad`, `get_gradient`, `grad_result`.
///
/// `gradients` of a loss and its parameters computes them, so a method with a loss as an argument does not count.
pub fn reads_gradients(name: &str, arguments: usize) -> bool {
    let words = || name.split('_');
    let first = words().next().unwrap_or("");
    let of_gradient = words().any(|word| word.starts_with("grad"));
    let gets = matches!(first, "get" | "take" | "read" | "has" | "is" | "with" | "requires");
    let names =
        first.starts_with("grad") || matches!(first, "weight" | "weights" | "bias" | "param" | "accum");
    of_gradient && !names_backward(name) && (gets || names && arguments == 0)
}

/// Whether a call with this name only writes the gradient from which a `backward` starts: `set_grad`, `set_init_grad`.
pub fn sets_gradient(name: &str) -> bool {
    let mut words = name.split('_');
    matches!(words.next(), Some("set" | "init" | "seed")) && words.any(|word| word.starts_with("grad"))
}

/// Whether a method with this name writes a parameter, from its old value and a gradient:
/// `set_data`, `scaled_add`, `sub_assign`.
pub fn writes_parameter(name: &str) -> bool {
    let first = name.split('_').next().unwrap_or("");
    matches!(first, "set" | "scaled" | "sub" | "decrement" | "axpy" | "assign" | "add" | "update")
        && !name.split('_').any(|word| word.starts_with("grad") || matches!(word, "lr" | "rate"))
}

/// Whether a call with this name is a whole statement that neither computes gradients nor updates parameters,
/// although it may change a model: `set_training`, `reset_state`, `free_graph`.
pub fn only_prepares(name: &str) -> bool {
    let first = name.split('_').next().unwrap_or("");
    matches!(
        first,
        "set"
            | "reset"
            | "clear"
            | "free"
            | "mark"
            | "save"
            | "load"
            | "drop"
            | "eval"
            | "truncate"
            | "sort"
            | "shuffle"
            | "swap"
            | "resize"
            | "fill"
            | "assert"
            | "insert"
            | "init"
            | "zero"
            | "detach"
            | "refresh"
            | "flush"
            | "write"
            | "extend"
    ) || name == "train"
        || clips(name)
}

/// Whether a method with this name passes on or reads its receiver: `clone`, `for_each`, `data`.
pub fn only_passes(name: &str) -> bool {
    let known = [
        "clone",
        "iter",
        "iter_mut",
        "into_iter",
        "for_each",
        "map",
        "fold",
        "zip",
        "enumerate",
        "collect",
        "borrow",
        "borrow_mut",
        "as_ref",
        "as_mut",
        "lock",
        "unwrap",
        "expect",
        "get",
        "get_mut",
        "data",
        "value",
        "item",
        "to_vec",
        "to_owned",
        "into",
        "sum",
        "mean",
        "pow",
        "powf",
        "powi",
        "exp",
        "log",
        "ln",
        "relu",
        "tanh",
        "sigmoid",
        "softmax",
        "abs",
        "sqrt",
        "join",
        "remove",
        "pop",
        "elapsed",
        "parameters",
        "params",
    ];
    known.contains(&name)
}

/// Whether a method with this name asks for the size of an array, or of a matrix.
pub fn measures_array(name: &str) -> bool {
    measures_size(name)
        || matches!(name, "ncols" | "ndim" | "rows" | "cols" | "is_empty" | "raw_dim" | "len_of")
}

/// Whether a call with this name may update parameters, whatever it is called on.
///
/// A name that starts with a verb of counting or reporting does not match: `increment_step`.
/// `train()` without arguments sets a mode.
pub fn may_update(name: &str, arguments: usize) -> bool {
    let first = name.split('_').next().unwrap_or("");
    let other = [
        "increment",
        "get",
        "set",
        "log",
        "print",
        "record",
        "count",
        "num",
        "next",
        "is",
        "on",
        "report",
        "write",
        "save",
        "zero",
        "clear",
        "reset",
    ];
    let acts = |word: &str| {
        let known = [
            "step",
            "steps",
            "update",
            "apply",
            "train",
            "fit",
            "learn",
            "sgd",
            "adam",
            "adamw",
            "descend",
            "descent",
            "adjust",
            "minimize",
            "optim",
            "nudge",
            "decrement",
            "solve",
            "run",
            "iteration",
        ];
        known.contains(&word) || word.starts_with("optimi")
    };
    // `step_by` is of Rust's iterators.
    !other.contains(&first)
        && name != "step_by"
        && (name != "train" || arguments > 0)
        && name.split('_').any(acts)
}

/// Whether a variable with this name shows or counts the progress of a run, so that its `update` or `step`
/// changes no parameters.
pub fn shows_progress(name: &str) -> bool {
    name.split('_').any(|word| {
        matches!(
            word,
            "pb" | "bar"
                | "pbar"
                | "progress"
                | "bars"
                | "writer"
                | "logger"
                | "metric"
                | "metrics"
                | "stats"
                | "history"
                | "meter"
                | "timer"
                | "rng"
        )
    })
}

/// Whether a `backward` with this name keeps the graph for another one.
pub fn retains(name: &str) -> bool {
    name.contains("retain")
}

/// Whether a variable with this name holds the gradient of an output: `delta`, `grad_output`, `d_logits`.
pub fn names_output_gradient(name: &str) -> bool {
    let words = || name.split('_');
    words()
        .any(|word| matches!(word, "grad" | "grads" | "gradient" | "gradients" | "delta" | "dloss" | "dout"))
        && !words().any(|word| {
            matches!(
                word,
                "norm" | "clip" | "scale" | "steps" | "accum" | "accumulation" | "max" | "min" | "no"
            )
        })
}

/// Whether a method of an optimizer with this name changes no parameters: `zero_grad`, `set_lr`, `state_dict`.
pub fn steps_not(name: &str) -> bool {
    let words = || name.split('_');
    !may_update(name, 1)
        && words().any(|word| {
            matches!(
                word,
                "zero"
                    | "clear"
                    | "reset"
                    | "grad"
                    | "grads"
                    | "gradients"
                    | "lr"
                    | "rate"
                    | "state"
                    | "name"
                    | "len"
            )
        })
        || matches!(name, "update_lr" | "update_learning_rate")
}

/// Whether a type with this name is plain gradient descent, whose state is empty unless it has momentum.
pub fn is_plain_sgd(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    (lower.contains("sgd") || lower.contains("descent")) && !lower.contains("moment")
}

/// Whether a method with this name applies a model to an input.
pub fn computes_output(name: &str) -> bool {
    matches!(
        name,
        "forward" | "predict" | "call" | "forward_train" | "forward_t" | "feed_forward" | "feedforward"
    )
}

/// Whether a call with this name may compute gradients, although it is not called `backward`: `value_and_grad`,
/// `train_batch`.
pub fn differentiates_otherwise(name: &str, arguments: usize) -> bool {
    let other = ["requires_grad", "no_grad", "norm", "clip", "init", "set_"];
    let name = &*name.replace("autograd", "");
    let back = name.contains("back") && !["backend", "background", "feedback"].contains(&name);
    let grad = name.contains("grad") || back || name.contains("diff");
    let trains = arguments > 0
        && name
            .split('_')
            .any(|word| matches!(word, "train" | "fit" | "learn" | "optimize" | "run" | "minimize"));
    (grad || trains) && !zeroes_gradients(name) && !other.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_told_from_counts() {
        for name in
            ["step", "f_step", "update", "apply_gradients", "sgd_step", "optimizer_step", "run", "minimize"]
        {
            assert!(may_update(name, 0), "{name}");
        }
        for name in ["increment_step", "set_lr", "zero_grad", "forward", "backward", "get_step", "items"] {
            assert!(!may_update(name, 0), "{name}");
        }
        assert!(names_update_function("sgd_step") && names_update_function("update_params"));
        assert!(!names_update_function("update_display") && !names_update_function("step"));
    }

    #[test]
    fn gradients_of_outputs_and_rates() {
        assert!(names_output_gradient("grad_output") && names_output_gradient("delta"));
        assert!(!names_output_gradient("grad_norm") && !names_output_gradient("graph"));
        assert!(steps_not("zero_grad") && steps_not("set_lr") && steps_not("update_lr"));
        assert!(!steps_not("step") && !steps_not("update") && !steps_not("adopt"));
    }

    #[test]
    fn reads_of_gradients_are_told_from_computations() {
        for (name, arguments) in
            [("grad", 0), ("get_grad", 0), ("grad_result", 0), ("take_gradients", 0), ("get_gradient", 1)]
        {
            assert!(reads_gradients(name, arguments), "{name}");
        }
        for (name, arguments) in
            [("compute_gradients", 0), ("value_and_grad", 1), ("backward_with_grad", 2), ("grad", 1)]
        {
            assert!(!reads_gradients(name, arguments), "{name}");
        }
        assert!(sets_gradient("set_init_grad") && !sets_gradient("set_data"));
        assert!(names_update_method("adam_step") && names_update_method("update_weights"));
        assert!(!names_update_method("update_target_params") && !names_update_method("update_display"));
        assert!(writes_parameter("set_data") && !writes_parameter("set_lr") && !writes_parameter("set_grad"));
    }
}
