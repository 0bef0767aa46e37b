//! Help for unknown clause names: the most similar clause, or the runtime's name for
//! another framework's clause.

use super::ClauseName;
use super::foreign::{FOREIGN, LATER};
use super::read::Form;
use crate::suggest::nearest;

/// Functions of the runtime that return a metric.
pub(crate) const METRICS: [&str; 21] = [
    "accuracy",
    "top_k",
    "precision",
    "recall",
    "f1",
    "confusion",
    "mae",
    "mse",
    "rmse",
    "r2",
    "roc_auc",
    "average_precision",
    "matthews_corrcoef",
    "cohen_kappa",
    "perplexity",
    "iou",
    "dice",
    "multilabel_accuracy",
    "multilabel_precision",
    "multilabel_recall",
    "multilabel_f1",
];

/// Whether a later version will have a clause with this name.
pub(super) fn is_later(name: &str) -> bool {
    LATER.iter().any(|(later, _, _)| *later == name)
}

/// The help for an unknown clause name, and the clauses that the help suggests.
pub(crate) fn help_for_clause(name: &str) -> (String, Vec<ClauseName>) {
    let clauses = ClauseName::ALL.iter().copied();
    if let Some((_, help, meant)) = LATER.iter().find(|(later, _, _)| *later == name) {
        return ((*help).to_owned(), meant.to_vec());
    }
    if let Some(clause) = clauses.clone().find(|clause| clause.row().foreign.contains(&name)) {
        let ours = match clause.form() {
            Form::Value | Form::List => format!("{} = ...", clause.text()),
            Form::Group | Form::Flag => clause.example().to_owned(),
        };
        return (format!("here it is `{ours}`{}", clause.row().foreign_note), vec![clause]);
    }
    if let Some((_, help)) = FOREIGN.iter().find(|(names, _)| names.contains(&name)) {
        let is_shown = |clause: &ClauseName| help.contains(&format!("`{} = ", clause.text()));
        return ((*help).to_owned(), clauses.filter(is_shown).collect());
    }
    match nearest(&name.to_lowercase(), ClauseName::texts()).and_then(ClauseName::find) {
        Some(near) => (format!("did you mean `{}`?", near.text()), vec![near]),
        None => (format!("the clauses are {}", list(&ClauseName::texts())), Vec::new()),
    }
}

/// Lists names in words, with backticks: `a`, `b` and `c`.
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
        for (typed, meant) in [
            ("optimzer", ClauseName::Optimizer),
            ("epoch", ClauseName::Epochs),
            ("los", ClauseName::Loss),
            ("Loss", ClauseName::Loss),
        ] {
            let help = format!("did you mean `{}`?", meant.text());
            assert_eq!(help_for_clause(typed), (help, vec![meant]));
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
        for &clause in ClauseName::ALL {
            for name in clause.row().foreign {
                assert_eq!(help_for_clause(name).1, [clause], "{name}");
            }
        }
    }

    #[test]
    fn a_help_names_the_clause_that_was_meant() {
        assert_eq!(help_for_clause("optimiser").0, "here it is `optimizer = ...`");
        assert_eq!(help_for_clause("val_loader").0, "here it is `valid = ...`, a `&DataLoader`");
        assert_eq!(help_for_clause("lr").1, [ClauseName::Optimizer]);
        assert_eq!(help_for_clause("clip").1, [ClauseName::ClipGradNorm, ClauseName::ClipGradValue]);
    }

    #[test]
    fn no_name_is_known_and_unknown_at_once() {
        let mut foreign: Vec<&str> = FOREIGN.iter().flat_map(|(names, _)| *names).copied().collect();
        foreign.extend(LATER.iter().map(|(later, _, _)| *later));
        foreign.extend(ClauseName::ALL.iter().flat_map(|clause| clause.row().foreign));
        for name in &foreign {
            assert!(ClauseName::find(name).is_none(), "{name}");
            assert_eq!(foreign.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
    }
}
