//! Heuristics on the names of data splits, metrics and targets. If a name has no match, lints
//! report nothing.

use std::collections::BTreeSet;

/// The data split that a metric was measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The data that the model is trained on.
    Train,
    /// Held-out data, on which the model is not trained.
    Valid,
}

/// The split that a name suggests. `None` if the name suggests both splits or no split.
pub fn phase_of_name(name: &str) -> Option<Phase> {
    match (names_training(name), names_validation(name)) {
        (true, false) => Some(Phase::Train),
        (false, true) => Some(Phase::Valid),
        _ => None,
    }
}

/// Whether a name, or a message, mentions training.
pub fn names_training(name: &str) -> bool {
    mentions(name, &["train", "training"])
}

/// Whether a name, or a message, mentions held-out data.
pub fn names_validation(name: &str) -> bool {
    mentions(name, &["val", "valid", "validation", "dev", "test", "testing", "eval", "evaluation", "holdout"])
}

/// Whether a message tells that a measure is of the training data: `accuracy on the training set`.
pub fn tells_training_measure(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let data = ["train set", "training set", "train data", "training data"];
    let measure = ["accuracy", "loss", "error", "score"];
    data.iter().any(|data| lower.contains(data)) && measure.iter().any(|measure| lower.contains(measure))
}

/// The words of a name other than those that tell its split: `small` for `train_small`.
pub fn rest_of_split(name: &str) -> Vec<&str> {
    name.split('_').filter(|word| !names_training(word) && !names_validation(word)).collect()
}

/// Whether a name suggests a metric or a loss.
pub fn names_measure(name: &str) -> bool {
    let measures =
        ["loss", "acc", "accuracy", "error", "err", "score", "metric", "f1", "auc", "perplexity", "ppl"];
    mentions(name, &measures)
}

/// Whether a name suggests the best value of a metric so far.
pub fn names_best(name: &str) -> bool {
    mentions(name, &["best"])
}

/// Whether the name of a sum suggests that the sum runs over all epochs.
pub fn is_running_total(name: &str) -> bool {
    let words = ["global", "cumulative", "overall", "lifetime", "ever", "grand", "all", "steps", "far"];
    mentions(name, &words)
}

/// Whether a name suggests a training target that a model computes, as in reinforcement learning.
pub fn names_target(name: &str) -> bool {
    mentions(name, &["target", "targets", "expected", "td", "returns", "bootstrap", "bootstrapped", "backup"])
        || names_next_value(name)
}

/// Whether the names in an expression suggest a reward and a discount, as in the target `reward + gamma * next`.
pub fn names_bootstrap(names: &BTreeSet<String>) -> bool {
    let any = |known: &[&str]| names.iter().any(|name| mentions(name, known));
    any(&["reward", "rewards"]) && any(&["gamma", "discount"])
}

/// Whether a name suggests an advantage, by which the loss of an actor weights its log-probabilities.
///
/// The risk is another weight with such a name that is trained together with the probabilities.
pub fn names_advantage(name: &str) -> bool {
    mentions(name, &["advantage", "advantages", "adv", "advs", "delta", "deltas", "td"])
}

/// Whether a name suggests log-probabilities of actions, or a ratio of probabilities: `action_log_probs`, `ratio`.
pub fn names_likelihood(name: &str) -> bool {
    let logarithm = mentions(name, &["log"]) && mentions(name, &["prob", "probs", "pi", "p"]);
    logarithm || mentions(name, &["logprob", "logprobs", "logp", "logps", "logpi", "ratio", "ratios"])
}

/// Whether a name suggests a value of the next state: `q_next`, `next_value`.
pub fn names_next_value(name: &str) -> bool {
    mentions(name, &["next"]) && mentions(name, &["q", "value", "values", "v"])
}

/// Whether a name suggests the next state of an environment: `next_states`, `next_obs`.
pub fn names_next_state(name: &str) -> bool {
    mentions(name, &["next"]) && mentions(name, &["state", "states", "obs", "observation", "observations"])
}

/// Whether the name of a network suggests that the network computes targets and is not trained itself.
pub fn names_target_network(name: &str) -> bool {
    mentions(name, &["target", "teacher", "ema", "old", "frozen", "reference"])
}

/// Whether the name of a function suggests a demonstration or a test. Such a function discards its
/// model on purpose.
pub fn is_demonstration(function: &str) -> bool {
    mentions(function, &["main", "run", "demo", "example", "test", "bench", "smoke", "benchmark"])
}

/// Whether the name of a function suggests that the function trains a model.
pub fn is_for_training(function: &str) -> bool {
    mentions(function, &["train", "training", "fit", "pretrain", "finetune"])
}

/// Whether a name suggests an environment, as in reinforcement learning.
pub fn names_environment(name: &str) -> bool {
    name.contains("env")
}

/// Whether at least one of these names suggests held-out data, and no name suggests training data.
pub fn speaks_of_evaluation<N: AsRef<str>>(names: impl IntoIterator<Item = N> + Clone) -> bool {
    const WORDS: [&str; 12] = [
        "valid",
        "validation",
        "val",
        "test",
        "tests",
        "testing",
        "eval",
        "evaluation",
        "dev",
        "holdout",
        "heldout",
        "validate",
    ];
    any_word(names.clone(), |word| WORDS.contains(&word)) && !speaks_of_training(names)
}

/// Whether at least one of these names suggests training data.
pub fn speaks_of_training<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> bool {
    any_word(names, |word| word.starts_with("train"))
}

fn any_word<N: AsRef<str>>(names: impl IntoIterator<Item = N>, is: impl Fn(&str) -> bool) -> bool {
    names.into_iter().any(|name| name.as_ref().split(|c: char| !c.is_alphabetic()).any(&is))
}

/// Whether a text contains at least one of the known words.
fn mentions(text: &str, known: &[&str]) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| known.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_about_the_training_set() {
        assert!(tells_training_measure("Accuracy on the training set: {}"));
        for text in ["loading the training data", "validation loss {}", "training loss {}"] {
            assert!(!tells_training_measure(text), "{text}");
        }
    }

    #[test]
    fn evaluation_data_is_told_by_whole_words() {
        for names in
            [&["valid"][..], &["val_loader"], &["data", "test_images"], &["valid", "iter"], &["x_test"]]
        {
            assert!(speaks_of_evaluation(names), "{names:?}");
        }
        for names in [
            &["train"][..],
            &["values"],
            &["train", "zip", "valid"],
            &["train_test"],
            &["latest"],
            &["interval"],
        ] {
            assert!(!speaks_of_evaluation(names), "{names:?}");
        }
    }
}
