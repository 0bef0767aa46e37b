//! Heuristics on names that concern the parameters of a model: averages, batch norms, frozen parts,
//! checkpoints.

/// Whether a name suggests a stochastic average of a model's parameters: `swa_model`,
/// `averaged_model`. The batch norm of such an average has to be fitted again.
///
/// An exponential average (`ema`) does not match, because it usually averages the buffers as well.
pub fn names_weight_average(name: &str) -> bool {
    let is_one_of = |word: &str, known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    let other = [
        "scheduler",
        "sched",
        "schedule",
        "lr",
        "start",
        "epoch",
        "epochs",
        "freq",
        "every",
        "n",
        "count",
        "loss",
        "acc",
        "accuracy",
        "path",
        "config",
        "cfg",
        "steps",
        "optimizer",
        "opt",
        "decay",
        "metric",
        "metrics",
    ];
    name.split('_').any(|word| is_one_of(word, &["swa", "averaged"]))
        && !name.split('_').any(|word| is_one_of(word, &other))
}

/// Whether a type with this name averages the parameters of a model: `AveragedModel`, `SwaModel`.
pub fn averages_weights(name: &str) -> bool {
    name.contains("AveragedModel")
        || name == "Swa"
        || name == "SWA"
        || name.starts_with("SwaModel")
        || name.starts_with("StochasticWeightAverag")
}

/// Whether a name in the constructor of an average suggests that buffers are averaged too.
pub fn keeps_buffers(name: &str) -> bool {
    name.contains("buffer")
}

/// Whether a function with this name recomputes the statistics of batch norm: `update_bn`.
///
/// A name that does not mention batch norm, such as `finalize`, does not match. A call that passes
/// a model to such a function by `&mut` counts as unknown.
pub fn refits_batch_norm(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words = || lower.split('_');
    let of_norm = words().any(|word| matches!(word, "bn" | "batchnorm" | "bnorm"))
        || words().any(|word| word == "batch") && words().any(|word| word.starts_with("norm"))
        || lower.contains("running_stat");
    let refits = [
        "update",
        "recompute",
        "reset",
        "refit",
        "fit",
        "refresh",
        "estimate",
        "calibrate",
        "recalibrate",
        "compute",
    ];
    of_norm && words().any(|word| refits.contains(&word))
}

/// Whether a name suggests a batch norm: `BatchNorm2d`, `batch_norm2d`, `bn1`.
pub fn is_batch_norm(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains("batchnorm")
        || lower.contains("batch_norm")
        || lower.split('_').any(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()) == "bn")
}

/// Whether a type with this name is a layer that neither is nor contains a batch norm: `Linear`,
/// `Mlp`.
pub fn is_plain_layer(name: &str) -> bool {
    super::is_layer(name) && !is_batch_norm(name) && !holds_layers(name)
}

/// Whether a type with this name holds layers of any kind: `Sequential`.
pub fn holds_layers(name: &str) -> bool {
    matches!(name, "Sequential" | "SequentialT" | "sequential")
}

/// Whether a call of a method with this name freezes the receiver. `told` is the literal argument
/// of the call.
pub fn freezes(method: &str, told: Option<bool>) -> bool {
    matches!(method, "freeze" | "freeze_parameters" | "set_frozen") && told != Some(false)
        || sets_trainable(method) && told == Some(false)
}

/// Whether a call of a method with this name makes the receiver trainable again. `told` is the
/// literal argument of the call.
pub fn thaws(method: &str, told: Option<bool>) -> bool {
    matches!(method, "unfreeze" | "unfreeze_parameters") || sets_trainable(method) && told != Some(false)
}

fn sets_trainable(method: &str) -> bool {
    matches!(method, "requires_grad_" | "set_requires_grad" | "requires_grad" | "set_trainable" | "trainable")
}

/// Whether a method with this name reads or writes the state of its receiver, an optimizer.
pub fn keeps_state(method: &str) -> bool {
    let lower = method.to_ascii_lowercase();
    ["state", "record", "save", "load", "export", "import", "snapshot", "restore"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Whether a method with this name saves a record to a file, as that of burn's recorders does.
pub fn records(name: &str, arguments: usize) -> bool {
    name == "record" && arguments == 2
}

/// Whether a name is that of a recorder, which says how a file is written and not where, or of a device.
pub fn names_no_file(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with("recorder") || matches!(lower.as_str(), "device" | "dev")
}

/// Whether a name is that of data or of a record of the run, which holds no parameters: `replay_buffer`, `tokenizer`.
pub fn names_no_model(name: &str) -> bool {
    name.to_ascii_lowercase().split('_').next_back().is_some_and(|last| {
        matches!(
            last,
            "buffer"
                | "replay"
                | "memory"
                | "dataset"
                | "tokenizer"
                | "vocab"
                | "vocabulary"
                | "history"
                | "metrics"
        )
    })
}

/// Whether a name suggests the path of a file.
pub fn names_file(name: &str) -> bool {
    name.to_ascii_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| {
        matches!(
            word,
            "path" | "file" | "filename" | "dir" | "directory" | "folder" | "checkpoint" | "ckpt" | "weights"
        )
    })
}

/// Whether a call with this name restores a model from a file: `load`, `load_weights`, `restore`.
pub fn restores_model(name: &str) -> bool {
    let words = || name.split('_');
    let other = [
        "data",
        "dataset",
        "csv",
        "config",
        "image",
        "images",
        "mnist",
        "cifar",
        "batch",
        "labels",
        "tokenizer",
        "vocab",
        "text",
        "train",
        "test",
    ];
    words().any(|word| matches!(word, "load" | "restore" | "resume" | "resumed"))
        && !words().any(|word| other.contains(&word))
}

/// Whether an optimizer of this type keeps state for each parameter, in addition to its settings.
pub fn is_stateful(owner: &str) -> bool {
    let lower = owner.to_ascii_lowercase();
    ["adam", "rmsprop", "adagrad", "adadelta", "lion", "lamb", "muon", "shampoo"]
        .iter()
        .any(|kind| lower.contains(kind))
}

/// Whether a method with this name sets the momentum of a new optimizer.
pub fn sets_momentum(method: &str) -> bool {
    method.contains("momentum") || method.contains("nesterov")
}

/// Whether a method returns its receiver, a file path, in another type.
pub fn converts_path(method: &str) -> bool {
    matches!(
        method,
        "clone"
            | "as_str"
            | "as_path"
            | "as_ref"
            | "to_string"
            | "to_owned"
            | "into"
            | "to_path_buf"
            | "borrow"
    )
}

/// Whether a type with this name is a file path or a string.
pub fn is_path_type(name: &str) -> bool {
    matches!(name, "Path" | "PathBuf" | "String")
}

/// Whether a name in the type of a field denotes a module or a crate: `nn` of `nn::Linear`.
pub fn is_module_path(name: &str) -> bool {
    name.starts_with(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_of_weights() {
        assert!(
            names_weight_average("swa_model")
                && names_weight_average("averaged")
                && names_weight_average("swa")
        );
        assert!(
            !names_weight_average("ema")
                && !names_weight_average("swa_scheduler")
                && !names_weight_average("swa_start")
        );
        assert!(
            refits_batch_norm("update_bn")
                && refits_batch_norm("recompute_batch_norm")
                && !refits_batch_norm("update")
        );
        assert!(is_batch_norm("BatchNorm2d") && is_batch_norm("bn1") && !is_batch_norm("LayerNorm"));
    }

    #[test]
    fn models_are_restored_and_data_is_loaded() {
        assert!(restores_model("load") && restores_model("load_checkpoint") && restores_model("restore"));
        assert!(!restores_model("load_data") && !restores_model("load_mnist") && !restores_model("loader"));
    }

    #[test]
    fn frozen_by_a_flag() {
        assert!(freezes("freeze", None) && freezes("set_requires_grad", Some(false)));
        assert!(!freezes("set_requires_grad", Some(true)) && thaws("unfreeze", None));
    }
}
