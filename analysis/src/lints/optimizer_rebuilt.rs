use super::{Cause, Context};
use crate::cfg::{Certain, Deps, LoopId, Mark, OptimizerId, SiteId};
use crate::flow::Observed;
use crate::stage::Effect;
use crate::vocabulary::names_epoch;

lint! {
    /// ## What it finds
    ///
    /// An optimizer that is built inside the loop that steps it.
    ///
    /// ## Why it matters
    ///
    /// Momentum, the averages of Adam and the step count restart in every iteration, so the updates are worse.
    /// deepsensor (issue 47) and OpenNMT-py (issue 617) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {
    ///     let mut optimizer = Adam::new(model.parameters(), 1e-3);   // <- rebuilt for each batch
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();
    ///     optimizer.step();
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Build the optimizer once, before the loop.
    ///
    /// ## Limits
    ///
    /// Silent if an outer loop builds the optimizer and an inner loop steps it, as in a restart for each fold or image.
    /// If this outer loop counts epochs (`for epoch in ..`) and builds the same optimizer in each epoch, the finding is a warning.
    /// Silent if a condition decides whether the optimizer is built, or if its parameters, or in burn the variable of the model that it steps, are created in the same iteration.
    /// If the data flow cannot follow the optimizer, the finding is a warning, and only for a type that is not plain gradient descent and a model from outside of the loop.
    optimizer_rebuilt, Error, "an optimizer built in the loop that steps it"
}

fn check(cx: &mut Context<'_>) {
    for id in 0..cx.cfg.optimizers.len() {
        let Some((built, around, rank)) = rebuilt(cx, id) else { continue };
        let site = cx.entry_into_loop(built);
        let Some(owned) = &cx.cfg.optimizers[id].owned else { continue };
        let of_the_round = |path: &usize| cx.cfg.bound_in(*path) == Some(around);
        if owned.paths().is_empty() || owned.paths().iter().any(of_the_round) || steps_copy(cx, id) {
            continue;
        }
        let head = &cx.cfg.loops[around];
        let note = format!("the loop `{}` on line {} rebuilds it in every iteration", head.text, head.line);
        let help = format!("move line {} to before line {}", cx.line(site), head.line);
        let name = cx.name(id).to_owned();
        cx.report(site, Cause::Gradients(built, id), rank, Certain::Every, format!("`{name}` is built inside the loop that steps it"))
            .note(note)
            .note("momentum and averages restart with each batch")
            .help(help);
    }
    in_every_epoch(cx);
}

/// Whether a step of an optimizer gets a model that the iteration itself declares, such as a copy for one task.
fn steps_copy(cx: &Context<'_>, id: OptimizerId) -> bool {
    cx.acting(id, Effect::Take).iter().any(|step| cx.cfg.facts.is(*step, Mark::OfIteration))
}

/// Reports an optimizer that an inner loop steps, if the epoch loop rebuilds it in every epoch with
/// equal arguments.
fn in_every_epoch(cx: &mut Context<'_>) {
    for id in 0..cx.cfg.optimizers.len() {
        let optimizer = &cx.cfg.optimizers[id];
        if cx.may_step_elsewhere(id) || cx.of_spec() {
            continue;
        }
        let [(site, false)] = optimizer.built[..] else { continue };
        let Some(&around) = cx.site(site).loops.last() else { continue };
        let head = &cx.cfg.loops[around].head;
        let steps = cx.acting(id, Effect::Take);
        let inside = |step: &SiteId| cx.site(*step).loops.len() > cx.site(site).loops.len() && cx.site(*step).loops.contains(&around);
        if !head.binds.iter().any(|name| names_epoch(name)) || steps.is_empty() || !steps.iter().all(inside) {
            continue;
        }
        // An argument that depends on the epoch, such as the rate, is a reason to rebuild.
        let of_the_epoch = |path: &usize| cx.cfg.bound_in(*path) == Some(around);
        let owned = optimizer.owned.iter().flat_map(Deps::paths);
        let varies = cx.site(site).names.iter().any(|name| head.binds.contains(name) || cx.cfg.changes_in(name, around));
        if varies || owned.clone().any(of_the_epoch) {
            continue;
        }
        let line = cx.cfg.loops[around].line;
        let message = format!("`{}` is built anew in every epoch", cx.name(id));
        let note = format!("the loop `{}` on line {line} rebuilds it in every iteration", cx.cfg.loops[around].text);
        let help = format!("move line {} to before line {line}", cx.line(site));
        cx.report(site, Cause::Gradients(site, id), site, Certain::Every, message)
            .note(note)
            .note("momentum and averages restart with each epoch")
            .help(help)
            .only_warns();
    }
}

/// The site that constructs an optimizer in the loop that steps it, with the loop and the position of the
/// site in execution order.
pub(super) fn rebuilt(cx: &Context<'_>, id: OptimizerId) -> Option<(SiteId, LoopId, usize)> {
    let optimizer = &cx.cfg.optimizers[id];
    if cx.may_step_elsewhere(id) || cx.of_spec() {
        return None;
    }
    let (site, _) = optimizer.built.iter().find(|(_, conditional)| !conditional)?;
    let around = *cx.site(*site).loops.last()?;
    let steps = cx.acting(id, Effect::Take);
    let steps_here = steps.iter().any(|&step| cx.site(step).loops.last() == Some(&around));
    let again = cx.solution.visits.iter().find(|visit| {
        matches!(visit.what, Observed::Build(of) if of == id) && visit.site == *site && !visit.first
    })?;
    steps_here.then_some((*site, around, again.rank))
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    const LOOP: &str = "fn fit(model: &mut M, train: &L) {
        for x in train {
            let mut optimizer = Adam::new(model.parameters(), 0.1);
            let loss = f(&model.forward(x));
            loss.backward();
            optimizer.step();
        }
    }";

    #[test]
    fn for_each_batch() {
        assert_eq!(found(LOOP, true), [("optimizer_rebuilt", 3)]);
    }

    #[test]
    fn for_each_image_fold_or_attempt_is_right() {
        let inner = LOOP.replace("let loss", "for _ in 0..9 { optimizer.zero_grad(); let loss").replace("step();", "step(); }");
        assert!(found(&inner, true).is_empty());
        assert!(found(&LOOP.replace("model.parameters()", "x.parameters()"), true).is_empty());
        let once = LOOP.replace("for x in train", "loop").replace("step();", "step(); break;");
        assert!(found(&once, true).is_empty());
    }
}
