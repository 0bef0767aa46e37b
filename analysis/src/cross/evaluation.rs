//! Rules for evaluations: functions that return `Result<Row>`, and evaluate a model without training.

use syn::ext::IdentExt;
use syn::{ReturnType, Type};

use super::{Needed, check_functions, check_metrics, check_pairs, check_required, check_unused, functions};
use super::{order, returned, values};
use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::item::SpecFn;
use crate::plan::object;
use crate::spec::{ClauseName, Spec, evaluation};

/// The required groups of an evaluation. It needs at least one clause of each group.
pub(super) const NEEDED: [Needed; 3] = [
    (
        &[ClauseName::Model],
        "the function has nothing to evaluate",
        "add a parameter `model: &M`, or write `model = ...`",
    ),
    (
        &[ClauseName::Valid],
        "the evaluation has no data",
        "add a parameter `valid: &DataLoader`, or write `valid = ...`",
    ),
    (
        &[ClauseName::Loss, ClauseName::TrainingStep],
        "the evaluation has no loss",
        "write `loss = cross_entropy`, which is measured as `valid_loss`",
    ),
];

/// Checks the rules of an evaluation.
pub(super) fn check(bag: &Bag, spec: &Spec, item: &SpecFn) {
    check_clauses(bag, spec);
    check_required(bag, spec, item, &NEEDED);
    check_data(bag, spec, item);
    check_pairs(bag, spec);
    check_metrics(bag, spec);
    check_functions(bag, spec);
    check_unused(bag, spec);
    values::check(bag, spec, item);
    functions::check(bag, spec, item);
    returned::check(bag, spec);
    order::check(bag, spec, item);
}

/// Rejects the clauses that only apply to training.
fn check_clauses(bag: &Bag, spec: &Spec) {
    for key in &spec.keys {
        let text = key.unraw().to_string();
        let Some(clause) = ClauseName::find(&text).filter(|clause| !evaluation::has(*clause)) else {
            continue;
        };
        let help = match clause {
            ClauseName::Train => "the data to evaluate on is `valid = ...`",
            ClauseName::TrainMetrics => "write `metrics = [...]`",
            ClauseName::TrainOrder => "the order of an evaluation is `eval_order`",
            ClauseName::On => "remove it: the function returns the row that the hook would see",
            _ => "remove it; a function that trains has an `optimizer`, and returns `Result<History>`",
        };
        bag.push(
            Diagnostic::error(key.span(), format!("`{text}` has no effect in an evaluation"))
                .note("a function that returns `Result<Row>` evaluates the model and does not train it")
                .help(help),
        );
    }
}

/// Rejects data that may be absent.
fn check_data(bag: &Bag, spec: &Spec, item: &SpecFn) {
    let Some(valid) = spec.valid.as_ref().filter(|valid| object::is_optional(&valid.value, item)) else {
        return;
    };
    bag.push(
        Diagnostic::error(valid.span(), "an evaluation needs its data, and `valid` is an `Option`")
            .help("take `valid: &DataLoader`, and call the function only if there is any data"),
    );
}

/// Checks a return type `Result<Row>`: the spec must not train, and the error type must accept the errors of
/// the runtime.
pub(super) fn check_output(bag: &Bag, spec: &Spec, output: &Type) {
    let place = Place::of(output);
    if spec.evaluates {
        if let Some(message) = returned::unfit(output) {
            bag.push(Diagnostic::error(place, message).help("write `-> Result<Row>` before the `;`"));
        }
        return;
    }
    let trains = if spec.mentions(ClauseName::Optimizer) { "optimizer" } else { "phases" };
    bag.push(
        Diagnostic::error(place, "a loop that trains returns its history, not a row")
            .note(format!("with `{trains}` the loop trains"))
            .help("write `-> Result<History>`, or remove what trains to have an evaluation"),
    );
}

/// Whether the spec was probably meant as an evaluation: it returns a history, and has validation data but no
/// training data, no optimizer and no end condition. Reports a single error, which explains the return type
/// of evaluations.
pub(super) fn is_meant(bag: &Bag, spec: &Spec, item: &SpecFn) -> bool {
    let needs = [
        ClauseName::Train,
        ClauseName::Optimizer,
        ClauseName::Phases,
        ClauseName::Epochs,
        ClauseName::MaxSteps,
        ClauseName::MaxTime,
    ];
    let trains = needs.into_iter().any(|clause| spec.mentions(clause) || spec.meant_for(clause).is_some());
    let ReturnType::Type(_, output) = &item.signature.output else { return false };
    if trains || !spec.mentions(ClauseName::Valid) || !spec.mentions(ClauseName::Model) {
        return false;
    }
    bag.push(
        Diagnostic::error(Place::of(output), "the loop has neither data nor an optimizer to train")
            .note("a spec with `valid` alone evaluates the model, and returns one row of measurements")
            .help("write `-> Result<Row>`; to train, add `train`, `optimizer` and `epochs`"),
    );
    true
}
