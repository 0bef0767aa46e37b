//! Heuristics on names that tell evaluation from training: calls that show results, flags for the
//! mode, and layers whose result depends on the mode.

/// Whether a call with this name shows or stores results for a person: `save_image`, `log_samples`.
///
/// If a call with such a name uses its argument for training, the argument is mistaken for the
/// output of an evaluation.
pub fn shows_results(name: &str) -> bool {
    const WORDS: [&str; 21] = [
        "save",
        "write",
        "log",
        "print",
        "println",
        "show",
        "display",
        "plot",
        "render",
        "draw",
        "report",
        "export",
        "dump",
        "image",
        "images",
        "video",
        "histogram",
        "accuracy",
        "metric",
        "metrics",
        "preview",
    ];
    name.split('_').any(|word| WORDS.contains(&word))
}

/// Whether a method with this name returns the number of samples of a batch.
pub fn measures_size(method: &str) -> bool {
    matches!(
        method,
        "len" | "size" | "size1" | "shape" | "dims" | "dim" | "nrows" | "batch_size" | "num_samples"
    )
}

/// Whether a name suggests the number of samples of a batch: `batch_size`, `rows`.
pub fn names_batch_size(name: &str) -> bool {
    matches!(name, "batch_size" | "batch_len" | "rows" | "samples" | "num_samples" | "bs")
}

/// Whether a name suggests a part of the batch of one update: `micro_batch`, `microbatches`.
pub fn names_micro_batch(name: &str) -> bool {
    name.to_ascii_lowercase().split('_').any(|word| word.starts_with("micro"))
}

/// Whether a name suggests an accumulation window: `micro_step`, `grad_accum_steps`, `accumulation`.
///
/// If a loop with such a name computes several losses of one batch, it is mistaken for a loop over
/// micro-batches.
pub fn names_window(name: &str) -> bool {
    let accumulates = |word: &str| word.starts_with("accum") || word == "acc";
    names_micro_batch(name) || name.to_ascii_lowercase().split('_').any(accumulates)
}

/// Whether a method splits a tensor or a batch into `k` parts: `chunk(k, 0)`.
pub fn splits_batch(method: &str, arguments: usize) -> bool {
    method == "chunk" && arguments == 2
}

/// Whether a function with this name scales the accumulated gradients: `scale_grad`.
pub fn scales_gradients(name: &str) -> bool {
    let words = || name.split('_');
    words().any(|word| word.starts_with("grad"))
        && words()
            .any(|word| matches!(word, "scale" | "div" | "divide" | "mul" | "average" | "mean" | "normalize"))
}

/// Whether a name suggests a test for early stopping: `early_stopping`, `should_stop`.
pub fn stops_early(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "stop" | "stopper" | "stopping" | "patience"))
}

/// Whether a boolean argument of a method with this name selects the mode: `forward_t(x, train)`.
pub fn takes_mode(method: &str) -> bool {
    method.ends_with("_t")
}

/// Whether a parameter with this name selects the mode: `train`, `is_training`.
pub fn names_mode_argument(parameter: &str) -> bool {
    parameter.split('_').any(|word| matches!(word, "train" | "training"))
}

/// Types whose values compute the same result in training mode and in evaluation mode.
const SAME_IN_EVERY_MODE: &[&str] = &[
    "Linear",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "Conv",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "Embedding",
    "LayerNorm",
    "GroupNorm",
    "RmsNorm",
    "Bilinear",
    "Tensor",
    "Parameter",
    "Var",
    "Relu",
    "ReLU",
    "Gelu",
    "Tanh",
    "Sigmoid",
    "Activation",
    "Mish",
    "Hardswish",
    "Elu",
    "Prelu",
    "Identity",
    "MaxPool1d",
    "MaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveAvgPool1d",
    "Upsample",
    "Pad",
    "PixelShuffle",
    "PixelUnshuffle",
    "Flatten",
    "usize",
    "i64",
    "f32",
    "f64",
];

/// Whether a layer of this type computes the same result in every mode.
pub fn is_same_in_every_mode(name: &str) -> bool {
    SAME_IN_EVERY_MODE.contains(&name)
}

/// Whether a name in the body of a model's method suggests a computation that depends on the mode:
/// `dropout`, `batch_norm`, `training`.
pub fn changes_with_mode(name: &str) -> bool {
    ["dropout", "batch_norm", "train", "eval"].iter().any(|hint| name.contains(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_show_results() {
        for name in ["save_video", "log_images", "write_png", "accuracy", "add_image"] {
            assert!(shows_results(name), "{name}");
        }
        for name in ["act", "push", "catalog", "step", "logits", "imagine"] {
            assert!(!shows_results(name), "{name}");
        }
    }
}
