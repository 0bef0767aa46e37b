//! The doc comment that the macro adds to the function: a summary of the loop, for display in editors.

use proc_macro2::TokenStream;
use quote::quote;

use crate::plan::{
    Checkpoint, Checks, Interval, Number, NumberValue, Object, Plan, Update, Validation, When,
};
use crate::prose::code;
use crate::spec::TimeUnit;

/// The doc attributes for the function.
pub(super) fn comment(plan: &Plan) -> TokenStream {
    let lines = lines(plan);
    quote!(#(#[doc = #lines])*)
}

/// The lines of the comment.
fn lines(plan: &Plan) -> Vec<String> {
    let Some(train) = &plan.train else { return evaluation(plan) };
    let mut lines = vec![
        String::new(),
        " # Training loop".to_owned(),
        String::new(),
        format!(" Trains `{}` on `{}`, {}.", text(&plan.model), text(train), end(plan)),
        String::new(),
    ];
    lines.extend(plan.updates.iter().flat_map(|update| updates(plan, update)));
    if let Some(warmup) = &plan.warmup {
        let (count, unit) = (number(&warmup.number), warmup.unit.name());
        lines.push(format!(" - Warmup: the learning rate rises linearly for {count} {unit}."));
    }
    if let Some(ema) = &plan.ema {
        let eval = if ema.eval { "; evaluations and the final model have it" } else { "" };
        lines.push(format!(" - Average of the parameters with decay {}{eval}.", number(&ema.decay)));
    }
    lines.extend(plan.validation.as_ref().map(validation));
    lines.extend(plan.checks.as_ref().and_then(checks));
    lines.push(seed(plan));
    lines.extend(plan.checkpoint.as_ref().map(|checkpoint| checkpoints(checkpoint, plan.checks.as_ref())));
    if plan.updates.iter().any(|update| update.order.batch_end) && plan.accumulate.is_some() {
        lines.push(
            " - If `batch_end` ends the run inside a window, the update of its batches is still made."
                .to_owned(),
        );
    }
    lines.extend(taken(plan));
    lines
}

/// The lines of the comment of an evaluation.
fn evaluation(plan: &Plan) -> Vec<String> {
    let Some(Validation { data, stages, .. }) = &plan.validation else { return Vec::new() };
    let mut lines = vec![
        String::new(),
        " # Evaluation".to_owned(),
        String::new(),
        format!(
            " Evaluates `{}` on `{}`, and returns the row of measurements.",
            text(&plan.model),
            text(data)
        ),
        String::new(),
        format!(" - Every batch, in evaluation mode and without gradients: {}.", names(stages)),
        seed(plan),
    ];
    lines.extend(taken(plan));
    lines
}

/// The lines about an update: its steps, its optimizer and its schedule.
fn updates(plan: &Plan, update: &Update) -> Vec<String> {
    let [start, batch, end] = update.order.stages.each_ref().map(|stages| names(stages));
    let optimizer = text(&update.optimizer);
    let scheduler = update.scheduler.as_ref().map(text);
    if let Some(phase) = &update.phase {
        let when = phase.every.as_ref().map_or_else(
            || "every batch".to_owned(),
            |every| format!("the last of every {} batches of the run", number(every)),
        );
        let scheduler =
            scheduler.map(|scheduler| format!(" and the schedule `{scheduler}`")).unwrap_or_default();
        return vec![format!(
            " - Phase `{}`, on {when}: {batch}; with the optimizer `{optimizer}`{scheduler}.",
            phase.name
        )];
    }
    let steps = match &plan.accumulate {
        None => format!(" - Every batch: {batch}."),
        Some(batches) => {
            let (batches, start) = (number(batches), if start.is_empty() { start } else { start + "; " });
            format!(" - Every {batches} batches: {start}for each batch {batch}; then {end}.")
        }
    };
    let scheduler = scheduler.map(|scheduler| format!(" - Schedule: `{scheduler}`."));
    [steps, format!(" - Optimizer: `{optimizer}`.")].into_iter().chain(scheduler).collect()
}

/// The line about the validation.
fn validation(validation: &Validation) -> String {
    let when = match &validation.when {
        When::EveryEpoch => "after every epoch".to_owned(),
        When::Epochs(every) => format!("after every {} epochs and the last one", number(every)),
        When::Steps(every) => format!("after every {} updates and the last one", number(every)),
    };
    let first = if validation.first { ", and before the first epoch" } else { "" };
    let there = if validation.data.is_optional { "if there is any, " } else { "" };
    let stages = names(&validation.stages);
    format!(" - Validation on `{}` {there}{when}{first}: {stages}.", text(&validation.data))
}

/// The line about random draws.
fn seed(plan: &Plan) -> String {
    match &plan.seed {
        Some(seed) => {
            format!(" - Seed: {}; afterwards the thread's own random stream continues.", number(seed))
        }
        None => " - Random draws: the thread's own.".to_owned(),
    }
}

/// The line about parameters that replace clauses.
fn taken(plan: &Plan) -> Option<String> {
    let names: Vec<String> = plan.taken.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!(" - Clauses taken from parameters: {}.", names.join(", ")))
}

/// The line about the checks of the run, if a clause uses them.
fn checks(checks: &Checks) -> Option<String> {
    let name = &checks.name;
    let of = if checks.on_validation { "each validation" } else { "the training of each epoch" };
    let stop = checks.early_stop.as_ref().map(|early_stop| {
        let patience = number(&early_stop.patience);
        format!("the run stops after {patience} checks without a better `{name}`")
    });
    let keep = checks.restore_best.map(|_| format!("the model ends with the values of the best `{name}`"));
    let both: Vec<String> = stop.into_iter().chain(keep).collect();
    (!both.is_empty()).then(|| format!(" - Check after {of}: {}.", both.join(", and ")))
}

/// The line about the checkpoints.
fn checkpoints(checkpoint: &Checkpoint, checks: Option<&Checks>) -> String {
    let count = number(checkpoint.every.number());
    let every = match &checkpoint.every {
        Interval::Epochs(_) if count == "1" => "every epoch".to_owned(),
        Interval::Epochs(_) => format!("every {count} epochs"),
        Interval::Steps(_) => format!("every {count} updates"),
        Interval::Time(time) => format!("every {count} {}", time.unit.map_or("", TimeUnit::name)),
    };
    let kept = |kept: &Option<Number>| kept.as_ref().map_or_else(|| "1".to_owned(), number);
    let (last, best) = (kept(&checkpoint.keep_last), kept(&checkpoint.keep_best));
    let by = checks.map(|checks| format!(" by `{}`", checks.name)).unwrap_or_default();
    format!(" - Checkpoints after {every} and at the end; kept are the last {last} and the best {best}{by}.")
}

/// The names of stages, in backticks.
fn names(stages: &[&str]) -> String {
    let quoted: Vec<String> = stages.iter().map(|stage| format!("`{stage}`")).collect();
    quoted.join(", ")
}

/// The condition that ends the run, in words.
fn end(plan: &Plan) -> String {
    let epochs = plan.epochs.as_ref().map(|epochs| format!("{} epochs", number(epochs)));
    let steps = plan.max_steps.as_ref().map(|steps| format!("{} updates", number(steps)));
    let time = plan.max_time.as_ref().map(|time| match time.unit {
        Some(unit) => format!("{} {}", number(time), unit.name()),
        None => format!("the time {}", number(time)),
    });
    let ends: Vec<String> = [epochs, steps, time].into_iter().flatten().collect();
    match &*ends {
        [] => "without end".to_owned(),
        [one] => format!("for {one}"),
        [rest @ .., last] => format!("for {} or {last}, whatever comes first", rest.join(", ")),
    }
}

/// An object as the spec writes it.
fn text(object: &Object) -> String {
    object.made.as_ref().map_or_else(|| code(&object.place), code)
}

/// A number as the spec writes it.
fn number(number: &Number) -> String {
    match &number.value {
        NumberValue::Literal(literal) => literal.to_string(),
        NumberValue::Parameter(name) => format!("`{name}`"),
        NumberValue::Bound(_, value) => format!("`{}`", code(value)),
    }
}
