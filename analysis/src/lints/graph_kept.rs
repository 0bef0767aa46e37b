use std::collections::{BTreeMap, BTreeSet};

use super::study::Study;
use super::{Cause, Context};
use crate::cfg::{Certain, Kept, LoopId, Mark, PathId, SiteId};
use crate::vocabulary::speaks_of_evaluation;
use crate::flow::Observed;

lint! {
    /// ## What it finds
    ///
    /// A tensor that is added, with its graph, to a sum or a collection.
    /// The sum or the collection outlives the batch, and no `backward` runs through it.
    ///
    /// ## Why it matters
    ///
    /// The graph of every batch lives as long as the sum, so memory grows with each batch.
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut total = Tensor::zeros(&[]);
    /// for batch in train {
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     optimizer.zero_grad();
    ///     loss.backward();
    ///     optimizer.step();
    ///     total = total + &loss;                  // <- keeps the graph of the loss
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Add numbers, as in `total += loss.item()`, or tensors without a graph, as in `total = total + loss.detach()`.
    ///
    /// ## Limits
    ///
    /// Silent if a `backward` runs through the sum or the collection, or if the loop empties it.
    /// Silent if the sum or the collection is passed to other code before any `backward`, as with the steps of an episode.
    /// Silent in a function that runs only the `backward` of layers, because losses are then plain numbers.
    graph_kept, Warning, "a tensor is kept with its graph beyond its batch"
}

fn check(cx: &mut Context<'_>) {
    if cx.cfg.facts.all::<Kept>().next().is_none() {
        return;
    }
    // If the function only runs the `backward` of layers, losses are plain numbers.
    let of_layer = |site: SiteId| cx.cfg.facts.is(site, Mark::OfLayer);
    let mut backwards = cx.backwards().map(|(site, _)| site).peekable();
    if backwards.peek().is_some() && backwards.all(of_layer) {
        return;
    }
    let study = cx.study();
    let mut collected: BTreeSet<PathId> = cx.cfg.function.handed.collected.paths().iter().copied().collect();
    for (_, run) in cx.backwards() {
        collected.extend(run.past.collected.paths());
    }
    let mut reached = BTreeMap::new();
    for visit in cx.solution.visits.iter().filter(|visit| matches!(visit.what, Observed::Computation(..))) {
        reached.entry(visit.site).or_insert(visit.rank);
    }
    for (_, kept) in cx.cfg.facts.all::<Kept>() {
        let part = |path: &PathId| cx.cfg.paths.overlap(*path, kept.into);
        if collected.iter().any(part) {
            continue;
        }
        let Some(batch) = batch_around(cx, &study, kept) else { continue };
        let of_batch: Vec<_> =
            kept.past.computed.known().iter().filter(|site| cx.site(**site).loops.contains(&batch)).copied().collect();
        let left = cx.cfg.facts.variables().any(|(path, known)| known.is_handed_on && part(&path));
        let done = of_batch.iter().all(|site| study.is_backwarded(*site));
        let recorded = of_batch.iter().all(|site| !study.is_off(*site) && reached.contains_key(site));
        let emptied = cx.cfg.facts.variable(kept.into).is_some_and(|known| known.emptied_in.contains(&batch));
        if of_batch.is_empty() || !recorded || emptied || left && !done {
            continue;
        }
        report_finding(cx, kept, batch);
    }
}

/// The loop over batches around the addition, if the sum or the collection is declared outside the loop.
fn batch_around(cx: &Context<'_>, study: &Study<'_>, kept: &Kept) -> Option<LoopId> {
    let loops = &cx.site(kept.site).loops;
    let over_batches = |round: &LoopId| study.backward_in(*round) || speaks_of_evaluation(study.names_over(*round));
    let at = loops.iter().rposition(over_batches)?;
    let begins = cx.cfg.bound_in(kept.into);
    let before = begins.is_none_or(|begins| loops.iter().position(|round| *round == begins).is_some_and(|begins| begins < at));
    (before && !study.training.is_empty()).then_some(loops[at])
}

fn report_finding(cx: &mut Context<'_>, kept: &Kept, batch: LoopId) {
    let into = cx.cfg.paths.name(kept.into).to_owned();
    let line = cx.cfg.loops[batch].line;
    let help = match (kept.added, &kept.place) {
        (true, Some(text)) => format!("add the number, `{text}.item()`, or the tensor without its graph, `{text}.detach()`"),
        (true, None) => "add the number, with `item()`, or the tensor without its graph, with `detach()`".to_owned(),
        (false, Some(text)) => format!("store `{text}.item()`, or `{text}.detach()`"),
        (false, None) => "store the number, with `item()`, or the tensor without its graph, with `detach()`".to_owned(),
    };
    let message = format!("{} keeps the graph of every batch", cx.call(kept.site));
    cx.report(kept.site, Cause::Alone(kept.site, LINT.name), kept.site, Certain::Every, message)
        .note(format!("`{into}` outlives the iterations of the loop on line {line}, and every graph lives as long as `{into}`"))
        .note("memory grows with each batch")
        .help(help);
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    const LOOP: &str = "fn fit(model: &mut Net, train: &L) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut total = Tensor::zeros(&[]);
        let mut losses = Vec::new();
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.x), &batch.y);
            loss.backward();
            optimizer.step();
            REST
        }
        show(&total, &losses);
    }";

    fn with(rest: &str) -> Vec<(&'static str, usize)> {
        found(&LOOP.replace("REST", rest), true)
    }

    #[test]
    fn sums_and_collections() {
        for bad in ["total = total + &loss;", "total += &loss;", "losses.push(loss.clone());", "losses.push(loss);"] {
            assert_eq!(with(bad), [("graph_kept", 10)], "{bad}");
        }
        for good in [
            "total += loss.item();",
            "total = total + loss.detach();",
            "losses.push(loss.item());",
            "last = loss;",
            "losses.clear(); losses.push(loss);",
            "no_grad(|| losses.push(loss.clone()));",
        ] {
            assert_eq!(with(good), [], "{good}");
        }
    }

    #[test]
    fn what_is_run_backward_later_is_right() {
        let source = "fn fit(model: &mut Net, train: &L) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for episode in train {
                let mut log_probs = Vec::new();
                for state in episode {
                    log_probs.push(model.forward(&state).log_softmax(1));
                }
                optimizer.zero_grad();
                policy_loss(&log_probs, &episode).backward();
                optimizer.step();
            }
        }";
        assert_eq!(found(source, true), []);
    }
}
