//! Losses that a training function computes and never reads.

use super::{Cause, Context};
use crate::cfg::{Certain, Fate, Gives, LoopId, Outcome, PathId, SiteId, User};
use crate::stage::Effect;
use crate::vocabulary::rust::is_meant_unused;
use crate::vocabulary::{is_loss, speaks_of_evaluation, trains_by_name};

/// Reports a loss that nothing reads, in a function with an optimizer or with other losses that it trains on.
///
/// Returns whether there is such a loss.
pub(super) fn unread_losses(cx: &mut Context<'_>, lint: &'static str) -> bool {
    let mut found = false;
    let cfg = cx.cfg;
    let trains = cfg.sites_with(Effect::Fill).next().is_some() || !cfg.optimizers.is_empty();
    let trains = trains || cfg.function.has_optimizer && trains_by_name(&cfg.function.name);
    // A step without gradients is reported at the step.
    if !trains || cx.of_spec() || !cx.faults(Effect::Take).is_empty() {
        return found;
    }
    // A test may compute a loss only to see that it can, but not again and again.
    let alone = cfg.function.returns_gradients && !cfg.function.is_test;
    for (site, outcome) in cfg.facts.all::<Outcome>() {
        let Fate::Unread(path) = outcome.fate else { continue };
        let loops = &cx.site(site).loops;
        let evaluates = loops.iter().any(|round| speaks_of_evaluation(&cfg.loops[*round].head.over));
        // Another name may be that of a number to look at.
        let looped = !loops.is_empty() && is_loss(cfg.paths.name(path));
        let trained = match outcome.gives {
            Gives::Loss => alone || looped,
            // Without a model, the tensors may be the parameters.
            Gives::LossOfTensors => looped && !cfg.function.returns_gradients && !cfg.optimizers.is_empty(),
            Gives::Model(_) | Gives::Output | Gives::Reduced | Gives::Copy | Gives::Gradients => false,
        };
        if !trained || evaluates || is_meant_unused(cfg.paths.name(path)) || is_shadowing(cx, site, path) {
            continue;
        }
        found = true;
        let name = cfg.paths.name(path);
        let message = format!("{} computes the loss `{name}`, and no `backward` runs from it", cx.call(site));
        let cause = Cause::Alone(site, lint);
        cx.report(site, cause, usize::MAX, Certain::Every, message)
            .note("nothing reads the loss, so it changes no parameter")
            .help(format!("run `backward` from `{name}` and step the optimizer"))
            .only_warns();
    }
    found
}

/// Whether a variable in a loop hides a loss of the same name around the loop, from which a `backward` runs.
fn is_shadowing(cx: &Context<'_>, site: SiteId, path: PathId) -> bool {
    let loops = &cx.site(site).loops;
    let around = |of: Option<LoopId>| {
        of.is_none_or(|of| loops.split_last().is_some_and(|(_, outer)| outer.contains(&of)))
    };
    cx.cfg.graphs.iter().any(|graph| {
        graph.name == cx.cfg.paths.name(path)
            && graph.defined.is_some_and(around)
            && graph.users.iter().any(|(user, _)| matches!(user, User::Backward(_)))
            && !loops.is_empty()
    })
}
