//! What a name alone lets one expect of code that no table knows.
//!
//! A hint only ever makes the analysis say less, or tells a loss, an average or a save by its name.

/// Whether a function or a method of this name computes a loss.
pub fn is_loss(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "loss" | "criterion" | "entropy")) && !hints_at_training(name)
}

/// Whether a function of this name may well run `backward` or update parameters inside.
pub fn hints_at_training(name: &str) -> bool {
    ["backward", "backprop", "step", "train", "optimi", "update", "fit", "learn", "grad"]
        .iter()
        .any(|hint| name.contains(hint))
}

/// Whether a function of this name may well run `backward` on a tensor that it is given.
pub fn hints_at_backward(name: &str) -> bool {
    hints_at_training(name) && !name.contains("update")
}

/// Whether a function of this name may well put gradients into parameters by hand.
pub fn writes_gradients(name: &str) -> bool {
    let puts =
        ["set", "seed", "fill", "make", "put", "write", "add", "accumulate", "assign", "apply", "inject"];
    name.split('_').any(|word| word.starts_with("grad"))
        && (name.split('_').any(|word| puts.contains(&word)) || name.ends_with("_mut"))
}

/// Whether a function of this name may well switch the mode of a model that it is given.
pub fn hints_at_mode(name: &str) -> bool {
    name.split('_').any(|word| {
        ["eval", "valid", "test", "train", "fit", "infer", "mode", "freeze", "unfreeze"]
            .iter()
            .any(|hint| word.starts_with(hint))
    })
}

/// Whether something of this name is an average of parameters.
pub fn is_average(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let word = |known: &[&str]| lower.split('_').any(|word| known.contains(&word));
    word(&["ema", "swa", "polyak", "averaged", "averager"])
        && !word(&["loss", "acc", "accuracy", "metric", "lr", "time", "norm", "reward", "score", "speed"])
}

/// Whether a function or a method of this name saves what it is called on or given.
pub fn saves(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "save" | "checkpoint")) && !name.contains("load")
}

/// Whether a function or a method of this name measures gradients.
pub fn measures_gradients(name: &str) -> bool {
    name == "norm" || name.contains("norm") && name.contains("grad")
}

/// Whether a method of this name reads gradients, or writes parameters, past the optimizer.
pub fn handles_gradients(name: &str) -> bool {
    matches!(name, "grad" | "grads" | "gradients" | "set" | "set_data" | "data_mut")
}

/// Whether a name is that of several optimizers.
pub fn names_optimizers(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    matches!(last, "optimizers" | "optimisers" | "optims" | "opts")
}

/// Whether a type of this name is a tensor with a gradient of its own.
pub fn is_variable(name: &str) -> bool {
    name.starts_with("Var")
}

/// Whether an associated function of this name makes a value of its type.
pub fn is_constructor(name: &str) -> bool {
    let starts = ["new", "default", "init", "seq", "build", "create", "with", "from"];
    starts.iter().any(|start| name.starts_with(start))
}

/// Whether a free function of this name makes a value.
pub fn is_builder(name: &str) -> bool {
    let starts = ["build", "make", "create", "new", "init", "configure", "setup"];
    starts.iter().any(|start| name.starts_with(start))
}

/// Whether a name, met in code that is not followed, is that of a call that fills gradients or uses them.
pub fn moves_gradients(name: &str) -> bool {
    matches!(name, "backward" | "step")
}
