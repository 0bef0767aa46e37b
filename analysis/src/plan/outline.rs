//! The outline of a loop: the stages and clauses for a report.

use proc_macro2::Span;
use syn::Expr;

use super::{Interval, Plan, Recorded, When};
use crate::item::SpecFn;
use crate::prose::code;
use crate::spec::{Clause, ClauseName, Spec, TimeUnit};

/// The outline of a loop that has options.
pub(crate) struct Outline {
    pub(crate) at: Span,
    /// The name of the function.
    pub(crate) name: String,
    /// The clauses that checkpoints do not record.
    pub(crate) clauses: Vec<(String, Recorded)>,
}

/// Plans the outline, if the loop has options. In a loop without checkpoints, `recorded` has the clauses that
/// a checkpoint would record.
pub(super) fn plan(
    spec: &Spec,
    item: &SpecFn,
    plan: &Plan,
    recorded: Vec<(String, Recorded)>,
) -> Option<Outline> {
    let at = plan.options.as_ref()?.at;
    let mut clauses = recorded;
    let numbers = [(ClauseName::Epochs, &plan.epochs), (ClauseName::MaxSteps, &plan.max_steps)];
    for (name, number) in numbers {
        clauses
            .extend(number.as_ref().map(|number| (name.text().to_owned(), Recorded::Number(number.clone()))));
    }
    let mut text = |name: ClauseName, text: Option<String>| {
        clauses.extend(text.map(|text| (name.text().to_owned(), Recorded::Text(text))));
    };
    let time = |unit: Option<TimeUnit>| unit.map(|unit| format!(" {}", unit.name())).unwrap_or_default();
    let max_time = plan.max_time.as_ref().map(|most| format!("{}{}", most.text(), time(most.unit)));
    text(ClauseName::MaxTime, max_time);
    text(ClauseName::Metrics, listed(spec.metrics.as_ref()));
    text(ClauseName::TrainMetrics, listed(spec.train_metrics.as_ref()));
    let checks = plan.checks.as_ref().filter(|checks| checks.early_stop.is_some());
    text(ClauseName::EarlyStop, checks.map(|checks| format!("monitor = {}", checks.name)));
    let hooks = spec.on.as_ref().map(|on| {
        let names: Vec<String> = on.value.iter().map(|hook| hook.key.to_string()).collect();
        names.join(", ")
    });
    text(ClauseName::On, hooks);
    let checkpoint = plan.checkpoint.as_ref().map(|checkpoint| {
        let (count, unit) = match &checkpoint.every {
            Interval::Epochs(number) => (number, " epochs".to_owned()),
            Interval::Steps(number) => (number, " steps".to_owned()),
            Interval::Time(number) => (number, time(number.unit)),
        };
        format!("every = {}{unit}", count.text())
    });
    text(ClauseName::Checkpoint, checkpoint);
    if let Some(validation) = &plan.validation {
        let every = match &validation.when {
            When::EveryEpoch => "every = 1 epochs".to_owned(),
            When::Epochs(number) => format!("every = {} epochs", number.text()),
            When::Steps(number) => format!("every = {} steps", number.text()),
        };
        text(ClauseName::Validate, Some(every + if validation.first { ", first" } else { "" }));
        if !validation.data.is_optional {
            clauses.push((ClauseName::Valid.text().to_owned(), Recorded::Valid));
        }
    }
    Some(Outline { at, name: item.signature.ident.to_string(), clauses })
}

/// The metrics of a list, as the spec writes them.
fn listed(clause: Option<&Clause<Vec<Expr>>>) -> Option<String> {
    let metrics: Vec<String> = clause?.value.iter().map(code).collect();
    Some(metrics.join(", "))
}
