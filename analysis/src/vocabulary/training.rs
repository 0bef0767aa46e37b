//! Names of methods that train the model which they own, or move a target network.

/// Whether a method with this name updates the model of its receiver with a loss: `update_critic`, `train_step`, `opt`.
///
/// A method that updates something else has another name: `update_metrics`, `update_target`. If its name says nothing,
/// as that of a `train_tick` which only measures a loss, the method is reported by mistake.
pub fn trains_model_by_name(name: &str) -> bool {
    let other = [
        "metric",
        "metrics",
        "stat",
        "stats",
        "log",
        "logs",
        "history",
        "priority",
        "priorities",
        "target",
        "targets",
        "ema",
        "buffer",
        "memory",
        "state",
        "score",
        "scores",
        "rate",
        "lr",
        "test",
        "loss",
        "losses",
        "eval",
        "valid",
        "validate",
        "validation",
        "evaluate",
        "progress",
        "report",
        "display",
        "ui",
        "plot",
        "epsilon",
        "schedule",
    ];
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let verb = words.next().is_some_and(|word| {
        matches!(word, "train" | "learn" | "fit" | "optimize" | "optimise" | "opt" | "update")
    });
    verb && !words.any(|word| other.contains(&word))
}

/// Whether a method with this name returns one number of a tensor, as a tensor: `mean`, `sum_all`.
///
/// The `sum` of an iterator is a number, so it does not count.
pub fn averages_tensor(name: &str) -> bool {
    matches!(name, "mean" | "mean_all" | "sum_all" | "f_mean")
}

/// Whether a method with this name moves a target network towards the trained one: `soft_update`, `sync_target`.
pub fn moves_target(name: &str) -> bool {
    name.split('_').any(|word| {
        matches!(word, "soft" | "hard" | "target" | "targets" | "tgt" | "polyak" | "ema" | "sync")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_updates_something_else_does_not_train() {
        for name in ["update_critic", "train_step", "learn", "opt_", "optimize_policy", "update"] {
            assert!(trains_model_by_name(name), "{name}");
        }
        for name in [
            "update_metrics",
            "update_target",
            "fit_score",
            "train_loss",
            "start_training",
            "option",
            "validate",
        ] {
            assert!(!trains_model_by_name(name), "{name}");
        }
        assert!(moves_target("soft_update") && moves_target("sync_target") && !moves_target("update"));
    }
}
