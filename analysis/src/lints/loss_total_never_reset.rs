use super::Context;
use crate::vocabulary::{MetricEffect, is_running_total, names_epoch};
use crate::cfg::{HeadKind, LoopId, MetricCall, PathId, SiteId, Use, UseKind};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A sum over the batches of an epoch that is declared outside the epoch loop, reported in each epoch and never reset.
    ///
    /// ## Why it matters
    ///
    /// From the second epoch on the sum includes all earlier epochs.
    /// The reported loss grows while the model improves, and every decision based on it is wrong.
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut total = 0.0;                        // once
    /// for epoch in 0..epochs {
    ///     for batch in train {
    ///         ..
    ///         total += loss.item();
    ///     }
    ///     println!("{epoch} {}", total / n);      // of all epochs so far
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Declare the sum inside the epoch loop, before the batch loop: `let mut total = 0.0;`.
    ///
    /// ## Limits
    ///
    /// Checked only for sums of measures on a model's output, and for metric objects that the function constructs, such as `Accuracy::new()`.
    /// The outer loop counts as an epoch loop only if it iterates over a range, or if a name in its head mentions epochs.
    /// Silent for a running average, which is divided by a count that also grows, and for sums with names such as `global_loss`.
    loss_total_never_reset, Warning, "an epoch's sum declared outside the epoch loop"
}

fn check(cx: &mut Context<'_>) {
    metrics(cx);
    for (path, known) in cx.cfg.facts.variables() {
        let uses = &known.uses;
        let name = cx.cfg.paths.name(path);
        if uses.len() >= crate::limits::USES || is_running_total(name) {
            continue;
        }
        let Some((added, outer, read)) = fault(cx, path, uses) else { continue };
        let message = format!("`{name}` is added to in every epoch and never reset");
        let note = format!("line {} reports it once an epoch", cx.line(read));
        let line = cx.cfg.loops[outer].line;
        cx.report_alone(added, message)
            .note_at(read, note)
            .note("from the second epoch on it includes all earlier epochs")
            .help(format!("move `let mut {name} = 0.0;` into the loop on line {line}"));
    }
}

/// Checks metric objects: a function that calls `accuracy.update(..)` must call `accuracy.reset()`.
fn metrics(cx: &mut Context<'_>) {
    let all = || cx.cfg.facts.all::<MetricCall>();
    let mut found = Vec::new();
    for (added, call) in all().filter(|(_, call)| call.effect == MetricEffect::Adds) {
        let [.., outer, _] = cx.site(added).loops[..] else { continue };
        let calls = || all().filter(|(_, other)| other.metric == call.metric);
        let inside = |site: SiteId| cx.site(site).loops.contains(&outer);
        let known = cx.cfg.facts.variable(call.metric);
        let kept = known.is_none_or(|known| {
            let changes = |one: &Use| matches!(one.kind, UseKind::Set | UseKind::Lent) && inside(one.site);
            !known.is_handed_on && !known.uses.iter().any(changes)
        });
        let begins = cx.cfg.bound_in(call.metric).is_some_and(|begins| cx.site(added).loops.contains(&begins));
        let resets = calls().any(|(site, other)| other.effect == MetricEffect::Resets && inside(site));
        let reports = || calls().filter(|(_, other)| other.effect == MetricEffect::Reports).map(|(site, _)| site);
        let once_an_epoch = |site: &SiteId| cx.site(*site).loops.last() == Some(&outer) && *site > added;
        let for_all = reports().any(|site| !inside(site) && site > added);
        let Some(read) = reports().find(once_an_epoch) else { continue };
        if kept && !begins && !resets && !for_all && counts_epochs(cx, outer) && !is_running_total(cx.cfg.paths.name(call.metric)) {
            found.push((added, read, call.metric));
        }
    }
    for (added, read, metric) in found {
        let name = cx.cfg.paths.name(metric);
        let message = format!("`{name}` is added to in every epoch and never reset");
        let note = format!("{} reports it once an epoch", cx.call_at(read));
        cx.report_alone(added, message)
            .note_at(read, note)
            .note("from the second epoch on it includes all earlier epochs")
            .help(format!("call `{name}.reset();` at the start of each epoch"));
    }
}

/// The fault of an epoch loop that never resets a sum.
///
/// Returns the site that adds to the sum, the epoch loop, and the site that reports the sum.
fn fault(cx: &Context<'_>, path: PathId, uses: &[Use]) -> Option<(SiteId, LoopId, SiteId)> {
    let loops = |one: &Use| &cx.site(one.site).loops;
    let added = uses.iter().find(|one| matches!(one.kind, UseKind::Add { measured: true }))?;
    let [.., outer, _] = loops(added)[..] else { return None };
    let begins = cx.cfg.bound_in(path);
    if begins.is_some_and(|begins| loops(added).iter().skip_while(|id| **id != outer).any(|id| *id == begins)) {
        return None;
    }
    let inside = |one: &&Use| loops(one).contains(&outer);
    let steady = uses.iter().filter(inside).all(|one| matches!(one.kind, UseKind::Read | UseKind::Add { .. }));
    let reads = || uses.iter().filter(|one| one.kind == UseKind::Read);
    let once_an_epoch = |one: &&Use| loops(one).last() == Some(&outer);
    let before = reads().filter(once_an_epoch).any(|one| one.site < added.site);
    let read = reads().filter(once_an_epoch).find(|one| one.site > added.site)?;
    let for_all = reads().any(|one| !loops(one).contains(&outer) && one.site > added.site);
    let stands = steady && !before && !for_all && counts_epochs(cx, outer);
    // A sum divided by the number of epochs so far is an average over the epochs.
    let mut by = cx.cfg.facts.variable(path).into_iter().flat_map(|known| &known.divisors);
    let averaged = by.any(|&divisor| {
        let counts = cx.cfg.facts.uses(divisor).iter();
        let grows = counts.clone().any(|one| matches!(one.kind, UseKind::Add { .. }) && inside(&one));
        let anew = counts.clone().any(|one| one.kind == UseKind::Set && inside(&one));
        let of_outer = cx.cfg.bound_in(divisor) == Some(outer);
        let counter = of_outer && cx.cfg.loops[outer].head.binds.contains(cx.cfg.paths.name(divisor));
        counter || (grows && !anew && !of_outer)
    });
    (stands && !averaged && !is_running_mean(cx, path, added, read, outer)).then_some((added.site, outer, read.site))
}

/// Whether a loop is an epoch loop: its head names epochs or is a range, and no `step` is directly in its body.
fn counts_epochs(cx: &Context<'_>, outer: LoopId) -> bool {
    let head = &cx.cfg.loops[outer].head;
    let mut steps = cx.cfg.sites_with(Effect::Take);
    (head.kind == HeadKind::Numbers || head.names.iter().any(|name| names_epoch(name)))
        && !steps.any(|(_, site)| site.loops.last() == Some(&outer))
}

/// Whether the sum is reported with a count that grows along with the sum and is never reset.
fn is_running_mean(cx: &Context<'_>, path: PathId, added: &Use, read: &Use, outer: LoopId) -> bool {
    let inner = cx.site(added.site).loops.last();
    cx.cfg.facts.variables().any(|(other, known)| {
        let uses = &known.uses;
        let grows = |one: &Use| {
            matches!(one.kind, UseKind::Add { .. }) && cx.site(one.site).loops.last() == inner
        };
        let set = |one: &Use| one.kind == UseKind::Set && cx.site(one.site).loops.contains(&outer);
        let beside = |one: &Use| one.kind == UseKind::Read && cx.line(one.site) == cx.line(read.site);
        other != path
            && cx.cfg.bound_in(other) != Some(outer)
            && uses.iter().any(grows)
            && uses.iter().any(beside)
            && !uses.iter().any(set)
    })
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(total: &str, report: &str) -> Vec<(&'static str, usize)> {
        found(
            &format!(
                "fn fit(model: &mut M, train: &L, n: f64) {{
                    let mut optimizer = Sgd::new(model.parameters(), 0.1);
                    let (mut total, mut count) = (0.0, 0);
                    for epoch in 0..10 {{
                        {total}
                        for batch in train {{
                            let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                            optimizer.zero_grad(); loss.backward(); optimizer.step();
                            count += 1;
                            total += loss.item();
                        }}
                        {report}
                    }}
                }}"
            ),
            true,
        )
    }

    #[test]
    fn reported_each_epoch_and_never_set_back() {
        assert_eq!(with("", "println!(\"{}\", total / n);"), [("loss_total_never_reset", 10)]);
        for (start, report) in [
            ("total = 0.0;", "println!(\"{}\", total / n);"),
            ("let mut total = 0.0;", "println!(\"{}\", total / n);"),
            ("", "println!(\"{}\", total / n); total = 0.0;"),
            ("", "println!(\"{}\", std::mem::take(&mut total));"),
            ("", "println!(\"{}\", total / count as f64);"),
            ("", "println!(\"{}\", total / (epoch + 1) as f64);"),
            ("", "let seen = count as f64;\nprintln!(\"{}\", total / count as f64);"),
            ("let before = total;", "println!(\"{}\", total - before);"),
            ("", ""),
        ] {
            assert!(with(start, report).is_empty(), "{start} {report}");
        }
    }
}
