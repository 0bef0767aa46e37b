//! Reports optimizers that never step, although a loop in the function runs their models.
//!
//! The function owns such an optimizer and does not pass it on, so no other code can step it.

use super::{Cause, Context};
use crate::cfg::{Action, Certain, Computation, Deps, Opaque, OptimizerId, Recorded, SiteId};
use crate::stage::{Effect, Stage};
use crate::vocabulary::hints_at_training;

/// Reports a loop that runs the model of an optimizer that never steps.
///
/// `told` are the optimizers that are reported already.
pub(super) fn report_idle(cx: &mut Context<'_>, told: &[OptimizerId]) {
    if cx.cfg.function.reads_gradients || cx.of_spec() {
        return;
    }
    for id in 0..cx.cfg.optimizers.len() {
        if told.contains(&id) || !is_idle(cx, id) {
            continue;
        }
        let Some(site) = work_of(cx, id) else { continue };
        let (call, name) = (cx.call(site), cx.name(id).to_owned());
        let backward = cx.cfg.sites_with(Effect::Fill).next().is_some();
        let computed = cx.cfg.facts.all::<Computation>().any(|(known, _)| known == site);
        let message = if !backward && computed {
            format!("no `backward` runs from {call}, and `{name}` never steps")
        } else {
            format!("`{name}` never steps, although the loop around {call} uses its parameters")
        };
        let help = format!("run `backward` and a step of `{name}` after line {}", cx.line(site));
        cx.report(site, Cause::Gradients(site, id), usize::MAX, Certain::Every, message)
            .note(format!("`{name}` belongs to this function, so no other code steps it"))
            .help(help)
            .only_warns();
    }
}

/// Reports an optimizer that the function builds and never mentions again, although it computes gradients.
///
/// Returns the optimizers that are reported.
pub(super) fn report_unused(cx: &mut Context<'_>) -> Vec<OptimizerId> {
    let mut told = Vec::new();
    for id in 0..cx.cfg.optimizers.len() {
        let known = &cx.cfg.optimizers[id];
        let [(site, _)] = known.built[..] else { continue };
        let given = known.several || known.escapes || known.lost;
        if !known.unused || given || cx.of_spec() || cx.is_told(id) {
            continue;
        }
        told.push(id);
        let name = known.name.clone();
        let message = format!("`{name}` is built and never used, although the function computes gradients");
        cx.report(site, Cause::Gradients(site, id), usize::MAX, Certain::Every, message)
            .note("no step uses the gradients, so nothing is trained")
            .help(format!("call `{name}.step();` after the `backward`"))
            .only_warns();
    }
    told
}

/// Whether the function owns an optimizer, passes it to nothing and never steps it.
fn is_idle(cx: &Context<'_>, id: OptimizerId) -> bool {
    let known = &cx.cfg.optimizers[id];
    let itself = Deps::one(known.path);
    let handed_on = cx.cfg.events().any(|(_, event)| match &event.action {
        Action::Touch(deps) => !deps.is_empty() && itself.overlaps(deps, &cx.cfg.paths) != Some(false),
        Action::Forget(of) => *of == id,
        _ => false,
    });
    // An optimizer in a field belongs to an object, which may keep it for other code.
    let variable = cx.cfg.paths.root_of(known.path) == known.path;
    let built_here = known.built.iter().all(|(site, _)| cx.site(*site).call.is_none());
    let built = !known.built.is_empty() && built_here && !known.from_caller;
    let mine = variable && (known.given || built);
    // Gradients that nothing uses are reported at their `backward`, unless another optimizer may use them.
    let filled = !cx.acting(id, Effect::Fill).is_empty() && !is_shared(cx, id);
    mine && !known.several
        && !known.escapes
        && !known.lost
        && !handed_on
        && !filled
        && cx.acting(id, Effect::Take).is_empty()
}

/// Whether a `backward` may compute no gradients for this optimizer, because its parameters are frozen.
///
/// This is assumed if the checked code freezes parameters and another optimizer uses the gradients.
pub(super) fn may_be_frozen(cx: &Context<'_>, id: OptimizerId, backward: SiteId) -> bool {
    let uses = |other: OptimizerId| {
        cx.acting(other, Effect::Fill).contains(&backward) && !cx.acting(other, Effect::Take).is_empty()
    };
    cx.cfg.function.freezes && (0..cx.cfg.optimizers.len()).any(|other| other != id && uses(other))
}

/// Whether this optimizer shares parameters with another optimizer that steps.
fn is_shared(cx: &Context<'_>, id: OptimizerId) -> bool {
    let Some(mine) = &cx.cfg.optimizers[id].owned else { return false };
    (0..cx.cfg.optimizers.len()).filter(|other| *other != id).any(|other| {
        let theirs = cx.cfg.optimizers[other].owned.as_ref();
        let common = theirs.and_then(|theirs| mine.overlaps(theirs, &cx.cfg.paths));
        common == Some(true) && !cx.acting(other, Effect::Take).is_empty()
    })
}

/// A recorded computation that runs in a loop and belongs to an optimizer. The result is a loss if
/// there is one, otherwise a forward, otherwise a call that gets the parameters and has a name that
/// suggests training.
fn work_of(cx: &Context<'_>, id: OptimizerId) -> Option<SiteId> {
    let owned = cx.cfg.optimizers[id].owned.as_ref();
    let others_train = cx.cfg.sites_with(Effect::Fill).next().is_some();
    let uses = |deps: &Deps| owned.is_some_and(|owned| owned.overlaps(deps, &cx.cfg.paths) == Some(true));
    let built_before = |site: SiteId| {
        let loops = &cx.site(site).loops;
        let outside = |built: SiteId| {
            loops.len() > cx.site(built).loops.len() && loops.starts_with(&cx.site(built).loops)
        };
        // An optimizer that the loop itself builds belongs to one iteration.
        !loops.is_empty() && cx.cfg.optimizers[id].built.iter().all(|(built, _)| outside(*built))
    };
    let computes = |stage: Stage, (site, run): (SiteId, &Computation)| {
        let related = uses(&run.models) || !others_train && stage == Stage::Loss && run.models.is_empty();
        let trained = run.stage == stage && run.recorded == Recorded::Yes && run.told != Some(false);
        (trained && related && built_before(site)).then_some(site)
    };
    let of = |stage: Stage| cx.cfg.facts.all::<Computation>().find_map(|found| computes(stage, found));
    let trains = |site: SiteId| cx.site(site).names.iter().any(|name| hints_at_training(name));
    let opaque = || {
        let mut calls = cx.cfg.facts.all::<Opaque>();
        calls.find_map(|(site, given)| (trains(site) && uses(&given.0) && built_before(site)).then_some(site))
    };
    let loss = of(Stage::Loss);
    // An annotated function is checked while it is written: the loss may still be missing.
    if loss.is_some() || cx.options.annotated { loss } else { of(Stage::Forward).or_else(opaque) }
}
