//! What to say to a name that is no clause: the nearest one, or ours for the name that people bring along.

use crate::stage::nearest;

/// What follows the name of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `name = expression`
    Value,
    /// `name = [..]`
    List,
    /// `name(..)`
    Group,
}

/// Every clause of this version, and what follows its name.
pub(crate) const CLAUSES: [(&str, Form); 25] = [
    ("model", Form::Value),
    ("train", Form::Value),
    ("valid", Form::Value),
    ("loss", Form::Value),
    ("loss_weight", Form::Value),
    ("forward", Form::Value),
    ("training_step", Form::Value),
    ("optimizer", Form::Value),
    ("scheduler", Form::Value),
    ("epochs", Form::Value),
    ("max_steps", Form::Value),
    ("seed", Form::Value),
    ("accumulate", Form::Value),
    ("clip_grad_norm", Form::Value),
    ("clip_grad_value", Form::Value),
    ("crate", Form::Value),
    ("metrics", Form::List),
    ("train_metrics", Form::List),
    ("train_order", Form::List),
    ("eval_order", Form::List),
    ("validate", Form::Group),
    ("on", Form::Group),
    ("allow", Form::Group),
    ("warn", Form::Group),
    ("deny", Form::Group),
];

/// Clauses that the design has and this version does not.
pub(crate) const LATER: [&str; 10] = [
    "max_time",
    "early_stop",
    "checkpoint",
    "restore_best",
    "warmup",
    "anomaly",
    "ema",
    "phases",
    "distributed",
    "run",
];

/// Names that people bring along from other frameworks, and the help that names ours.
pub(crate) const FOREIGN: [(&[&str], &str); 16] = [
    (&["max_epochs", "num_epochs", "num_train_epochs", "n_epoch", "nb_epochs"], "here it is `epochs = ...`"),
    (
        &["accumulate_grad_batches", "gradient_accumulation_steps", "grads_accumulation"],
        "here it is `accumulate = ...`",
    ),
    (
        &["gradient_clip_val", "max_grad_norm", "global_clipnorm", "clipnorm"],
        "here it is `clip_grad_norm = ...`",
    ),
    (&["clipvalue"], "here it is `clip_grad_value = ...`"),
    (
        &[
            "check_val_every_n_epoch",
            "validation_freq",
            "eval_steps",
            "val_check_interval",
            "validation_data",
            "val",
        ],
        "`validate(every = 2 epochs)` says how often to validate, `valid = ...` on what",
    ),
    (
        &["lr", "learning_rate", "momentum", "weight_decay"],
        "it is an argument of the optimizer: `optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9)`",
    ),
    (
        &["patience", "min_delta", "monitor"],
        "it belongs inside `early_stop(...)` or `checkpoint(...)`, which this version does not have yet",
    ),
    (
        &["save_top_k", "save_total_limit", "save_best_only"],
        "it will be `checkpoint(keep_best = ...)`, which this version does not have yet",
    ),
    (
        &["restore_best_weights", "load_best_model_at_end"],
        "it will be `restore_best`, which this version does not have yet",
    ),
    (&["lr_scheduler", "schedule", "lr_scheduler_type"], "here it is `scheduler = ...`"),
    (
        &["warmup_steps", "warmup_ratio"],
        "it will be `warmup = 500 steps`, which this version does not have yet",
    ),
    (&["criterion", "loss_fn", "loss_function"], "here it is `loss = ...`"),
    (&["optim", "optimiser"], "here it is `optimizer = ...`"),
    (
        &["callbacks", "logger", "verbose", "progress", "resume_from_checkpoint"],
        "it will be an option of `RunOptions`, which this version does not have yet; \
         `on(epoch_end = ...)` runs your own code",
    ),
    (&["fp16", "bf16", "precision"], "it is not supported: the runtime computes in f32"),
    (&["clip"], "here it is `clip_grad_norm = ...` or `clip_grad_value = ...`"),
];

/// The help for a clause that does not exist, and the clauses that it shows how to write.
pub(crate) fn help_for_clause(name: &str) -> (String, Vec<&'static str>) {
    let known = CLAUSES.map(|(name, _)| name);
    if LATER.contains(&name) {
        return ("remove it".to_owned(), Vec::new());
    }
    if let Some((_, help)) = FOREIGN.iter().find(|(names, _)| names.contains(&name)) {
        let shown = known.into_iter().filter(|clause| help.contains(&format!("`{clause} = "))).collect();
        return ((*help).to_owned(), shown);
    }
    match nearest(&name.to_lowercase(), known) {
        Some(near) => (format!("did you mean `{near}`?"), vec![near]),
        None => (format!("the clauses are {}", list(&known)), Vec::new()),
    }
}

/// `a`, `b` and `c`, in backticks.
pub(crate) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_clause() {
        for (typed, meant) in
            [("optimzer", "optimizer"), ("epoch", "epochs"), ("los", "loss"), ("Loss", "loss")]
        {
            assert_eq!(help_for_clause(typed), (format!("did you mean `{meant}`?"), vec![meant]));
        }
        assert!(help_for_clause("frobnicate").0.starts_with("the clauses are `model`, "));
    }

    #[test]
    fn every_foreign_name_gets_the_help_of_its_row() {
        for (names, help) in FOREIGN {
            for name in names {
                assert_eq!(help_for_clause(name).0, help, "{name}");
            }
        }
    }

    #[test]
    fn the_clause_that_was_meant_is_known() {
        for (typed, meant) in [("optimiser", "optimizer"), ("criterion", "loss"), ("max_epochs", "epochs")] {
            assert_eq!(help_for_clause(typed).1, [meant]);
        }
    }

    #[test]
    fn no_name_is_known_and_unknown_at_once() {
        for (clause, _) in CLAUSES {
            assert!(!LATER.contains(&clause));
            assert!(FOREIGN.iter().all(|(names, _)| !names.contains(&clause)));
        }
    }
}
