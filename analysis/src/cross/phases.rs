//! Rules for `phases`: each phase is complete, and options of a phase are not clauses of the loop.

use proc_macro2::Span;
use syn::{Expr, Ident, Lit, Type};

use super::{check_functions, check_length, functions, line, passing, returned, values, warmup};
use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::item::SpecFn;
use crate::prose::code;
use crate::rules::PHASES_EVERY;
use crate::spec::{ClauseName, Phase, Spec, plain};
use crate::vocabulary::Vocabularies;

/// Clauses of a loop with one optimizer that are options of a phase.
const OWN: [ClauseName; 5] = [
    ClauseName::Optimizer,
    ClauseName::TrainingStep,
    ClauseName::Scheduler,
    ClauseName::ClipGradNorm,
    ClauseName::ClipGradValue,
];

/// Clauses that are not allowed in a loop with phases, each with the reason and the help.
const ABSENT: [(ClauseName, &str, &str); 3] = [
    (
        ClauseName::Accumulate,
        "a phase makes an update of each of its batches",
        "remove it, and give the loader larger batches",
    ),
    (
        ClauseName::TrainOrder,
        "the list has the steps of one optimizer",
        "remove it: a phase runs `training_step`, `zero_grad`, `backward` and `step`",
    ),
    (
        ClauseName::TrainMetrics,
        "metrics compare one output with the target, and each phase has its own",
        "measure a named part of a loss: `training_step` may return `(loss, [(\"real\", real)])`",
    ),
];

/// Checks the phases of a spec.
pub(super) fn check(bag: &Bag, spec: &Spec, item: &SpecFn) {
    let Some(clause) = &spec.phases else { return };
    let phases = &clause.value;
    check_clauses(bag, spec);
    check_validation(bag, spec);
    if let [only] = &phases[..] {
        bag.push(
            Diagnostic::error(only.name.span(), format!("`{}` is the only phase", only.name))
                .note("phases are for several optimizers, which take turns")
                .help("write its options as clauses of the loop, without `phases`"),
        );
    }
    for phase in phases {
        check_complete(bag, phase);
        check_parts(bag, spec, phase, item);
    }
    check_every(bag, clause.span(), phases);
    check_optimizers(bag, phases, item);
}

/// Rejects clauses that must be options of a phase, and clauses that are not allowed in a loop with phases.
fn check_clauses(bag: &Bag, spec: &Spec) {
    let keys = |clause: ClauseName| spec.keys.iter().filter(move |key| *key == clause.text());
    for key in OWN.into_iter().flat_map(keys) {
        bag.push(
            Diagnostic::error(key.span(), format!("each phase has its own `{key}`"))
                .help(format!("move it into a phase: `phases(name({key} = ...), ...)`")),
        );
    }
    for (clause, reason, help) in ABSENT {
        for key in keys(clause) {
            let message = format!("`phases` and `{key}` exclude each other");
            bag.push(Diagnostic::error(key.span(), message).note(reason).help(help));
        }
    }
}

/// Checks that `loss` is present if and only if the loop validates. In a loop with phases, only the
/// validation uses `loss`.
fn check_validation(bag: &Bag, spec: &Spec) {
    let validates = spec.mentions(ClauseName::Valid);
    let keys = [&spec.loss, &spec.forward].into_iter().flatten().map(|clause| &clause.key);
    for key in keys.filter(|_| !validates) {
        bag.push(
            Diagnostic::error(key.span(), format!("`{key}` is for the validation, and there is no `valid`"))
                .note("in a loop with phases, each phase computes its loss by its `training_step`")
                .help("remove it, or add `valid`"),
        );
    }
    if let Some(valid) = spec.valid.as_ref().filter(|_| !spec.mentions(ClauseName::Loss)) {
        bag.push(
            Diagnostic::error(valid.span(), "the validation has no loss")
                .note("the losses of the phases are those of training")
                .help(
                    "write `loss = ...`, and `forward = ...` if the output is not `model.forward(&batch.input)`; \
                     or remove `valid`, and evaluate in `on(epoch_end = |model, state| ...)`",
                ),
        );
    }
}

/// Checks that a phase has an optimizer and a loss.
fn check_complete(bag: &Bag, phase: &Phase) {
    let Phase { name, spec, .. } = phase;
    if !spec.mentions(ClauseName::Optimizer) {
        bag.push(
            Diagnostic::error(name.span(), format!("phase `{name}` has no optimizer"))
                .help(format!("write `optimizer = Adam::new(model.{name}.parameters(), 1e-4)` in it")),
        );
    }
    if !spec.mentions(ClauseName::TrainingStep) {
        bag.push(
            Diagnostic::error(name.span(), format!("phase `{name}` has no loss"))
                .help("write `training_step = |model, batch| ...` in it, which returns the loss"),
        );
    }
}

/// Checks the options of a phase by the rules for the same clauses of a loop with one optimizer.
fn check_parts(bag: &Bag, spec: &Spec, phase: &Phase, item: &SpecFn) {
    let own =
        Spec { model: spec.model.clone(), epochs: spec.epochs.clone(), on: None, ..phase.with_common(spec) };
    check_functions(bag, &own);
    check_length(bag, &own);
    super::check_pairs(bag, &own);
    functions::check(bag, &own, item);
    returned::check(bag, &own);
    passing::check_objects(bag, &own, item);
    warmup::check_schedule(bag, &own);
    values::check(bag, &Spec { epochs: None, ..own }, item);
}

/// Checks that at least one phase runs on each batch, if all intervals are literals.
fn check_every(bag: &Bag, at: Span, phases: &[Phase]) {
    let literal = |phase: &Phase| match phase.every.as_ref().map(plain) {
        None => Some(1),
        Some(Expr::Lit(literal)) => match &literal.lit {
            Lit::Int(int) => int.base10_parse::<u64>().ok(),
            _ => None,
        },
        Some(_) => None,
    };
    let all: Option<Vec<u64>> = phases.iter().map(literal).collect();
    if all.is_some_and(|all| !all.is_empty() && all.iter().all(|every| *every > 1)) {
        let (rule, help) = PHASES_EVERY;
        bag.push(Diagnostic::error(at, format!("`every` {rule}")).help(help));
    }
}

/// Rejects an optimizer that two phases share, and an optimizer parameter that no phase uses.
fn check_optimizers(bag: &Bag, phases: &[Phase], item: &SpecFn) {
    let optimizer = |phase: &Phase| phase.spec.optimizer.as_ref().map(|clause| code(&clause.value));
    for (index, phase) in phases.iter().enumerate() {
        let Some(clause) = phase.spec.optimizer.as_ref().filter(|clause| is_variable(&clause.value)) else {
            continue;
        };
        let own = code(&clause.value);
        let is_same = |first: &&Phase| first.name != phase.name && optimizer(first).as_ref() == Some(&own);
        if let Some(first) = phases[..index].iter().find(is_same) {
            bag.push(
                Diagnostic::error(
                    Place::of(&clause.value),
                    format!("phase `{}` has the optimizer of `{}`", phase.name, first.name),
                )
                .note_at(first.name.span(), format!("`{}` is on line {}", first.name, line(&first.name)))
                .help("give each phase an optimizer of its own, with its own parameters"),
            );
        }
    }
    let is_sound = |phase: &Phase| {
        let keys = phase.spec.keys.iter().filter(|key| *key == ClauseName::Optimizer.text());
        phase.spec.optimizer.is_some() && keys.count() == 1
    };
    if !phases.iter().all(is_sound) {
        return; // The optimizer may belong to a phase whose error is already reported.
    }
    let used: Vec<String> = phases.iter().filter_map(optimizer).collect();
    let is_used = |name: &Ident| used.iter().any(|text| words(text).any(|word| name == word));
    for name in item.parameters() {
        let is_optimizer = item.type_of(&name.to_string()).is_some_and(is_optimizer);
        if is_optimizer && !is_used(&name) && !name.to_string().starts_with('_') {
            bag.push(
                Diagnostic::error(name.span(), format!("optimizer `{name}` is never stepped"))
                    .note("no phase has it")
                    .help(format!("write `optimizer = {name}` in a phase, or remove the parameter")),
            );
        }
    }
}

/// Whether a value is a variable or a field.
fn is_variable(value: &Expr) -> bool {
    match plain(value) {
        Expr::Path(_) => true,
        Expr::Field(field) => is_variable(&field.base),
        Expr::Reference(reference) => is_variable(&reference.expr),
        _ => false,
    }
}

/// The names and numbers in a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

/// Whether a type is an optimizer of a known library, or a pointer to one.
fn is_optimizer(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_optimizer(&reference.elem),
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| Vocabularies::ALL.is_optimizer(&last.ident.to_string())),
        _ => false,
    }
}
