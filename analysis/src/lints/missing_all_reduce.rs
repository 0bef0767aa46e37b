use super::{Cause, Context};
use crate::cfg::{Certain, Computation, Opaque, OptimizerId, PathId, Reduction, SiteId};
use crate::flow::Observed;
use crate::stage::{Effect, Stage};
use crate::vocabulary::{reduces_by_itself, trains_a_copy};

lint! {
    /// ## What it finds
    ///
    /// A training loop on several processes that all-reduces its losses but never its gradients.
    ///
    /// ## Why it matters
    ///
    /// Each process trains only on its own batches, so the copies of the model drift apart.
    /// The reported loss is a mean over different models.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {
    ///     optimizer.zero_grad();
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();
    ///     optimizer.step();                       // <- on this process's gradients
    ///     total += world.all_reduce(loss.item());
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// All-reduce the gradients of all parameters between `backward` and `step`, or wrap the model in a type that reduces its gradients.
    ///
    /// ## Limits
    ///
    /// Found only if the function passes neither the model nor its optimizer to an opaque call, reads no gradient, and reduces nothing but losses.
    /// The function builds both, or both are parameters or fields of `self`: the model of a struct in the same file, the optimizer of a library's type.
    /// In the second case the finding is a warning, because the caller may average the parameters later; a function that is named so (`local_epoch`) is not checked.
    missing_all_reduce, Error, "losses are reduced across processes, gradients are not"
}

fn check(cx: &mut Context<'_>) {
    if cx.cfg.function.reads_gradients || cx.cfg.facts.all::<Reduction>().next().is_none() {
        return;
    }
    for id in 0..cx.cfg.optimizers.len() {
        for step in cx.acting(id, Effect::Take) {
            let Some(reduced) = losses_only(cx, id, step) else { continue };
            let met = cx.solution.visits.iter().find(|visit| visit.site == step && matches!(visit.what, Observed::Effect(of, ..) if of == id));
            let rank = met.map_or(0, |visit| visit.rank);
            let note = format!("{} reduces a loss across all processes", cx.call_at(reduced));
            let message = format!("{} uses the gradients of this process alone", cx.call(step));
            let help = format!("all-reduce the gradients before line {}", cx.line(step));
            let given = cx.cfg.optimizers[id].models.is_empty();
            let report = cx.report(step, Cause::Alone(step, "missing_all_reduce"), rank, Certain::Every, message)
                .note_at(reduced, note)
                .note("the models of the processes drift apart")
                .help(help);
            if given {
                report.only_warns();
            }
        }
    }
}

/// The site of an all-reduce of a loss in a loop around `step`. `None` if the function reduces any
/// other value, or if an opaque call may reduce gradients.
fn losses_only(cx: &Context<'_>, id: OptimizerId, step: SiteId) -> Option<SiteId> {
    let optimizer = &cx.cfg.optimizers[id];
    let around = cx.site(step).loops.last()?;
    let wrapped = |site: SiteId| cx.site(site).names.iter().any(|name| reduces_by_itself(name));
    let alone = |&(_, site, _): &(_, SiteId, _)| !wrapped(site);
    let known = !optimizer.models.is_empty() || trains_given_model(cx, id, step);
    if !known || !optimizer.models.iter().all(alone) || optimizer.built.iter().any(|&(site, _)| wrapped(site)) {
        return None;
    }
    let given = cx.cfg.facts.all::<Opaque>().any(|(_, opaque)| cx.cfg.touches(id, &opaque.0));
    if given || cx.is_passed_on(id) || !cx.cfg.facts.all::<Reduction>().all(|(_, reduction)| reduction.of_loss) {
        return None;
    }
    let beside = |&site: &SiteId| {
        let loops = &cx.site(site).loops;
        loops.contains(around) || loops.last().is_some_and(|last| cx.site(step).loops.contains(last))
    };
    cx.cfg.facts.all::<Reduction>().map(|(site, _)| site).find(beside)
}

/// Whether the optimizer and the models of a step are parameters or fields that reduce no gradients by themselves.
fn trains_given_model(cx: &Context<'_>, id: OptimizerId, step: SiteId) -> bool {
    let alone = |path: PathId| cx.cfg.function.alone.contains(&path);
    let near = |site: SiteId| cx.site(site).loops.last() == cx.site(step).loops.last();
    let mut models = cx.backwards().filter(|(site, _)| near(*site)).flat_map(|(_, run)| run.past.computed.known()).filter_map(|site| {
        let run = cx.cfg.facts.at::<Computation>(*site)?;
        (run.stage == Stage::Forward).then_some(run.model)
    }).peekable();
    alone(cx.cfg.optimizers[id].path)
        && !trains_a_copy(&cx.cfg.function.name)
        && models.peek().is_some()
        && models.all(|model| model.is_some_and(alone))
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    const TRAINING: &str = "fn fit(world: &World, train: &L) {
        let model = Mlp::new();
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.x), &batch.y);
            loss.backward();
            optimizer.step();
            let mean = world.all_reduce(loss.item()); println!(\"{}\", mean);
        }
        model.save(path);
    }";

    #[test]
    fn losses_alone_or_gradients_too() {
        assert_eq!(found(TRAINING, true), [("missing_all_reduce", 8)]);
        for right in [
            TRAINING.replace("optimizer.step()", "for p in model.parameters() { p.set(world.all_reduce(p.grad())); } optimizer.step()"),
            TRAINING.replace("optimizer.step()", "average(&mut model, world); optimizer.step()"),
            TRAINING.replace("Mlp::new()", "DistributedDataParallel::new(Mlp::new())"),
            TRAINING.replace("let mean = world.all_reduce(loss.item());", "let mean = loss.item();"),
            TRAINING.replace("optimizer.step()", "world.all_reduce(&mut flat(&model)); optimizer.step()"),
        ] {
            assert!(found(&right, true).is_empty(), "{right}");
        }
    }
}
