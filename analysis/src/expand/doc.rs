//! The doc comment that the macro adds to the function: a summary of the loop, for editors.

use proc_macro2::TokenStream;
use quote::quote;

use crate::plan::{Checkpoint, Checks, Interval, Number, NumberValue, Object, Plan, When};
use crate::prose::code;
use crate::spec::TimeUnit;

/// The doc attributes for the function.
pub(super) fn comment(plan: &Plan) -> TokenStream {
    let lines = lines(plan);
    quote!(#(#[doc = #lines])*)
}

/// The lines of the comment.
fn lines(plan: &Plan) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        " # Training loop".to_owned(),
        String::new(),
        format!(" Trains `{}` on `{}`, {}.", text(&plan.model), text(&plan.train), end(plan)),
        String::new(),
    ];
    let [start, batch, end] = plan.order.stages.each_ref().map(|stages| names(stages));
    lines.push(match &plan.accumulate {
        None => format!(" - Every batch: {batch}."),
        Some(batches) => {
            let (batches, start) = (number(batches), if start.is_empty() { start } else { start + "; " });
            format!(" - Every {batches} batches: {start}for each batch {batch}; then {end}.")
        }
    });
    lines.push(format!(" - Optimizer: `{}`.", text(&plan.optimizer)));
    if let Some(scheduler) = &plan.scheduler {
        lines.push(format!(" - Schedule: `{}`.", text(scheduler)));
    }
    if let Some(warmup) = &plan.warmup {
        let (count, unit) = (number(&warmup.number), warmup.unit.name());
        lines.push(format!(" - Warmup: the learning rate rises linearly for {count} {unit}."));
    }
    if let Some(ema) = &plan.ema {
        let eval = if ema.eval { "; evaluations and the final model have it" } else { "" };
        lines.push(format!(" - Average of the parameters with decay {}{eval}.", number(&ema.decay)));
    }
    if let Some(validation) = &plan.validation {
        let when = match &validation.when {
            When::EveryEpoch => "after every epoch".to_owned(),
            When::Epochs(every) => format!("after every {} epochs and the last one", number(every)),
            When::Steps(every) => format!("after every {} updates and the last one", number(every)),
        };
        let first = if validation.first { ", and before the first epoch" } else { "" };
        let there = if validation.data.is_optional { "if there is any, " } else { "" };
        let stages = names(&plan.order.eval_stages);
        lines.push(format!(" - Validation on `{}` {there}{when}{first}: {stages}.", text(&validation.data)));
    }
    lines.extend(plan.checks.as_ref().and_then(checks));
    lines.push(match &plan.seed {
        Some(seed) => {
            format!(" - Seed: {}; afterwards the thread's own random stream continues.", number(seed))
        }
        None => " - Random draws: the thread's own.".to_owned(),
    });
    lines.extend(plan.checkpoint.as_ref().map(|checkpoint| checkpoints(checkpoint, plan.checks.as_ref())));
    if plan.order.batch_end && plan.accumulate.is_some() {
        lines.push(
            " - If `batch_end` ends the run inside a window, the update of its batches is still made."
                .to_owned(),
        );
    }
    if !plan.taken.is_empty() {
        let names: Vec<String> = plan.taken.iter().map(|name| format!("`{name}`")).collect();
        lines.push(format!(" - Clauses taken from parameters: {}.", names.join(", ")));
    }
    lines
}

/// The line about the checks of the run, if anything depends on them.
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
