use super::Context;
use crate::cfg::{Swallow, UseKind};

lint! {
    /// ## What it finds
    ///
    /// A training loop whose head matches `Some(Ok(batch))`, or whose head drops errors with `map_while(Result::ok)`, `filter_map(Result::ok)` or `flatten()`.
    ///
    /// ## Why it matters
    ///
    /// The first unreadable batch silently ends the epoch, or is silently skipped.
    /// Training continues with less data, and the reported loss covers only the readable batches.
    ///
    /// ## Example
    ///
    /// ```text
    /// while let Some(Ok(batch)) = batches.next() {    // an error looks like the end
    ///     ..
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Write `for batch in batches { let batch = batch?; .. }`, or count and report the skipped batches.
    ///
    /// ## Limits
    ///
    /// Checked only in loops that train.
    /// Silent if the iterator is used again after the loop, because the iterator may return a stored error there.
    /// `flatten()` is reported only on a loader whose items are named as batches.
    data_error_ends_epoch, Warning, "an error in the data ends the epoch silently"
}

fn check(cx: &mut Context<'_>) {
    for (_, swallow) in cx.cfg.facts.all::<Swallow>() {
        if !cx.trains_in(swallow.of) {
            continue;
        }
        let uses = swallow.from.map_or(&[][..], |from| cx.cfg.facts.uses(from));
        let asked_later = uses.iter().any(|one| {
            one.kind == UseKind::Read
                && one.site > swallow.site
                && !cx.site(one.site).loops.contains(&swallow.of)
                && cx.line(one.site) > cx.line(swallow.site)
        });
        if asked_later {
            continue;
        }
        let (message, effect) = if swallow.drops {
            ("an unreadable batch is silently skipped", "the model is trained on less data, without any report")
        } else {
            ("an error in the data ends this loop as if there were no more batches", "the rest of the data is not trained on, without any report")
        };
        cx.report_alone(swallow.site, message)
            .note(effect)
            .help(format!("write `{}`", swallow.instead));
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(head: &str, after: &str) -> Vec<(&'static str, usize)> {
        found(
            &format!(
                "fn fit(model: &mut M, loader: &L) -> Result<()> {{
                    let mut optimizer = Sgd::new(model.parameters(), 0.1);
                    let mut it = loader.iter();
                    {head} {{
                        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                        optimizer.zero_grad(); loss.backward(); optimizer.step();
                    }}
                    {after}
                    Ok(())
                }}"
            ),
            true,
        )
    }

    #[test]
    fn heads_that_swallow_errors() {
        for wrong in [
            "while let Some(Ok(batch)) = it.next()",
            "while let Some(Ok(batch)) = it.next().await",
            "while let Ok(Some(batch)) = it.try_next()",
            "for batch in it.map_while(Result::ok)",
            "for batch in it.filter_map(|batch| batch.ok())",
            "for (i, batch) in loader.iter().flatten().enumerate()",
        ] {
            assert_eq!(with(wrong, ""), [("data_error_ends_epoch", 4)], "{wrong}");
        }
        for right in ["while let Some(batch) = it.next()", "for batch in shards.iter().flatten()", "for batch in it"] {
            assert!(with(right, "").is_empty(), "{right}");
        }
        assert!(with("while let Some(Ok(batch)) = it.next()", "it.finish()?;").is_empty());
    }
}
