use super::{Cause, Context};
use crate::cfg::{Certain, LoopId, Mark, Opaque, SiteId};
use crate::stage::Effect;
use crate::vocabulary::{names_epoch};

lint! {
    /// ## What it finds
    ///
    /// A distributed sampler that is used for several epochs without a call of `set_epoch`.
    ///
    /// ## Why it matters
    ///
    /// The sampler shuffles by seed and epoch number, so that all processes draw the same order.
    /// Without `set_epoch`, every epoch has the order of the first epoch.
    /// The fault is reported often, for instance in pytorch/pytorch#31771, transformers (issue 4398) and `ParallelWaveGAN` (issue 177).
    ///
    /// ## Example
    ///
    /// ```text
    /// let sampler = DistributedSampler::new(&data, world, rank);   // <-
    /// for epoch in 0..epochs {
    ///     for batch in loader.iter(&sampler) { .. }                // the same order in each epoch
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Call `sampler.set_epoch(epoch)` at the start of each epoch.
    ///
    /// ## Limits
    ///
    /// Found only if the function builds the sampler and contains both the epoch loop and the batch loop.
    /// Silent if `set_epoch` is called on any value, if a call in the epoch loop has the epoch as an argument, or if the constructor has a literal `false` as an argument, as for `shuffle`.
    missing_set_epoch, Warning, "a distributed sampler without `set_epoch`"
}

fn check(cx: &mut Context<'_>) {
    if cx.cfg.facts.marked(Mark::SetsEpoch).next().is_some() {
        return;
    }
    for sampler in cx.cfg.facts.marked(Mark::Sampler) {
        let Some(epochs) = epochs(cx, sampler) else { continue };
        let head = &cx.cfg.loops[epochs];
        let note = format!("the loop `{}` on line {} uses it in every epoch", head.text, head.line);
        let message = format!("{} never gets the epoch number", cx.call(sampler));
        let cause = Cause::Alone(sampler, "missing_set_epoch");
        cx.report(sampler, cause, sampler, Certain::Every, message)
            .note(note)
            .note("every epoch has the samples in the order of the first")
            .help(format!("call `set_epoch` on it at the start of the loop on line {}", head.line));
    }
}

/// The epoch loop around a step. `None` if the sampler is constructed inside this loop, or if an
/// opaque call in the loop receives the epoch.
fn epochs(cx: &Context<'_>, sampler: SiteId) -> Option<LoopId> {
    let mut steps = cx.cfg.sites_with(Effect::Take);
    let epochs = steps.find_map(|(_, site)| match site.loops[..] {
        [.., epochs, _] if !cx.site(sampler).loops.contains(&epochs) => Some(epochs),
        _ => None,
    })?;
    let told = |(call, _): (SiteId, &Opaque)| {
        cx.site(call).loops.last() == Some(&epochs) && cx.site(call).names.iter().any(|name| names_epoch(name) || cx.cfg.loops[epochs].head.binds.contains(name))
    };
    (!cx.cfg.facts.all::<Opaque>().any(told)).then_some(epochs)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    const TRAINING: &str = "fn fit(model: &mut M, data: &Data, world: usize, rank: usize) {
        let mut sampler = DistributedSampler::new(data, world, rank);
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for epoch in 0..9 {
            for x in loader(data, &sampler) { optimizer.zero_grad(); f(&model.forward(x)).backward(); optimizer.step(); }
        }
    }";

    #[test]
    fn told_or_not() {
        assert_eq!(found(TRAINING, true), [("missing_set_epoch", 2)]);
        assert!(found(&TRAINING.replace("for x in", "sampler.set_epoch(epoch); for x in"), true).is_empty());
        assert!(found(&TRAINING.replace("for x in", "sampler.restart(epoch); for x in"), true).is_empty());
        assert!(found(&TRAINING.replace("rank);", "rank, false);"), true).is_empty());
        assert!(found(&TRAINING.replace("for epoch in 0..9", ""), true).is_empty());
    }
}
