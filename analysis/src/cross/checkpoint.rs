//! Rules between `checkpoint` and the validation.

use syn::{Expr, Lit};

use crate::bag::Bag;
use crate::diagnostic::Diagnostic;
use crate::prose::code;
use crate::rules::KEEP_BEST_INTERVAL;
use crate::spec::{ClauseName, Spec, Unit, measured, plain};

pub(super) fn check(bag: &Bag, spec: &Spec) {
    check_monitor(bag, spec);
    check_interval(bag, spec);
}

/// Rejects a `monitor` that is never measured, or that ranks no checkpoint.
fn check_monitor(bag: &Bag, spec: &Spec) {
    let Some(clause) = &spec.checkpoint else { return };
    let Some((name, at)) = &clause.value.monitor.name else { return };
    if spec.early_stop.is_some() || spec.restore_best.is_some() {
        return; // `cross` reports a missing validation at these clauses, which use the monitor.
    }
    if clause.value.keep_best.as_ref().is_some_and(|best| number(&best.count) == Some(0)) {
        bag.push(
            Diagnostic::error(*at, "`monitor` has no effect: `keep_best = 0` keeps none of the best")
                .help("remove one of them"),
        );
    } else if measured::is_validation(name) && !spec.mentions(ClauseName::Valid) {
        bag.push(
            Diagnostic::error(*at, format!("no validation, so `{name}` never exists"))
                .help("add a parameter `valid: &DataLoader`, or write `monitor = loss`"),
        );
    }
}

/// Rejects `keep_best` if the loop saves more often than it validates. Checkpoints between two validations
/// have no value to compare.
fn check_interval(bag: &Bag, spec: &Spec) {
    let Some(clause) = &spec.checkpoint else { return };
    let Some(best) = clause.value.keep_best.as_ref().filter(|best| number(&best.count) != Some(0)) else {
        return;
    };
    let Some((unit, [saves, validates])) = spec.intervals() else { return };
    let [saves, validates] = [saves, validates].map(|count| count.map_or(Some(1), number));
    let (Some(saves), Some(validates)) = (saves, validates) else { return };
    if saves < validates {
        let (rule, help) = KEEP_BEST_INTERVAL;
        let word = if unit == Unit::Epochs { "epochs" } else { "steps" };
        bag.push(
            Diagnostic::error(best.key.span(), format!("`keep_best = {}`: {rule}", code(&best.count)))
                .note(format!("it saves every {saves} {word}, and validates every {validates} {word}"))
                .help(help),
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
