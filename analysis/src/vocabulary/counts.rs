//! Heuristics on the names of numbers that a training loop counts: epochs, batches, samples.

/// Whether a name suggests a number of epochs: `epochs`, `NUM_EPOCHS`, `max_epochs`.
///
/// If a variable `epochs` has another meaning, such as the epoch before which the loop ends, a
/// correct loop is reported as one epoch too short.
pub fn names_epoch_count(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut words = lower.split('_').filter(|word| !word.is_empty());
    let counts = [
        "epochs", "num", "n", "nb", "max", "total", "number", "of", "train", "training", "no", "nepochs",
        "count",
    ];
    lower.contains("epoch")
        && (words.clone().any(|word| word.ends_with("epochs")) || words.clone().count() > 1)
        && words.all(|word| counts.contains(&word) || word == "epoch")
}

/// Whether a function with this name trains a model: `train`, `fit`, `train_one_epoch`.
///
/// A function `train_score` also matches. A loop that only computes such a score then counts as
/// training.
pub fn is_training_call(name: &str) -> bool {
    let words = || name.split('_');
    let other =
        ["load", "loader", "data", "dataset", "set", "config", "accuracy", "loss", "mode", "test", "new"];
    words().any(|word| matches!(word, "train" | "fit" | "training" | "optimize" | "backprop"))
        && !words().any(|word| other.contains(&word))
}

/// Whether a name suggests a number of samples: `n_samples`, `num_examples`, `dataset_size`.
pub fn names_samples(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words = || lower.split('_');
    let sized =
        |word: &str| matches!(word, "samples" | "examples" | "items" | "rows" | "sequences" | "images");
    let of_data = words().any(|word| matches!(word, "dataset" | "data" | "samples"))
        && words().any(|word| matches!(word, "size" | "len" | "length"));
    let counts = ["n", "num", "nb", "total", "number", "of", "train", "seen", "count", "all"];
    of_data || words().any(sized) && words().all(|word| sized(word) || counts.contains(&word))
}

/// Whether a name suggests a number of batches: `batches`, `n_batches`, `num_batches`.
pub fn names_batches(name: &str) -> bool {
    name.to_ascii_lowercase().split('_').any(|word| matches!(word, "batches" | "nbatches"))
}

/// Whether a name suggests the number of samples in a batch: `batch_size`, `bs`.
pub fn names_size_of_batch(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words = || lower.split('_');
    matches!(lower.as_str(), "bs" | "bsz" | "bsize" | "batchsize")
        || words().any(|word| word == "batch") && words().any(|word| matches!(word, "size" | "len" | "n"))
}

/// Whether a name suggests a data set rather than a loader of batches.
pub fn names_dataset(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.split('_').any(|word| matches!(word, "dataset" | "set" | "samples" | "examples"))
        && !lower.contains("loader")
        && !lower.contains("batch")
}

/// Whether a method returns the items of its receiver in batches: `batches(32)`, `chunks(32)`.
pub fn batches(method: &str) -> bool {
    method.contains("batch") || method.contains("chunk") || method.contains("minibatch")
}

/// Whether a method or a function passes on every item of an iterator, one for one.
pub fn forwards_items(name: &str) -> bool {
    matches!(name, "iter" | "into_iter" | "by_ref" | "rev" | "inspect" | "enumerate" | "peekable" | "fuse")
        || name.contains("progress")
        || name.contains("tqdm")
}

/// Whether a method returns the number that its receiver holds, possibly in another type.
pub fn reads_number(method: &str) -> bool {
    matches!(
        method,
        "item"
            | "double_value"
            | "to_scalar"
            | "into_scalar"
            | "to_vec0"
            | "elem"
            | "to_f32"
            | "to_f64"
            | "into"
            | "try_into"
            | "detach"
            | "clone"
            | "value"
    )
}

/// Whether a method returns the size of its receiver, or the sizes of its dimensions.
pub fn gives_size(method: &str) -> bool {
    matches!(method, "len" | "size" | "shape" | "dims" | "dim" | "nrows" | "len_of" | "rows" | "count")
        || method.strip_prefix("size").is_some_and(|rank| rank.chars().all(|c| c.is_ascii_digit()))
        || method.strip_prefix("dims").is_some_and(|rank| rank.chars().all(|c| c.is_ascii_digit()))
}

/// Whether a name is that of a sum: `sum`, `Sum`.
pub fn totals(name: &str) -> bool {
    name.eq_ignore_ascii_case("sum")
}

/// Whether a method returns the greater of its receiver and its argument.
pub fn lifts(method: &str) -> bool {
    method == "max"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_told_from_an_epoch() {
        for name in [
            "epochs",
            "EPOCHS",
            "num_epochs",
            "n_epochs",
            "MAX_EPOCHS",
            "total_epochs",
            "num_epoch",
            "train_epochs",
        ] {
            assert!(names_epoch_count(name), "{name}");
        }
        for name in
            ["epoch", "end_epoch", "last_epoch", "warmup_epochs", "steps", "epochs_left", "stop_epoch"]
        {
            assert!(!names_epoch_count(name), "{name}");
        }
    }

    #[test]
    fn samples_batches_and_sizes_differ() {
        assert!(
            names_samples("n_samples") && names_samples("dataset_size") && names_samples("total_examples")
        );
        assert!(!names_samples("batch_size") && !names_samples("n_batches") && !names_samples("bad_samples"));
        assert!(names_batches("num_batches") && !names_batches("batch_size"));
        assert!(
            names_size_of_batch("batch_size") && names_size_of_batch("bs") && !names_size_of_batch("batches")
        );
    }
}
