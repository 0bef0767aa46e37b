//! Rules between `checkpoint` and the validation.

use syn::{Expr, Lit};

use crate::bag::Bag;
use crate::diagnostic::Diagnostic;
use crate::prose::code;
use crate::spec::{ClauseName, IntervalUnit, Spec, Unit, plain};
use crate::suggest::nearest;

pub(super) fn check(bag: &Bag, spec: &Spec) {
    check_monitor(bag, spec);
    check_interval(bag, spec);
}

/// Rejects a `monitor` that is not a loss of the loop, or by which nothing is kept.
fn check_monitor(bag: &Bag, spec: &Spec) {
    let Some(clause) = &spec.checkpoint else { return };
    let Some(name) = &clause.value.monitor else { return };
    if clause.value.keep_best.as_ref().is_some_and(|best| number(&best.count) == Some(0)) {
        bag.push(
            Diagnostic::error(name.span(), "`monitor` has no effect: `keep_best = 0` keeps none of the best")
                .help("remove one of them"),
        );
        return;
    }
    let validates = spec.mentions(ClauseName::Valid);
    let text = name.to_string();
    match text.as_str() {
        "loss" => {}
        "valid_loss" if validates => {}
        "valid_loss" => bag.push(
            Diagnostic::error(name.span(), "no validation, so `valid_loss` never exists")
                .help("add a parameter `valid: &DataLoader`, or write `monitor = loss`"),
        ),
        _ => {
            let losses: &[&str] = if validates { &["valid_loss", "loss"] } else { &["loss"] };
            let help = match nearest(&text, losses.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write `monitor = {}`", losses[0]),
            };
            bag.push(
                Diagnostic::error(
                    name.span(),
                    format!("checkpoints are compared by a loss, not by `{text}`"),
                )
                .help(help),
            );
        }
    }
}

/// Rejects `keep_best` if checkpoints are saved more often than the loop validates: those in between have
/// no value to compare.
fn check_interval(bag: &Bag, spec: &Spec) {
    let Some(clause) = &spec.checkpoint else { return };
    let Some(best) = clause.value.keep_best.as_ref().filter(|best| number(&best.count) != Some(0)) else {
        return;
    };
    let by_training = clause.value.monitor.as_ref().is_some_and(|name| name == "loss");
    if by_training || !spec.mentions(ClauseName::Valid) {
        return;
    }
    let validate = spec.validate.as_ref().and_then(|clause| clause.value.every.as_ref());
    let (validates, unit) = match validate {
        Some(every) => (number(&every.count), every.unit),
        None => (Some(1), Unit::Epochs),
    };
    let (saves, word) = match &clause.value.every {
        None if unit == Unit::Epochs => (Some(1), "epochs"),
        Some(every) if (every.unit, unit) == (IntervalUnit::Epochs, Unit::Epochs) => {
            (number(&every.count), "epochs")
        }
        Some(every) if (every.unit, unit) == (IntervalUnit::Steps, Unit::Steps) => {
            (number(&every.count), "steps")
        }
        _ => return,
    };
    let (Some(saves), Some(validates)) = (saves, validates) else { return };
    if saves < validates {
        let message = format!(
            "`keep_best = {}`: checkpoints are saved every {saves} {word}, and the loop validates every \
             {validates} {word}",
            code(&best.count)
        );
        bag.push(
            Diagnostic::error(best.key.span(), message)
                .note("a checkpoint without a validation has no value to compare")
                .help(format!("write `checkpoint(every = {validates} {word})`, or validate more often")),
        );
    }
}

/// The value of a literal.
fn number(value: &Expr) -> Option<u64> {
    match plain(value) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}
