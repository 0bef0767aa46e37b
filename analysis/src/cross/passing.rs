//! Checks how parameters are passed: by value, by `&` or by `&mut`.

use syn::{Expr, Type};

use super::{DROPPED, values};
use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Level, Place};
use crate::item::SpecFn;
use crate::spec::{ClauseName, EntryKind, Spec, Value, plain};

/// Checks each parameter used by a clause.
pub(super) fn check(bag: &Bag, spec: &Spec, item: &SpecFn) {
    check_dropped(bag, spec, item);
    check_objects(bag, spec, item);
}

/// Checks how the optimizer and the schedule are passed, if they are parameters.
pub(super) fn check_objects(bag: &Bag, spec: &Spec, item: &SpecFn) {
    for (clause, value) in
        [(ClauseName::Optimizer, &spec.optimizer), (ClauseName::Scheduler, &spec.scheduler)]
    {
        check_exclusive(bag, clause, value, item);
    }
}

/// Rejects an optimizer or a schedule that is passed by `&`. `step` must mutate it.
fn check_exclusive(bag: &Bag, clause: ClauseName, value: &Value, item: &SpecFn) {
    let Some(Expr::Path(path)) = value.as_ref().map(|clause| plain(&clause.value)) else { return };
    let Some(name) = path.path.get_ident() else { return };
    let Some(Type::Reference(reference)) = item.type_of(&name.to_string()) else { return };
    if reference.mutability.is_none() {
        let message = format!("the {} changes with each step, which `&` does not allow", clause.text());
        bag.push(
            Diagnostic::error(Place::of(reference), message)
                .help(format!("take `{name}: &mut {}`", values::type_text(&reference.elem))),
        );
    }
}

/// Warns of a model that is passed by value. Its trained parameters are lost when the function returns,
/// unless a hook or a block saves them.
fn check_dropped(bag: &Bag, spec: &Spec, item: &SpecFn) {
    let Some(Expr::Path(model)) = spec.model.as_ref().map(|clause| plain(&clause.value)) else { return };
    let Some(name) = model.path.get_ident() else { return };
    let Some(model_ty @ Type::Path(ty)) = item.type_of(&name.to_string()) else { return };
    let Some(last) = ty.path.segments.last() else { return };
    let is_shared = last.ident == "Arc" || last.ident == "Rc";
    let is_generic =
        item.signature.generics.type_params().any(|parameter| ty.path.is_ident(&parameter.ident));
    let orders = [&spec.train_order, &spec.eval_order].into_iter().flatten().flat_map(|order| &order.value);
    let is_kept = spec.on.is_some()
        || orders.into_iter().any(|entry| matches!(entry.kind, EntryKind::Block(_)))
        || matches!(&spec.training_step, Some(step) if matches!(step.value, Expr::Closure(_)));
    if is_shared || is_generic || is_kept {
        return;
    }
    let mut warning = Diagnostic::error(Place::of(ty), "the trained model is dropped when the function ends")
        .note(format!("`{name}` is taken by value, and the function returns the history alone"))
        .help(format!("take `{name}: &mut {}`", values::type_text(model_ty)));
    (warning.level, warning.lint) = (Level::Warning, Some(DROPPED));
    bag.push(warning);
}
