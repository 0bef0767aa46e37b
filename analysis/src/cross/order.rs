//! Rules that `train_order` and `eval_order` must satisfy before a loop can be generated.
//!
//! The checker decides whether the order trains correctly. It checks the generated loop, in which
//! each stage has the span of its entry in the order.

use syn::Expr;

use super::{line, locals};
use crate::bag::Bag;
use crate::diagnostic::Diagnostic;
use crate::inline;
use crate::item::SpecFn;
use crate::spec::{Clause, ClauseName, Entry, EntryKind, Spec, Value};
use crate::stage::{Effect, Listed, Stage};

/// Checks `train_order` and `eval_order`.
pub(super) fn check(bag: &Bag, spec: &Spec, item: &SpecFn) {
    // Other rules reject clauses that are not allowed in this kind of spec.
    let trains = !spec.evaluates && spec.phases.is_none();
    for (order, train) in [(&spec.train_order, true), (&spec.eval_order, false)] {
        let Some(order) = order.as_ref().filter(|_| trains || !train) else { continue };
        check_once(bag, order);
        check_output(bag, spec, order, train);
        if train {
            check_clips(bag, spec, order);
            check_scheduler(bag, spec, order);
            check_metrics(bag, "train_metrics", spec.train_metrics.as_ref(), order);
        } else {
            check_metrics(bag, "metrics", spec.metrics.as_ref(), order);
            check_evaluation(bag, order);
        }
        locals::check_blocks(bag, spec, item, order, train);
        for entry in &order.value {
            if let EntryKind::Block(block) = &entry.kind {
                inline::check_block_jumps(bag, block);
            }
        }
    }
}

/// Rejects stages that an order repeats.
///
/// A repeated `zero_grad`, `backward` or `step` is left to the checker, which reports the effect on training.
fn check_once(bag: &Bag, order: &Clause<Vec<Entry>>) {
    for (index, entry) in order.value.iter().enumerate() {
        let checked = match &entry.kind {
            EntryKind::Stage(stage) => matches!(stage.effect(), Effect::Nothing),
            EntryKind::Block(_) => false,
            _ => true,
        };
        let first = order.value[..index].iter().find(|first| first.name() == entry.name());
        if let Some(first) = first.filter(|_| checked) {
            bag.push(
                Diagnostic::error(
                    entry.place,
                    format!("`{}` is listed twice in `{}`", entry.name(), order.key),
                )
                .note_at(first.place, format!("the first one is on line {}", first.place.line()))
                .help("keep one of them"),
            );
        }
    }
}

/// Checks that output and loss are computed before their uses.
fn check_output(bag: &Bag, spec: &Spec, order: &Clause<Vec<Entry>>, train: bool) {
    let key = &order.key;
    let whole = !spec.broken_orders.contains(key);
    let find = |stage| order.value.iter().position(|entry| entry.is(stage));
    let fused = order.value.iter().position(|entry| matches!(entry.kind, EntryKind::TrainingStep));
    if let Some(step) = &spec.training_step {
        for entry in order.value.iter().filter(|entry| entry.is(Stage::Forward) || entry.is(Stage::Loss)) {
            let message = format!("`training_step` already does `{}`", entry.name());
            bag.push(
                Diagnostic::error(entry.place, message)
                    .note_at(step.span(), format!("`training_step` is on line {}", line(&step.key)))
                    .help("write `training_step` in place of `forward, loss`"),
            );
        }
        if whole && fused.is_none() && find(Stage::Forward).is_none() && find(Stage::Loss).is_none() {
            bag.push(missing_stage(key, "training_step"));
        }
    } else if let Some(fused) = fused {
        bag.push(
            Diagnostic::error(order.value[fused].place, "there is no `training_step`")
                .help("write `forward, loss`, or add the clause `training_step = ...`"),
        );
    } else {
        for stage in [Stage::Forward, Stage::Loss] {
            if whole && find(stage).is_none() {
                bag.push(missing_stage(key, stage.name()));
            }
        }
    }
    let needs = [
        (Stage::Loss, Stage::Forward, "loss_before_forward", "the loss is computed from the model's output"),
        (
            Stage::Backward,
            Stage::Loss,
            "backward_before_loss",
            "`backward` computes the gradients of the loss",
        ),
        (Stage::Metrics, Stage::Forward, "", "the metrics compare the model's output with the target"),
    ];
    for (later, earlier, lint, why) in needs {
        let (Some(at), Some(needed)) = (find(later), find(earlier).or(fused)) else { continue };
        let trains = later.row().listed == Listed::Train; // In evaluation: already an error.
        if at < needed && (train || !trains) {
            let (later, earlier) = (later.name(), order.value[needed].name());
            let mut error =
                Diagnostic::error(order.value[at].place, format!("`{later}` is before `{earlier}`"))
                    .note(why)
                    .help(format!("put `{earlier}` before `{later}` in `{key}`"));
            error.lint = (!lint.is_empty()).then_some(lint);
            bag.push(error);
        }
    }
}

/// The error for a missing stage.
fn missing_stage(key: &syn::Ident, stage: &str) -> Diagnostic {
    Diagnostic::error(key.span(), format!("`{key}` has no `{stage}`"))
        .note("an order names every stage that runs")
        .help(format!("add `{stage}` to the list"))
}

/// Checks that each clip has one place in the order and one value, and that only one kind of clip is listed.
fn check_clips(bag: &Bag, spec: &Spec, order: &Clause<Vec<Entry>>) {
    let entries = |norm: bool| {
        order.value.iter().filter_map(move |entry| match &entry.kind {
            EntryKind::ClipNorm(value) if norm => Some((entry, value)),
            EntryKind::ClipValue(value) if !norm => Some((entry, value)),
            _ => None,
        })
    };
    check_clip(bag, ClauseName::ClipGradNorm, &spec.clip_grad_norm, order, entries(true));
    check_clip(bag, ClauseName::ClipGradValue, &spec.clip_grad_value, order, entries(false));
    let by_norm = entries(true).next().map(|(entry, _)| entry);
    let by_value = entries(false).next().map(|(entry, _)| entry);
    if let (Some(norm), Some(value)) = (by_norm, by_value) {
        bag.push(
            Diagnostic::error(value.place, "clip by norm or by value, not both")
                .note_at(norm.place, format!("`clip_grad_norm` is on line {}", norm.place.line()))
                .help("remove one of them"),
        );
    }
}

/// Checks one of the two kinds of clips.
fn check_clip<'a>(
    bag: &Bag,
    name: ClauseName,
    clause: &Value,
    order: &Clause<Vec<Entry>>,
    entries: impl Iterator<Item = (&'a Entry, &'a Option<Expr>)>,
) {
    let (name, rule) = (name.text(), name.rule());
    let mut placed = false;
    for (entry, value) in entries {
        placed = true;
        match (value, clause) {
            (Some(value), None) => {
                rule.map(|rule| rule.check(bag, value));
            }
            (Some(_), Some(clause)) => bag.push(
                Diagnostic::error(entry.place, format!("`{name}` has two values"))
                    .note_at(clause.span(), format!("the clause `{name}` is on line {}", line(&clause.key)))
                    .help(format!("write `{name}` without a value here, or remove the clause")),
            ),
            (None, None) => bag.push(
                Diagnostic::error(entry.place, format!("`{name}` has no value"))
                    .help(format!("write `{name}(1.0)`")),
            ),
            (None, Some(_)) => {}
        }
    }
    if let Some(clause) = clause.as_ref().filter(|_| !placed) {
        bag.push(
            Diagnostic::error(clause.span(), format!("`{name}` is not in `{}`", order.key))
                .note_at(order.span(), format!("`{}` is on line {}", order.key, line(&order.key)))
                .help(format!("put `{name}` between `backward` and `step` in the list")),
        );
    }
}

/// Rejects `schedule` in an order if the spec has no `scheduler`.
fn check_scheduler(bag: &Bag, spec: &Spec, order: &Clause<Vec<Entry>>) {
    if spec.mentions(ClauseName::Scheduler) {
        return;
    }
    for entry in order.value.iter().filter(|entry| entry.is(Stage::Schedule)) {
        bag.push(
            Diagnostic::error(entry.place, "there is no `scheduler`")
                .help("add the clause `scheduler = CosineLr::new(1000)`, or remove `schedule`"),
        );
    }
}

/// Rejects `metrics` in an order if the spec has no metrics.
fn check_metrics(bag: &Bag, name: &str, clause: Option<&Clause<Vec<Expr>>>, order: &Clause<Vec<Entry>>) {
    if clause.is_some_and(|clause| !clause.value.is_empty()) {
        return;
    }
    // `metrics` before the output is already reported.
    let output = |entry: &Entry| entry.is(Stage::Forward) || matches!(entry.kind, EntryKind::TrainingStep);
    let entries = order.value.iter().skip_while(|entry| !output(entry));
    for entry in entries.filter(|entry| entry.is(Stage::Metrics)) {
        bag.push(
            Diagnostic::error(entry.place, format!("there are no `{name}`")).help(format!(
                "add the clause `{name} = [accuracy]`, or remove `metrics` from `{}`",
                order.key
            )),
        );
    }
}

/// Rejects training stages in evaluation.
fn check_evaluation(bag: &Bag, order: &Clause<Vec<Entry>>) {
    for entry in &order.value {
        let (trains, effect) = match &entry.kind {
            EntryKind::Stage(stage) => (stage.row().listed == Listed::Train, stage.effect()),
            EntryKind::ClipNorm(_) | EntryKind::ClipValue(_) => (true, Effect::Clip),
            EntryKind::TrainingStep | EntryKind::Block(_) => (false, Effect::Nothing),
        };
        if trains {
            let mut error = Diagnostic::error(entry.place, "evaluation must not change the model")
                .note(format!("`{}` belongs to training", entry.name()))
                .help(format!("remove `{}` from `eval_order`", entry.name()));
            let learns = matches!(effect, Effect::Fill | Effect::Take);
            error.lint = learns.then_some("step_in_evaluation");
            bag.push(error);
        }
    }
}
