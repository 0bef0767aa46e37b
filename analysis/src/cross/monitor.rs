//! Rules for `monitor` and `mode`: all clauses name the same monitor, and the loop measures it.

use proc_macro2::Span;

use crate::bag::Bag;
use crate::diagnostic::Diagnostic;
use crate::spec::measured::{Measured, is_validation, mode, monitored, monitors};
use crate::spec::names::list;
use crate::spec::{ClauseName, Goal, Spec};
use crate::suggest::nearest;

pub(super) fn check(bag: &Bag, spec: &Spec) {
    let measured = Measured::of(spec);
    let is_unknown = |name: &str| {
        // Without `valid`, `check_validation` reports the name.
        let is_reported = is_validation(name) && !spec.mentions(ClauseName::Valid);
        !is_reported && measured.find(name).is_none() && !measured.may_have(name)
    };
    let named: Vec<(String, Span)> = monitors(spec).filter_map(|(monitor, _)| monitor.name.clone()).collect();
    let named = if named.is_empty() { monitored(spec).into_iter().collect() } else { named };
    let (unknown_names, named): (Vec<_>, Vec<_>) = named.into_iter().partition(|(name, _)| is_unknown(name));
    for (name, at) in &unknown_names {
        bag.push(unknown(name, *at, &measured));
    }
    check_one(bag, &named);
    if unknown_names.is_empty() {
        check_mode(bag, spec, &measured);
    }
}

/// Rejects a `mode` that contradicts the measurement.
fn check_mode(bag: &Bag, spec: &Spec, measured: &Measured) {
    let Some((name, _)) = monitored(spec) else { return };
    let Some(found) = measured.find(&name) else { return };
    let Some((goal, at)) = mode(spec).filter(|(goal, _)| *goal != found.goal) else { return };
    let (word, change, right) = match goal {
        Goal::Max => ("max", "higher", "min"),
        Goal::Min => ("min", "lower", "max"),
    };
    bag.push(
        Diagnostic::error(at, format!("`mode = {word}`: a {change} `{name}` is worse"))
            .help(format!("remove it, or write `mode = {right}`")),
    );
}

/// Rejects clauses with different monitors, because a run has one best check.
fn check_one(bag: &Bag, named: &[(String, Span)]) {
    let Some(((first, at), others)) = named.split_first() else { return };
    for (other, place) in others.iter().filter(|(other, _)| other != first) {
        bag.push(
            Diagnostic::error(*place, format!("the checks are compared by `{first}` and by `{other}`"))
                .note_at(*at, format!("`{first}` is on line {}", at.start().line))
                .note("a run has one best check, by one measurement")
                .help("name the same measurement, or name it once"),
        );
    }
}

/// The error about a monitor that the loop does not measure.
fn unknown(name: &str, at: Span, measured: &Measured) -> Diagnostic {
    let names: Vec<&str> = measured.known.iter().map(|measurement| measurement.name.as_str()).collect();
    let of_validation = format!("valid_{name}");
    let near =
        names.iter().copied().find(|known| *known == of_validation).or_else(|| nearest(name, names.clone()));
    let measures = format!("it measures {}", list(&names));
    let error = Diagnostic::error(at, format!("`{name}` is not measured by this loop"));
    match near {
        Some(near) => error.note(measures).help(format!("did you mean `{near}`?")),
        None => error.help(format!("{measures}; a metric is added by `metrics = [...]`")),
    }
}
