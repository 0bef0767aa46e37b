use super::{Cause, Context};
use crate::cfg::{Certain, Opaque, OptimizerId, Reduction, SiteId};
use crate::flow::Observed;
use crate::stage::Effect;
use crate::vocabulary::{reduces_by_itself};

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
    /// Found only if the function builds the model and its optimizer, passes neither of them to an opaque call, reads no gradient, and reduces nothing but losses.
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
            cx.report(step, Cause::Alone(step, "missing_all_reduce"), rank, Certain::Every, message)
                .note_at(reduced, note)
                .note("the models of the processes drift apart")
                .help(help);
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
    if optimizer.models.is_empty() || !optimizer.models.iter().all(alone) || optimizer.built.iter().any(|&(site, _)| wrapped(site)) {
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
