//! Rules for the loop's locals in blocks and hooks: a local must be computed by an earlier step.

use syn::visit::Visit;
use syn::{Block, Ident};

use super::line;
use crate::bag::Bag;
use crate::diagnostic::Diagnostic;
use crate::item::{Names, SpecFn};
use crate::plan::scope::{in_block, in_hook};
use crate::spec::{Clause, Entry, EntryKind, Hook, Spec};
use crate::stage::Stage;

/// Checks the uses of the loop's locals in each block of one order.
pub(super) fn check_blocks(bag: &Bag, spec: &Spec, item: &SpecFn, order: &Clause<Vec<Entry>>, train: bool) {
    let parameters = item.parameters();
    let window = order.value.iter().position(|entry| train && entry.is(Stage::Backward));
    for (index, entry) in order.value.iter().enumerate() {
        let EntryKind::Block(block) = &entry.kind else { continue };
        let window = window.filter(|backward| index > *backward);
        let absent =
            |name: &Ident| after_window(spec, window, name).or_else(|| early(order, index, name, train));
        // Only one error is reported for each block, because further errors have the same cause.
        if let Some(error) = read(block, &parameters).iter().find_map(absent) {
            bag.push(error);
        }
    }
}

/// Checks the uses of the loop's locals in each hook.
pub(super) fn check_hooks(bag: &Bag, spec: &Spec, item: &SpecFn) {
    let parameters = item.parameters();
    let entries = spec.train_order.iter().flat_map(|order| &order.value);
    let clips = entries.filter(|entry| matches!(entry.kind, EntryKind::ClipNorm(_))).count() > 0;
    let clips = clips || (spec.train_order.is_none() && spec.clip_grad_norm.is_some());
    let phases = spec.phases.as_ref().map(|clause| &clause.value);
    let clips = phases.map_or(clips, |phases| phases.iter().all(|phase| phase.spec.clip_grad_norm.is_some()));
    for hook in spec.on.iter().flat_map(|clause| &clause.value) {
        let mut bound = Names(Vec::new());
        bound.visit_expr(&hook.value);
        let mut names = in_hook(&hook.value);
        names.retain(|name| !bound.0.contains(name) && !parameters.contains(name));
        let absent = |name| match phases {
            Some(_) => of_phase(hook, name, clips).or_else(|| absent(hook, name, true)),
            None => absent(hook, name, clips),
        };
        if let Some(error) = names.iter().find_map(absent) {
            bag.push(error);
        }
    }
}

/// The error for a local of the loop, such as `batch`, that is not in scope in the hook.
fn absent(hook: &Hook, name: &Ident, clips: bool) -> Option<Diagnostic> {
    let key = &hook.key;
    if key == "batch_end" || key == "before_step" {
        return (name == "grad_norm" && !clips).then(|| {
            Diagnostic::error(name.span(), ONLY_CLIPS)
                .help("add the clause `clip_grad_norm = 1.0`; it clips only norms above its limit")
        });
    }
    let help = match name.to_string().as_str() {
        "loss" | "grad_norm" => format!("write `state.{name}`, with `{key} = |model, state| ...`"),
        "batch" | "output" => {
            "a hook after each batch has it: `on(batch_end = |model, state| ...)`".to_owned()
        }
        _ => return None,
    };
    let message = format!("`{key}` runs after the batches: there is no `{name}`");
    Some(Diagnostic::error(name.span(), message).help(help))
}

/// The error for a local of a phase in a hook that runs outside of the phases, or for `grad_norm` in a phase
/// that does not compute the norm.
fn of_phase(hook: &Hook, name: &Ident, clips: bool) -> Option<Diagnostic> {
    if hook.key == "before_step" && name == "grad_norm" && !clips {
        let error = Diagnostic::error(name.span(), ONLY_CLIPS);
        return Some(
            error.help("write `clip_grad_norm = 1.0` in each phase; it clips only norms above its limit"),
        );
    }
    let locals = ["optimizer", "scheduler", "loss", "output", "grad_norm"];
    if hook.key == "before_step" || !locals.iter().any(|local| name == local) {
        return None;
    }
    let help = match name.to_string().as_str() {
        "loss" | "grad_norm" => format!("write `state.{name}` for that of the last phase that ran"),
        _ => "the hook `before_step` runs in each phase, before its step, and has those of the phase"
            .to_owned(),
    };
    let message = format!("`{}` runs after the phases: there is no `{name}`", hook.key);
    Some(Diagnostic::error(name.span(), message).help(help))
}

const ONLY_CLIPS: &str = "only `clip_grad_norm` computes a `grad_norm`";

/// The names that a block uses and does not bind, except parameters of the function.
fn read(block: &Block, parameters: &[Ident]) -> Vec<Ident> {
    let mut bound = Names(Vec::new());
    bound.visit_block(block);
    let mut names = in_block(block);
    names.retain(|name| !bound.0.contains(name) && !parameters.contains(name));
    names
}

/// The error for a local of one batch, such as `loss`, in a block after `backward`. With `accumulate`, the
/// block runs once for each window.
fn after_window(spec: &Spec, backward: Option<usize>, name: &Ident) -> Option<Diagnostic> {
    let (accumulate, _) = (spec.accumulate.as_ref()?, backward?);
    ["batch", "output", "loss"].iter().any(|local| name == local).then(|| {
        Diagnostic::error(
            name.span(),
            format!("this block runs once for each window of batches: there is no `{name}`"),
        )
        .note_at(accumulate.span(), format!("`accumulate` is on line {}", line(&accumulate.key)))
        .help("put the block before `backward`, to run it for each batch")
    })
}

/// The error for a local of the loop, such as `loss`, that a block uses before an entry computes it.
fn early(order: &Clause<Vec<Entry>>, block: usize, name: &Ident, train: bool) -> Option<Diagnostic> {
    let computes = |entry: &Entry| match &entry.kind {
        EntryKind::TrainingStep => name == "output" || name == "loss",
        EntryKind::Stage(Stage::Forward) => name == "output",
        EntryKind::Stage(Stage::Loss) => name == "loss",
        EntryKind::ClipNorm(_) => name == "grad_norm",
        _ => false,
    };
    if !["output", "loss", "grad_norm"].iter().any(|local| name == local) {
        return None;
    }
    match order.value.iter().position(computes) {
        Some(source) if source < block => None,
        Some(source) => {
            let source = order.value[source].name();
            let error = Diagnostic::error(
                name.span(),
                format!("this block runs before `{source}`: there is no `{name}` yet"),
            );
            Some(error.help(format!("put the block after `{source}` in `{}`", order.key)))
        }
        // A missing `forward` or `loss` is reported elsewhere.
        None if name != "grad_norm" => None,
        None if !train => Some(
            Diagnostic::error(name.span(), "evaluation has no gradients: there is no `grad_norm`")
                .help("remove it from the block; blocks of `train_order` have it after `clip_grad_norm`"),
        ),
        None => Some(Diagnostic::error(name.span(), ONLY_CLIPS).help(format!(
            "add `clip_grad_norm(1.0)` before the block in `{}`; it clips only norms above its limit",
            order.key
        ))),
    }
}
