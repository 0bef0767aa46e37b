//! Checks: comparisons of the monitored measurement, for early stopping and for the best values.

use proc_macro2::Span;

use super::{Amounts, Names, Number, Object, number};
use crate::item::SpecFn;
use crate::spec::measured::{Measured, is_validation, mode, monitored};
use crate::spec::{Clause, Goal, Spec};

/// When a run compares its monitored measurement with the best value so far: after each validation, or after the
/// training of each epoch if there is no validation.
pub(crate) struct Checks {
    /// The name of the monitored measurement.
    pub(crate) name: String,
    pub(crate) at: Span,
    pub(crate) goal: Declared,
    /// Whether the checks follow validations.
    pub(crate) on_validation: bool,
    /// Whether the validation data are optional. The loop then rejects absent data.
    pub(crate) is_optional: bool,
    pub(crate) early_stop: Option<EarlyStop>,
    /// The span of `restore_best`, if the run restores its best values.
    pub(crate) restore_best: Option<Span>,
}

/// How the run determines the goal of the measurement: whether lower or higher values are better.
pub(crate) enum Declared {
    /// The measurement is the run's default monitor.
    Default,
    /// The loop declares the goal.
    Known(Goal),
    /// Only the metrics know the name. The loop asks them at run time for the name, and for the goal if the
    /// goal is `None`.
    Asked(Option<Goal>),
}

/// The numbers of `early_stop`.
pub(crate) struct EarlyStop {
    pub(crate) at: Span,
    pub(crate) patience: Number,
    pub(crate) min_delta: Number,
}

/// Plans the checks, if a clause needs them.
pub(super) fn plan(
    spec: &Spec,
    valid: Option<&Object>,
    item: &SpecFn,
    amounts: &Amounts,
    names: &Names,
) -> Option<Checks> {
    let (name, at) = monitored(spec)?;
    let default = if valid.is_some() { "valid_loss" } else { "loss" };
    let measured = Measured::of(spec);
    let goal = match measured.find(&name) {
        Some(_) if name == default => Declared::Default,
        Some(found) => Declared::Known(found.goal),
        // Lower values are better for a part of a loss, as for the loss.
        None if !measured.asks_metrics || measured.is_of_phase(&name) => {
            Declared::Known(mode(spec).map_or(Goal::Min, |(goal, _)| goal))
        }
        None => Declared::Asked(mode(spec).map(|(goal, _)| goal)),
    };
    let on_validation = is_validation(&name);
    let early_stop = spec.early_stop.as_ref().zip(amounts.early_stop.as_ref());
    Some(Checks {
        goal,
        on_validation,
        is_optional: on_validation && valid.is_some_and(|valid| valid.is_optional),
        early_stop: early_stop.map(|(clause, [patience, min_delta])| EarlyStop {
            at: clause.span(),
            patience: number(patience, None, "patience", clause.span(), item, names),
            min_delta: number(min_delta, None, "min_delta", clause.span(), item, names),
        }),
        restore_best: spec.restore_best.as_ref().map(Clause::span),
        name,
        at,
    })
}
