//! What to say to a name that is no clause: the nearest one, or ours for the name that people bring along.

use super::foreign::{FOREIGN, LATER};
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

/// Functions of the runtime that make a metric.
pub(crate) const METRICS: [&str; 10] =
    ["accuracy", "top_k", "precision", "recall", "f1", "confusion", "mae", "mse", "rmse", "r2"];

/// The help for a clause that does not exist, and the clauses that it shows how to write.
pub(crate) fn help_for_clause(name: &str) -> (String, Vec<&'static str>) {
    let known = CLAUSES.map(|(name, _)| name);
    if let Some((_, help)) = LATER.iter().find(|(later, _)| *later == name) {
        // Each phase would have its own.
        let meant = if name == "phases" { vec!["optimizer", "loss"] } else { Vec::new() };
        return ((*help).to_owned(), meant);
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
            assert!(LATER.iter().all(|(later, _)| *later != clause));
            assert!(FOREIGN.iter().all(|(names, _)| !names.contains(&clause)));
        }
    }
}
