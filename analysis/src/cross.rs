//! Rules between clauses, and between the clauses and the function's signature.

mod checkpoint;
mod evaluation;
mod functions;
mod locals;
mod monitor;
mod order;
mod passing;
mod phases;
mod returned;
mod same;
#[cfg(test)]
mod tests;
mod values;
mod warmup;

pub(crate) use returned::mended;

use std::collections::BTreeMap;

use syn::{Expr, Ident, ReturnType};

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Level, Place};
use crate::inline;
use crate::item::SpecFn;
use crate::prose::code;
use crate::spec::{self, measured};
use crate::spec::{ClauseName, Spec, Value, chain_start, constructed, parameters};
use crate::vocabulary::known_schedule;

const SAME_DATA: &str = "validates_on_training_data";
const UNUSED: &str = "unused_parameter";
const DROPPED: &str = "training_unused";
const ENDS_EARLY: &str = "schedule_ends_early";
/// The lints of this module. Their findings do not prevent the generation of a loop.
pub(crate) const LINTS: [&str; 4] = [SAME_DATA, UNUSED, ENDS_EARLY, DROPPED];

/// Checks all rules beyond the grammar, and adds the errors to the bag.
pub(crate) fn check(bag: &Bag, spec: &Spec, item: &SpecFn) {
    check_signature(bag, spec, item);
    if spec.evaluates {
        evaluation::check(bag, spec, item);
        return;
    }
    if evaluation::is_meant(bag, spec, item) {
        return;
    }
    check_required(bag, spec, item, &NEEDED);
    check_pairs(bag, spec);
    check_validation(bag, spec);
    check_metrics(bag, spec);
    monitor::check(bag, spec);
    warmup::check(bag, spec);
    phases::check(bag, spec, item);
    check_functions(bag, spec);
    check_unused(bag, spec);
    check_length(bag, spec);
    passing::check(bag, spec, item);
    values::check(bag, spec, item);
    functions::check(bag, spec, item);
    returned::check(bag, spec);
    order::check(bag, spec, item);
    locals::check_hooks(bag, spec, item);
    checkpoint::check(bag, spec);
}

/// Checks that the function returns `Result<History>`, or `Result<Row>` in an evaluation, and is not `const`.
fn check_signature(bag: &Bag, spec: &Spec, item: &SpecFn) {
    let signature = &item.signature;
    let help = "write `-> Result<History>` before the `;`";
    match &signature.output {
        ReturnType::Type(_, output) if spec::evaluation::is_row(output) => {
            evaluation::check_output(bag, spec, output);
        }
        ReturnType::Default => bag.push(
            Diagnostic::error(
                signature.ident.span(),
                "the loop returns its history, this function returns nothing",
            )
            .help(help),
        ),
        ReturnType::Type(_, output) => {
            if let Some(message) = returned::unfit(output) {
                bag.push(Diagnostic::error(Place::of(output), message).help(help));
            }
        }
    }
    if let Some(token) = &signature.constness {
        bag.push(
            Diagnostic::error(token.span, "a `const fn` runs in the compiler and cannot train")
                .help("remove `const`"),
        );
    }
}

/// Clauses of which a spec needs at least one. The message and the help are those of the error if all are
/// absent.
type Needed = (&'static [ClauseName], &'static str, &'static str);

/// The required groups. A spec needs at least one clause of each group.
const NEEDED: [Needed; 5] = [
    (
        &[ClauseName::Model],
        "the loop has nothing to train",
        "add a parameter `model: &mut M`, or write `model = ...`",
    ),
    (
        &[ClauseName::Train],
        "the loop has no training data",
        "add a parameter `train: &DataLoader`, or write `train = ...`",
    ),
    (
        &[ClauseName::Optimizer, ClauseName::Phases],
        "the loop has no optimizer",
        "write `optimizer = AdamW::new(model.parameters(), 1e-3)`",
    ),
    (
        &[ClauseName::Loss, ClauseName::TrainingStep, ClauseName::Phases],
        "the loop has no loss",
        "write `loss = cross_entropy`",
    ),
    (
        &[ClauseName::Epochs, ClauseName::MaxSteps, ClauseName::MaxTime],
        "the run never ends",
        "write `epochs = 10`, `max_steps = 1000` or `max_time = 10 minutes`",
    ),
];

/// Checks the required clauses.
fn check_required(bag: &Bag, spec: &Spec, item: &SpecFn, needed: &[Needed]) {
    let place = item.signature.ident.span();
    for &(clauses, message, help) in needed {
        if clauses.iter().any(|clause| spec.mentions(*clause)) {
            continue;
        }
        // If a parameter was probably meant for the clause, the error is at this parameter.
        let meant = clauses.iter().find_map(|clause| spec.meant_for(*clause));
        bag.push(match meant {
            Some(unused) => Diagnostic::error(unused.name.span(), message)
                .note(format!("nothing uses the parameter `{}`", unused.name))
                .help(unused.help.clone()),
            None => match clauses.iter().find_map(|clause| named_otherwise(item, *clause)) {
                Some((name, clause)) => Diagnostic::error(name.span(), message)
                    .help(format!("call the parameter `{clause}`, or write `{clause} = {name}`")),
                None if clauses == [ClauseName::Model] && item.signature.receiver().is_some() => {
                    Diagnostic::error(place, message)
                        .help("write `model = self`, or `model = self.net` if a field is the model")
                }
                None => Diagnostic::error(place, message).help(help),
            },
        });
    }
}

/// The first parameter whose name is another framework's name for this clause. The string is the
/// clause's own name.
fn named_otherwise(item: &SpecFn, clause: ClauseName) -> Option<(Ident, &'static str)> {
    let is_meant = |name: &Ident| parameters::clause_of(&name.to_string()) == Some(clause);
    item.parameters().into_iter().find(is_meant).map(|name| (name, clause.text()))
}

/// Whether the spec needs this clause and lacks it.
fn is_missing(spec: &Spec, clause: ClauseName) -> bool {
    let is_absent = |clauses: &[ClauseName]| !clauses.iter().any(|clause| spec.mentions(*clause));
    let groups: &[Needed] = if spec.evaluates { &evaluation::NEEDED } else { &NEEDED };
    let needed = groups.iter().find(|(clauses, ..)| clauses.contains(&clause));
    match needed {
        Some((clauses, ..)) => is_absent(clauses),
        None => {
            clause == ClauseName::Valid && is_absent(&[clause]) && needs_validation(spec).next().is_some()
        }
    }
}

/// Warns of unused parameters whose names suggest a clause.
fn check_unused(bag: &Bag, spec: &Spec) {
    // A parameter that was meant for a missing clause is part of the error about this clause.
    let unused =
        spec.unused.iter().filter(|unused| unused.clause.is_none_or(|clause| !is_missing(spec, clause)));
    for unused in unused {
        let message = format!("the loop does not use the parameter `{}`", unused.name);
        let mut warning = Diagnostic::error(unused.name.span(), message).help(unused.help.clone());
        (warning.level, warning.lint) = (Level::Warning, Some(UNUSED));
        bag.push(warning);
    }
}

/// Warns of a schedule that counts updates but has the number of epochs as its length.
fn check_length(bag: &Bag, spec: &Spec) {
    let (Some(scheduler), Some(epochs)) = (&spec.scheduler, &spec.epochs) else { return };
    let made = chain_start(&scheduler.value);
    let Expr::Call(call) = made else { return };
    let length = constructed(made).and_then(known_schedule).and_then(|known| call.args.get(known.length?));
    let length = length.filter(|length| code(*length) == code(&epochs.value) && !spec.is_per_epoch());
    if let Some(length) = length {
        let (text, made) = (code(length), code(made));
        let message = format!("the schedule ends after {text} updates, and the run has as many epochs");
        let mut warning = Diagnostic::error(Place::of(length), message)
            .note("by default a schedule counts updates, one for each batch")
            .help(format!("write `{made}.per_epoch()`, or the number of updates"));
        (warning.level, warning.lint) = (Level::Warning, Some(ENDS_EARLY));
        bag.push(warning);
    }
}

/// Rejects clauses that exclude each other.
fn check_pairs(bag: &Bag, spec: &Spec) {
    if let Some(step) = &spec.training_step {
        for (other, what) in [(&spec.loss, "the loss"), (&spec.forward, "the output")] {
            if let Some(other) = other {
                bag.push(
                    Diagnostic::error(other.span(), format!("`training_step` already computes {what}"))
                        .note_at(step.span(), format!("`training_step` is on line {}", line(&step.key)))
                        .help(format!("remove `{}`, or remove `training_step`", other.key)),
                );
            }
        }
    }
    if let (Some(norm), Some(value)) = (&spec.clip_grad_norm, &spec.clip_grad_value) {
        let (first, second) =
            if place(&norm.key) < place(&value.key) { (norm, value) } else { (value, norm) };
        bag.push(
            Diagnostic::error(second.span(), "clip by norm or by value, not both")
                .note_at(first.span(), format!("`{}` is on line {}", first.key, line(&first.key)))
                .help("remove one of them"),
        );
    }
}

/// Checks the clauses that concern validation.
fn check_validation(bag: &Bag, spec: &Spec) {
    if spec.mentions(ClauseName::Valid) {
        if let (Some(train), Some(valid)) = (&spec.train, &spec.valid)
            && same::data(&train.value, &valid.value)
        {
            let mut error = Diagnostic::error(valid.span(), "validates on the training data")
                .note("an overfitted model looks perfect on its training data")
                .help("give `valid` data that the model is not trained on");
            error.lint = Some(SAME_DATA);
            bag.push(error);
        }
        return;
    }
    let keys = needs_validation(spec);
    let message = |key: &Ident| match measured::monitored(spec) {
        Some((name, _)) if key == "early_stop" || key == "restore_best" => {
            format!("no validation, so `{name}` never exists")
        }
        _ if key == "scheduler" => {
            "no validation, so the measurement of the schedule never exists".to_owned()
        }
        _ => format!("`{key}`: nothing to validate on"),
    };
    // If a parameter was probably meant as `valid`, the error is at this parameter.
    if let (Some(unused), Some(key)) = (spec.meant_for(ClauseName::Valid), keys.clone().next()) {
        bag.push(
            Diagnostic::error(unused.name.span(), message(key))
                .note(format!("nothing uses the parameter `{}`", unused.name))
                .help(unused.help.clone()),
        );
        return;
    }
    let phases = spec.phases.iter().flat_map(|clause| &clause.value);
    let training =
        phases.map(|phase| format!("{}_loss", phase.name)).next().unwrap_or_else(|| "loss".to_owned());
    for key in keys {
        let help = match key.to_string().as_str() {
            "metrics" => "add a parameter `valid: &DataLoader` or write `valid = ...`; \
                          `train_metrics` measures on the training data"
                .to_owned(),
            clause @ ("early_stop" | "restore_best") => format!(
                "add a parameter `valid: &DataLoader`, or monitor the training data: `{clause}(monitor = {training})`"
            ),
            _ => "add a parameter `valid: &DataLoader`, or write `valid = ...`".to_owned(),
        };
        bag.push(Diagnostic::error(key.span(), message(key)).help(help));
    }
}

/// The keys of the clauses that need the clause `valid`.
fn needs_validation(spec: &Spec) -> impl Iterator<Item = &Ident> + Clone {
    let is_monitored = measured::monitored(spec).is_some_and(|(name, _)| measured::is_validation(&name));
    let early_stop = spec.early_stop.as_ref().map(|clause| &clause.key).filter(|_| is_monitored);
    let restore_best = spec.restore_best.as_ref().map(|clause| &clause.key);
    let watches = |made: &Expr| {
        constructed(chain_start(made)).and_then(known_schedule).is_some_and(|known| known.monitors)
    };
    let scheduler = spec.scheduler.as_ref().filter(|clause| watches(&clause.value)).map(|clause| &clause.key);
    let keys = [
        scheduler,
        early_stop,
        restore_best.filter(|_| is_monitored && early_stop.is_none()),
        spec.validate.as_ref().map(|clause| &clause.key),
        spec.metrics.as_ref().map(|clause| &clause.key),
        spec.eval_order.as_ref().map(|clause| &clause.key),
        spec.hook("validation_end").map(|hook| &hook.key),
    ];
    keys.into_iter().flatten()
}

/// Rejects a repeated metric.
fn check_metrics(bag: &Bag, spec: &Spec) {
    for clause in [&spec.metrics, &spec.train_metrics].into_iter().flatten() {
        let mut seen = BTreeMap::new();
        for metric in &clause.value {
            if let Some(first) = seen.insert(same::metric(metric), Place::of(metric)) {
                bag.push(
                    Diagnostic::error(Place::of(metric), format!("`{}` is measured twice", code(metric)))
                        .note_at(first, format!("the first one is on line {}", first.line()))
                        .help("keep one of them"),
                );
            }
        }
    }
}

/// Checks the clauses whose values the loop calls. Each value must be a path, or a closure with the
/// right number of parameters.
fn check_functions(bag: &Bag, spec: &Spec) {
    let functions: [(&Value, &[usize], &str); 4] = [
        (&spec.loss, &[2], "|output, batch| cross_entropy(output, &batch.target)"),
        (&spec.loss_weight, &[1], "|batch| batch.len()"),
        (&spec.forward, &[1, 2], "|model, batch| model.forward(&batch.input)"),
        (&spec.training_step, &[2], "|model, batch| mse_loss(&model.forward(&batch.input), &batch.target)"),
    ];
    for (clause, parameters, example) in functions {
        if let Some(clause) = clause {
            check_function(bag, &clause.key, &clause.value, parameters, example);
        }
    }
    for hook in spec.on.iter().flat_map(|clause| &clause.value) {
        check_function(bag, &hook.key, &hook.value, &[2], "|model, state| println!(\"{}\", state.epoch)");
    }
}

/// Checks one clause whose value must be a closure or a path.
fn check_function(bag: &Bag, key: &Ident, value: &Expr, parameters: &[usize], example: &str) {
    let help = format!("write `{key} = {example}`");
    match value {
        Expr::Closure(closure) => {
            if closure.asyncness.is_some() {
                let place = Place::of(&closure.asyncness);
                bag.push(
                    Diagnostic::error(place, "a closure of the loop is not `async`")
                        .note("it is inlined into the loop, where `.await` works if the function is `async`")
                        .help("remove `async`"),
                );
            }
            let count = closure.inputs.len();
            if !parameters.contains(&count) {
                let wanted = match parameters {
                    [1] => "one parameter",
                    [1, ..] => "one parameter or two",
                    _ => "two parameters",
                };
                let place = Place { start: closure.inputs_begin.span, end: closure.inputs_end.span };
                let message = format!("the closure of `{key}` takes {wanted}, not {count}");
                bag.push(Diagnostic::error(place, message).help(help));
            }
            inline::check_jumps(bag, &closure.body, "a closure");
        }
        Expr::Path(_) | Expr::Field(_) => {}
        other => {
            let help = if key == "loss" && functions::is_loss(other) {
                let value = code(other);
                format!("write `loss = |output, batch| {value}.loss(output, &batch.target)`")
            } else {
                help
            };
            bag.push(
                Diagnostic::error(
                    Place::of(other),
                    format!("`{key}` is the path of a function, or a closure"),
                )
                .help(help),
            );
        }
    }
}

/// The line of a clause's key, counted from 1.
fn line(key: &Ident) -> usize {
    key.span().start().line
}

/// The line and column of a clause's key.
fn place(key: &Ident) -> (usize, usize) {
    let start = key.span().start();
    (start.line, start.column)
}
