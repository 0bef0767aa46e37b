//! Heuristics on the names in code that no table describes.
//!
//! After a match, the analysis reports less, or recognises a loss, an average or a save by the
//! name.

/// Whether a function or a method with this name computes a loss.
pub fn is_loss(name: &str) -> bool {
    let named = |words: &[&str]| name.split('_').any(|word| words.contains(&word));
    named(&["loss", "criterion", "entropy"]) && !hints_at_training(name)
}

/// Whether a name speaks of a loss, be it a function, a type or a variable.
///
/// A name without any of these words counts as none, so a function that computes a loss under another name,
/// and has neither gradients nor an optimizer, is not checked.
pub fn speaks_of_loss(name: &str) -> bool {
    ["loss", "Loss", "criterion", "Criterion", "entropy", "Entropy", "objective", "cost"]
        .iter()
        .any(|word| name.contains(word))
}

/// Whether a function with this name may run `backward` or update parameters.
pub fn hints_at_training(name: &str) -> bool {
    ["backward", "backprop", "step", "train", "optimi", "update", "fit", "learn", "grad"]
        .iter()
        .any(|hint| name.contains(hint))
}

/// Whether a function with this name may run `backward` on a tensor argument.
pub fn hints_at_backward(name: &str) -> bool {
    hints_at_training(name) && !name.contains("update")
}

/// Whether a method with this name applies gradients to parameters: `step`, `update`, `apply_gradients`.
///
/// Other kinds of objects also have such methods, so the shape of the call decides.
pub fn applies_gradients(name: &str) -> bool {
    let what = ["params", "parameters", "weights", "gradients", "grads", "gradient", "grad", "all"];
    let mut words = name.split('_');
    match words.next() {
        Some("step" | "update" | "optimize" | "apply") => words.all(|word| what.contains(&word)),
        _ => false,
    }
}

/// The method that updates the parameters of an optimizer.
pub const STEP: &str = "step";

/// Whether a method with this name computes gradients from its receiver.
pub fn runs_backward(name: &str) -> bool {
    name == "backward"
}

/// Whether a function with this name zeroes gradients: `zero_grad`, `clear_gradients`, `reset_grads`.
pub fn zeroes_gradients(name: &str) -> bool {
    let mut words = name.split('_').filter(|word| *word != "all");
    let first = words.next().unwrap_or("");
    matches!(first, "zero" | "clear" | "reset") && words.next().is_some_and(|word| word.starts_with("grad"))
        || matches!(first, "zerograd" | "zerograds" | "cleargrad" | "cleargrads" | "resetgrad" | "resetgrads")
}

/// Whether a method with this name does nothing but zero the gradients of its receiver: `zero_gradients`,
/// `clear_grads`, `reset_grad`.
///
/// The risk is a method that only forgets how gradients were measured; such methods have longer names, as
/// `reset_grad_norms`.
pub fn only_zeroes_gradients(name: &str) -> bool {
    let mut words = name.split('_');
    matches!(words.next(), Some("zero" | "clear" | "reset"))
        && matches!(words.next(), Some("grad" | "grads" | "gradient" | "gradients"))
        && words.all(str::is_empty)
}

/// Whether a function with this name may zero the gradients of its receiver or its arguments:
/// `zero`, `reset`, `zero_all`, `clear_grads`.
///
/// If a call with such a name has another meaning, it hides a missing `zero_grad`. Names such as
/// `reset_state` certainly have another meaning.
pub fn may_zero(name: &str) -> bool {
    let whole = ["all", "tape", "graph", "params", "parameters", "buffers", "in", "place", ""];
    let mut words = name.split('_');
    // `reset_parameters` draws the parameters of a layer anew.
    name != "reset_parameters"
        && matches!(words.next(), Some("zero" | "zeroed" | "clear" | "reset"))
        && words.all(|word| whole.contains(&word) || word.starts_with("grad"))
}

/// Whether a method with this name writes to its receiver, a gradient: `fill`, `zero_`.
pub fn writes(name: &str) -> bool {
    let known = [
        "fill",
        "zero",
        "clear",
        "reset",
        "take",
        "replace",
        "set",
        "assign",
        "copy_from",
        "copy_from_slice",
        "insert",
        "remove",
        "truncate",
        "swap",
        "iter_mut",
        "map_inplace",
        "mapv_inplace",
        "par_mapv_inplace",
        "as_mut_slice",
        "drain",
        "retain",
    ];
    known.contains(&name) || name.ends_with('_')
}

/// Whether a name suggests the values of a parameter, rather than the gradient of a parameter.
pub fn names_values(name: &str) -> bool {
    matches!(name, "data" | "value" | "values" | "val" | "weight" | "weights" | "bias" | "w" | "b")
}

/// Whether a function with this name may compute gradients: `backward`, `value_and_grad`.
pub fn hints_at_differentiation(name: &str) -> bool {
    (name.contains("back") || name.contains("grad") || name.contains("train"))
        && !zeroes_gradients(name)
        && !["clip", "norm", "no_grad", "set"].iter().any(|word| name.contains(word))
}

/// Whether a name suggests a learning rate: `lr`, `learning_rate`, `base_lr`.
pub fn names_rate(name: &str) -> bool {
    let is = |word: &str| ["lr", "rate", "eta", "alpha"].iter().any(|known| word.eq_ignore_ascii_case(known));
    name.split('_').any(is) || name.eq_ignore_ascii_case("step_size")
}

/// Whether a name suggests gradients, rather than a number that describes or limits gradients.
pub fn names_gradients_alone(name: &str) -> bool {
    let numbers = ["norm", "clip", "scale", "scaler", "steps", "accum", "accumulation", "max", "enabled"];
    name.split('_').any(|word| matches!(word, "grad" | "grads" | "gradient" | "gradients"))
        && !name.split('_').any(|word| numbers.contains(&word))
}

/// Whether a function with this name may write gradients into parameters.
pub fn writes_gradients(name: &str) -> bool {
    let puts =
        ["set", "seed", "fill", "make", "put", "write", "add", "accumulate", "assign", "apply", "inject"];
    name.split('_').any(|word| word.starts_with("grad"))
        && (name.split('_').any(|word| puts.contains(&word)) || name.ends_with("_mut"))
}

/// Whether a method with this name writes its result into its receiver, a tensor: `index_put_`.
pub fn writes_in_place(name: &str) -> bool {
    name.ends_with('_')
}

/// Whether a function with this name may set the mode of a model argument.
pub fn hints_at_mode(name: &str) -> bool {
    name.split('_').any(|word| {
        ["eval", "valid", "test", "train", "fit", "infer", "mode", "freeze", "unfreeze"]
            .iter()
            .any(|hint| word.starts_with(hint))
    })
}

/// Whether a name suggests an average of parameters.
pub fn is_average(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let word = |known: &[&str]| lower.split('_').any(|word| known.contains(&word));
    word(&["ema", "swa", "polyak", "averaged", "averager"])
        && !word(&["loss", "acc", "accuracy", "metric", "lr", "time", "norm", "reward", "score", "speed"])
}

/// Whether a function or a method with this name saves its receiver or arguments.
pub fn saves(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "save" | "checkpoint")) && !name.contains("load")
}

/// Whether a function or a method with this name measures gradients.
pub fn measures_gradients(name: &str) -> bool {
    name == "norm" || name.contains("norm") && name.contains("grad")
}

/// Whether a method with this name reads gradients, or writes parameters, without the optimizer.
pub fn handles_gradients(name: &str) -> bool {
    matches!(name, "grad" | "grads" | "gradients" | "set" | "set_data" | "data_mut")
}

/// Whether a name suggests several optimizers.
pub fn names_optimizers(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    matches!(last, "optimizers" | "optimisers" | "optims" | "opts")
}

/// Whether a type with this name is a tensor with its own gradient.
pub fn is_variable(name: &str) -> bool {
    name.starts_with("Var")
}

/// Whether an associated function with this name is a constructor.
pub fn is_constructor(name: &str) -> bool {
    let starts = ["new", "default", "init", "seq", "build", "create", "with", "from"];
    starts.iter().any(|start| name.starts_with(start))
}

/// Whether a free function with this name is a constructor.
pub fn is_builder(name: &str) -> bool {
    let starts = ["build", "make", "create", "new", "init", "configure", "setup"];
    starts.iter().any(|start| name.starts_with(start))
}

/// Whether a name in code that is not lowered suggests a call that fills or uses gradients.
pub fn moves_gradients(name: &str) -> bool {
    matches!(name, "backward" | "step")
}

/// Whether a call of a function with this name may train a model. `train()` alone only sets the mode.
pub fn may_train(name: &str) -> bool {
    name != "train" && hints_at_training(name)
}

/// Whether a name suggests that code saves a model: `save_weights`, `best_model`.
pub fn keeps_model(name: &str) -> bool {
    let mut words = name.split('_');
    let keeping = ["save", "saved", "checkpoint", "snapshot", "export", "dict", "weights"];
    let first = words.next().unwrap_or("");
    keeping.contains(&first)
        || words.any(|word| {
            keeping.contains(&word) || (first == "best" && matches!(word, "model" | "net" | "params"))
        })
}

/// Whether a name suggests a store of parameters: tch's `vs`, candle's `varmap`.
pub fn holds_parameters(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower
        .split('_')
        .any(|word| matches!(word, "vs" | "varstore" | "varmap" | "ckpt" | "checkpointer" | "checkpoint"))
}

/// Whether a method with this name updates its receiver, an average of parameters.
pub fn moves_average(method: &str) -> bool {
    matches!(method, "update" | "step" | "update_parameters" | "update_from" | "track")
}

/// Whether a function with this name updates an average of parameters: `update_ema`.
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

/// Whether a method without arguments returns the parameters of its receiver: `parameters_mut`, `params`.
pub fn returns_parameters(method: &str) -> bool {
    gives_parameters(method) || method.contains("param") || method == "trainable_variables"
}

/// Whether a constructor with this name returns trained parameters: `load`, `from_file`, `pretrained`.
///
/// A restored model may be in either mode. A `from_config` that builds a new model also matches.
pub fn restores(name: &str) -> bool {
    name.starts_with("from") || name.contains("load") || name.contains("trained")
}

/// Whether a name suggests parameters or their gradients rather than data.
pub fn names_parameters(name: &str) -> bool {
    ["param", "variab", "weight", "grad"].iter().any(|word| name.contains(word))
}

/// Whether a method's name mentions gradients: `requires_grad_`.
pub fn names_gradients(method: &str) -> bool {
    method.contains("grad")
}

/// Whether a path names a reduction that neither sums nor averages: `Reduction::None`.
pub fn is_no_reduction(path: &syn::Path) -> bool {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    names.next().is_some_and(|name| name == "None") && names.next().is_some_and(|name| name == "Reduction")
}

/// Whether a name selects the reduction by a sum: `Reduction::Sum`.
pub fn is_sum_reduction(name: &syn::Ident) -> bool {
    name == "Sum"
}

/// Whether a method sets the reduction of a loss: `with_reduction(None)`.
pub fn sets_reduction(method: &str) -> bool {
    method.contains("reduction")
}

/// Whether a function with this name trains a model: `train_step`, `learn`, `fit`.
///
/// The name `train_loss` does not count, because such a function may only compute the loss.
pub fn trains_by_name(name: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    words.iter().any(|word| matches!(*word, "train" | "learn" | "fit" | "optimize" | "update"))
        && !words.iter().any(|word| is_loss(word) || word.starts_with("eval") || word.starts_with("valid"))
}

/// Whether a setting of a loss changes the kind of input that the loss expects:
/// `with_logits(false)`.
pub fn changes_input(method: &str) -> bool {
    method == "with_logits" || method == "logits"
}

/// Whether a method with this name multiplies or divides its receiver.
pub fn multiplies(method: &str) -> bool {
    matches!(
        method,
        "mul" | "div" | "mul_scalar" | "div_scalar" | "broadcast_mul" | "broadcast_div" | "affine"
    )
}

/// Whether a method with this name writes a parameter.
pub fn sets_parameters(name: &str) -> bool {
    matches!(name, "set" | "set_one" | "set_data" | "data_mut" | "map")
}

/// Whether a method returns the sum of its receiver and its argument.
pub fn adds(method: &str) -> bool {
    matches!(method, "add" | "broadcast_add")
}

/// Whether a call with this name clips the gradients in its argument.
pub fn clips(name: &str) -> bool {
    name.contains("clip")
}

/// Whether a clip with this name limits each entry of a gradient rather than the norm.
pub fn clips_values(name: &str) -> bool {
    name.contains("value")
}

/// Whether a name suggests a batch.
pub fn names_batch(name: &str) -> bool {
    name.contains("batch")
}

/// Whether a name suggests a loader of batches.
pub fn names_loader(name: &str) -> bool {
    name.contains("loader")
}

/// Whether a name suggests the number of all batches rather than the size of an accumulation
/// window.
///
/// A window size with the name `total` is therefore treated as the length of the loop by mistake.
pub fn names_length(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "len" | "length" | "batches" | "total"))
}

/// Whether a name suggests a settings object rather than a number.
pub fn names_settings(name: &str) -> bool {
    matches!(name, "self" | "config" | "cfg" | "args")
}

/// Whether a name suggests an epoch.
pub fn names_epoch(name: &str) -> bool {
    name.contains("epoch")
}

/// Whether a loop over an iterator with this name has no incomplete window at its end. An example
/// is `chunks_exact`. Another is `cycle`, because its loop has no end.
pub fn is_whole(name: &str) -> bool {
    name == "take"
        || ["chunks_exact", "windows", "drop_last", "cycle", "repeat", "full_batches"]
            .iter()
            .any(|word| name.contains(word))
}

/// Whether a condition with this name tests for finite numbers or an available batch.
///
/// Such a condition does not test for the end of a window.
pub fn asks_for_soundness(name: &str) -> bool {
    [
        "finite", "nan", "inf", "valid", "ok", "good", "bad", "healthy", "overflow", "skip", "empty", "some",
        "none",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// Whether a function with this name evaluates a model argument without touching gradients and parameters.
///
/// If a function with such a name zeroes the gradients, a correct loop that relies on this is
/// reported as faulty.
pub fn is_evaluation(name: &str) -> bool {
    name.split('_').any(|word| {
        ["eval", "valid", "predict", "infer"].iter().any(|start| word.starts_with(start)) || word == "test"
    }) && !hints_at_training(name)
}
