//! The validation of a loop.

use proc_macro2::Span;

use super::measure::measures;
use super::{
    Amounts, Local, Measure, Number, Object, Scope, Step, hook_step, number, order, scope as locals,
};
use crate::item::SpecFn;
use crate::rules::Amount;
use crate::spec::{Clause, Spec, Unit};

/// The interval of validation. Validation also runs at the end of the run.
pub(crate) enum When {
    /// Validation after each epoch.
    EveryEpoch,
    /// Validation after every `n` epochs.
    Epochs(Number),
    /// Validation after every `n` updates.
    Steps(Number),
}

/// The validation pass.
pub(crate) struct Validation {
    pub(crate) at: Span,
    pub(crate) data: Object,
    pub(crate) when: When,
    /// Whether validation also runs before the first epoch.
    pub(crate) first: bool,
    pub(crate) order: Vec<Step>,
    /// The names of the stages, for the doc comment.
    pub(crate) stages: Vec<&'static str>,
    pub(crate) metrics: Vec<Measure>,
    /// The hook after the validation pass.
    pub(crate) end: Option<Step>,
    /// The hook after the validation pass that runs before the first epoch. The model is the only
    /// local in this hook.
    pub(crate) first_end: Option<Step>,
}

impl Validation {
    /// Plans the validation on `data`.
    ///
    /// # Errors
    /// Returns the message about a missing clause.
    pub(super) fn of(
        data: Object,
        spec: &Spec,
        item: &SpecFn,
        amounts: &Amounts,
        scope: &Scope,
    ) -> Result<Self, &'static str> {
        let (order, stages) = order::evaluation(spec, item, amounts, scope)?;
        let at = spec.validate.as_ref().map_or(data.at, Clause::span);
        let validate = spec.validate.as_ref().map(|clause| &clause.value);
        let when = match (validate.and_then(|validate| validate.every.as_ref()), &amounts.every) {
            (Some(every), Some(count)) if !is_one_epoch(every.unit, &count.amount) => {
                let number = number(count, None, "validate_every", at, item, scope.names);
                if every.unit == Unit::Epochs { When::Epochs(number) } else { When::Steps(number) }
            }
            _ => When::EveryEpoch,
        };
        let end = |there: &[Local]| spec.hook("validation_end").map(|hook| hook_step(hook, there, scope));
        Ok(Self {
            at,
            first: validate.is_some_and(|validate| validate.first),
            when,
            order,
            stages,
            metrics: measures(spec.metrics.as_ref(), "valid", scope.names),
            end: end(&locals::per_epoch(spec)),
            first_end: end(&locals::before_training(spec)),
            data,
        })
    }
}

/// Whether validation runs after each epoch. Such a validation needs no condition.
fn is_one_epoch(unit: Unit, amount: &Amount) -> bool {
    unit == Unit::Epochs && matches!(amount, Amount::Literal(literal) if literal.to_string() == "1")
}
