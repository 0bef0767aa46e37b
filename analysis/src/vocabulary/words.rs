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

/// Whether a call of this name may train something; `train()` by itself only sets the mode.
pub fn may_train(name: &str) -> bool {
    name != "train" && hints_at_training(name)
}

/// Whether a name is that of something kept of a model: `save_weights`, `best_model`.
pub fn keeps_model(name: &str) -> bool {
    let mut words = name.split('_');
    let keeping = ["save", "saved", "checkpoint", "snapshot", "export", "dict", "weights"];
    let first = words.next().unwrap_or("");
    keeping.contains(&first)
        || words.any(|word| {
            keeping.contains(&word) || (first == "best" && matches!(word, "model" | "net" | "params"))
        })
}

/// Whether something of this name holds parameters to be saved: tch's `vs`, candle's `varmap`.
pub fn holds_parameters(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower
        .split('_')
        .any(|word| matches!(word, "vs" | "varstore" | "varmap" | "ckpt" | "checkpointer" | "checkpoint"))
}

/// Whether a method of an average of parameters moves it.
pub fn moves_average(method: &str) -> bool {
    matches!(method, "update" | "step" | "update_parameters" | "update_from" | "track")
}

/// Whether a function by its name moves an average of parameters: `update_ema`.
pub fn is_average_update(name: &str) -> bool {
    is_average(name) && name.split('_').any(|word| matches!(word, "update" | "step" | "track"))
}

/// Whether a method returns the parameters of its receiver, or the receiver itself.
pub fn gives_parameters(method: &str) -> bool {
    matches!(
        method,
        "state_dict" | "named_parameters" | "parameters" | "trainable_parameters" | "as_ref" | "borrow"
    )
}

/// Whether a constructor by one of its names returns trained parameters: `load`, `from_file`, `pretrained`.
///
/// Such a model may be in either mode. A `from_config` that makes a new model counts as well.
pub fn restores(name: &str) -> bool {
    name.starts_with("from") || name.contains("load") || name.contains("trained")
}

/// Whether a name is that of parameters or their gradients, and not of data.
pub fn names_parameters(name: &str) -> bool {
    ["param", "variab", "weight", "grad"].iter().any(|word| name.contains(word))
}

/// Whether a method by its name has to do with gradients, as `requires_grad_`.
pub fn names_gradients(method: &str) -> bool {
    method.contains("grad")
}

/// Whether a path asks a loss not to sum or average: `Reduction::None`.
pub fn is_no_reduction(path: &syn::Path) -> bool {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    names.next().is_some_and(|name| name == "None") && names.next().is_some_and(|name| name == "Reduction")
}

/// Whether a name is that of the reduction that sums up: `Reduction::Sum`.
pub fn is_sum_reduction(name: &syn::Ident) -> bool {
    name == "Sum"
}

/// Whether a method sets the reduction of a loss: `with_reduction(None)`.
pub fn sets_reduction(method: &str) -> bool {
    method.contains("reduction")
}

/// Whether a clip of this name bounds each entry, and not the norm.
pub fn clips_values(name: &str) -> bool {
    name.contains("value")
}

/// Whether a name is that of a batch.
pub fn names_batch(name: &str) -> bool {
    name.contains("batch")
}

/// Whether a name is that of a loader of batches.
pub fn names_loader(name: &str) -> bool {
    name.contains("loader")
}

/// Whether a number of this name is how many batches there are, and not how many make a window.
///
/// A window's size named `total` is taken for the length of the loop.
pub fn names_length(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "len" | "length" | "batches" | "total"))
}

/// Whether a name is that of an object of settings, which is no number by itself.
pub fn names_settings(name: &str) -> bool {
    matches!(name, "self" | "config" | "cfg" | "args")
}

/// Whether a name is that of an epoch.
pub fn names_epoch(name: &str) -> bool {
    name.contains("epoch")
}

/// Whether a loop over something of this name has no incomplete window at its end, or no end.
pub fn is_whole(name: &str) -> bool {
    name == "take"
        || ["chunks_exact", "windows", "drop_last", "cycle", "repeat", "full_batches"]
            .iter()
            .any(|word| name.contains(word))
}

/// Whether a name is that of a wrapper that reduces gradients by itself, as `DistributedDataParallel` does.
pub fn reduces_by_itself(name: &str) -> bool {
    ["Parallel", "Distributed", "Ddp"].iter().any(|word| name.contains(word))
}

/// Whether a condition of this name asks whether numbers are sound or a batch is there, and not for the end of a window.
pub fn asks_for_soundness(name: &str) -> bool {
    [
        "finite", "nan", "inf", "valid", "ok", "good", "bad", "healthy", "overflow", "skip", "empty", "some",
        "none",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// Whether a function of this name evaluates what it is given, and leaves gradients and parameters alone.
///
/// One that zeroes the gradients as well makes a right loop look wrong.
pub fn is_evaluation(name: &str) -> bool {
    name.split('_').any(|word| {
        ["eval", "valid", "predict", "infer"].iter().any(|start| word.starts_with(start)) || word == "test"
    }) && !hints_at_training(name)
}
