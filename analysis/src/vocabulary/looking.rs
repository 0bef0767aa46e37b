//! Names of calls that only look at a tensor.

use super::{only_looks, steps_not};

/// Whether a method with this name copies the values of a tensor out of its graph: `to_scalar`, `double_value`.
pub fn copies_values(name: &str) -> bool {
    matches!(
        name,
        "to_scalar"
            | "into_scalar"
            | "double_value"
            | "f_double_value"
            | "int64_value"
            | "item"
            | "to_vec0"
            | "to_vec1"
            | "to_vec2"
            | "to_data"
            | "into_data"
            | "array"
            | "as_vec"
            | "to_f32"
            | "to_f64"
    ) || name.split('_').any(|word| word == "scalar") && !multiplies_scalar(name)
}

/// Whether a method with this name computes with a number: `mul_scalar`.
fn multiplies_scalar(name: &str) -> bool {
    ["add", "sub", "mul", "div", "pow", "powf", "powi", "max", "min"]
        .iter()
        .any(|operation| name.split('_').any(|word| word == *operation))
}

/// Whether a method with this name asks for a property of a tensor: `dims`, `device`, `is_nan`.
pub fn asks_property(name: &str) -> bool {
    matches!(
        name,
        "dims"
            | "dim"
            | "size"
            | "shape"
            | "kind"
            | "device"
            | "dtype"
            | "rank"
            | "numel"
            | "elem_count"
            | "requires_grad"
            | "defined"
            | "print"
            | "len"
            | "isfinite"
            | "isnan"
            | "argmax"
            | "argmin"
    ) || name.starts_with("is_")
}

/// Whether an operation with this name takes tensors and returns a tensor: `add`, `broadcast_mul`, `stack`.
pub fn combines_tensors(name: &str) -> bool {
    name.split('_').any(|word| {
        matches!(
            word,
            "add"
                | "sub"
                | "mul"
                | "div"
                | "maximum"
                | "minimum"
                | "cat"
                | "stack"
                | "concat"
                | "pow"
                | "where"
        )
    })
}

/// Whether a name says that gradients or their norm are limited: `clip_grad`, `max_norm`.
pub fn limits_gradients(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "clip" | "clipping" | "norm"))
}

/// Whether a call with this name only shows or stores its arguments: `log_update`, `print_loss`, `record`.
pub fn only_shows(name: &str) -> bool {
    let verbs = ["log", "print", "show", "display", "report", "plot", "dump", "record", "debug", "visualize"];
    name.split('_').find(|word| !word.is_empty()).is_some_and(|word| verbs.contains(&word))
        && only_looks(name)
}

/// Whether a method of an optimizer with this name changes no parameters: `set_lr`, `zero_grad`, `current_scale`.
pub fn cannot_train(name: &str) -> bool {
    let getter = ["get_", "is_", "current_", "num_"].iter().any(|start| name.starts_with(start));
    let known = ["load", "save", "params", "set_params", "set_weight_decay", "set_momentum"];
    getter || steps_not(name) || known.contains(&name)
}

/// Whether a call with this name certainly trains something, if it does what its name says: `train_step`, `update`.
///
/// `number_of_steps` and `optimization_device` only ask.
pub fn trains_by_call(name: &str) -> bool {
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    let verb = |word: &str| {
        matches!(
            word,
            "step" | "update" | "apply" | "train" | "fit" | "learn" | "minimize" | "descend" | "sgd" | "run"
        ) || word == "optimize"
            || word == "optimise"
            || word == "adam"
    };
    let asks =
        ["get", "set", "log", "number", "num", "last", "next", "view", "current", "compute", "is", "n"];
    verb(first) || matches!(*last, "step" | "update") && !asks.contains(first)
}

/// Whether a function with this name runs a closure with autograd switched off.
pub fn stops_recording(name: &str) -> bool {
    name.contains("no_grad")
}

/// Whether a method with this name sends its argument through a channel. Its result tells only whether somebody
/// still receives.
pub fn sends(name: &str) -> bool {
    matches!(name, "send" | "try_send" | "blocking_send")
}
