use super::Context;
use crate::cfg::{LoopId, Mark, Opaque, ShortEpochs, SiteId};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A training loop over epochs that counts one epoch too few: `for epoch in 1..epochs`.
    ///
    /// ## Why it matters
    ///
    /// A range excludes its end, so `1..epochs` has `epochs - 1` numbers.
    /// The model is trained for one epoch too few, and not at all if `epochs` is 1.
    /// The loops in fourpenny/candle-mnist and vishpat/candle-coursera-ml have this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// for epoch in 1..args.epochs {                           // <- nine epochs of ten
    ///     for batch in train {
    ///         let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///         optimizer.zero_grad();
    ///         loss.backward();
    ///         optimizer.step();
    ///     }
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Count from 1 to the last epoch, `1..=epochs`, or from 0, `0..epochs`.
    ///
    /// ## Limits
    ///
    /// The end of the range must have the name of a number of epochs.
    /// Examples are `epochs`, `num_epochs`, `EPOCHS`, and a field or a method with such a name.
    /// A `while` loop is checked if its variable starts at a number and grows by one in each
    /// iteration.
    /// Silent if:
    ///
    /// - the function trains before the loop, because the loop then continues after the first epoch,
    /// - a variable is the sum of the number of epochs and another number,
    /// - the number is a parameter, and a call in the same file passes a sum.
    ///
    /// `0..=epochs`, one epoch too many, is not reported: some loops evaluate the untrained model in epoch 0.
    epochs_off_by_one, Warning, "one epoch too few"
}

fn check(cx: &mut Context<'_>) {
    for (site, short) in cx.cfg.facts.all::<ShortEpochs>() {
        if !trains(cx, short.of) || trains_before(cx, short) {
            continue;
        }
        let epochs = &short.epochs;
        let message = format!("`{}` has one epoch less than `{epochs}`", cx.site(site).text);
        cx.report_alone(site, message)
            .note(format!("if `{epochs}` is 1, the loop does not train at all"))
            .help(format!("write `{}`", short.instead));
    }
}

/// Whether a loop trains a model: directly, in an inner loop, or through an opaque call. The call
/// must get an optimizer or have a name that suggests training.
fn trains(cx: &Context<'_>, around: LoopId) -> bool {
    let mut called = cx.cfg.facts.marked(Mark::Trains);
    let inside = |site: SiteId| cx.site(site).loops.contains(&around);
    let mut unknown = cx.cfg.facts.all::<Opaque>().filter(|(site, _)| inside(*site));
    let updates = |opaque: &Opaque| {
        cx.cfg.optimizers.iter().any(|optimizer| opaque.0.paths().contains(&optimizer.path))
    };
    cx.trains_in(around) || called.any(inside) || unknown.any(|(_, opaque)| updates(opaque))
}

/// Whether the function trains before the loop, so that the first epoch may be over.
fn trains_before(cx: &Context<'_>, short: &ShortEpochs) -> bool {
    let before = |site: SiteId| {
        !cx.site(site).loops.contains(&short.of) && cx.order(site) < cx.order(short.site)
    };
    let stages = [Effect::Fill, Effect::Take].into_iter().flat_map(|effect| cx.cfg.sites_with(effect));
    stages.map(|(site, _)| site).chain(cx.cfg.facts.marked(Mark::Trains)).any(before)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(before: &str, head: &str) -> bool {
        let source = format!(
            "fn fit(model: &mut M, train: &L, epochs: usize, config: &Config) {{
                let mut optimizer = Sgd::new(model.parameters(), 0.1);
                {before}
                {head} {{
                    for batch in train {{
                        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                        optimizer.zero_grad(); loss.backward(); optimizer.step();
                    }}
                }}
            }}"
        );
        found(&source, true).iter().any(|(lint, _)| *lint == "epochs_off_by_one")
    }

    #[test]
    fn one_too_few() {
        for head in [
            "for epoch in 1..epochs",
            "for epoch in 1..config.epochs",
            "for _ in 1..NUM_EPOCHS",
            "for epoch in 1..epochs as i64",
            "for epoch in (1..epochs).rev()",
            "for epoch in 0..epochs - 1",
            "for epoch in 1..=epochs - 1",
            "for epoch in tqdm(1..config.train.num_epochs)",
            "let first = 1; let n = config.epochs; for epoch in first..n",
        ] {
            assert!(with("", head), "{head}");
        }
        assert!(with("let epochs = 10;", "for epoch in 1..epochs"));
    }

    #[test]
    fn all_epochs_and_lookalikes() {
        for head in [
            "for epoch in 0..epochs",
            "for epoch in 1..=epochs",
            "for epoch in 1..epochs + 1",
            "for epoch in start_epoch..epochs",
            "for epoch in 1..last_epoch",
            "for fold in 1..folds",
            "for epoch in 1..10",
            "for epoch in 0..=epochs",
            "for epoch in (1..epochs).step_by(2)",
        ] {
            assert!(!with("", head), "{head}");
        }
        assert!(!with("let epochs = config.epochs + 1;", "for epoch in 1..epochs"));
        assert!(!with("train_epoch(model, train);", "for epoch in 1..epochs"), "the first epoch is over");
    }

    #[test]
    fn while_counts_too() {
        let loop_with = |start: &str, condition: &str, bump: &str| {
            let source = format!(
                "fn fit(model: &mut M, train: &L, epochs: usize) {{
                    let mut optimizer = Sgd::new(model.parameters(), 0.1);
                    let mut epoch = {start};
                    while {condition} {{
                        let loss = mse_loss(&model.forward(&train.x), &train.y);
                        optimizer.zero_grad(); loss.backward(); optimizer.step();
                        {bump}
                    }}
                }}"
            );
            found(&source, true).iter().any(|(lint, _)| *lint == "epochs_off_by_one")
        };
        assert!(loop_with("0", "epoch < epochs - 1", "epoch += 1;"));
        assert!(loop_with("1", "epoch < epochs", "epoch += 1;"));
        assert!(!loop_with("0", "epoch < epochs", "epoch += 1;"));
        assert!(!loop_with("1", "epoch <= epochs", "epoch += 1;"));
        assert!(!loop_with("start", "epoch < epochs", "epoch += 1;"));
        assert!(!loop_with("1", "epoch < epochs", "if converged() { epoch += 1; } else { epoch += 2; }"));
    }

    #[test]
    fn a_closure_for_each_epoch() {
        let source = |head: &str| {
            format!(
                "fn fit(model: &mut M, train: &L, epochs: usize) {{
                    let mut optimizer = Sgd::new(model.parameters(), 0.1);
                    ({head}).for_each(|epoch| {{
                        let loss = mse_loss(&model.forward(&train.x), &train.y);
                        optimizer.zero_grad(); loss.backward(); optimizer.step();
                    }});
                }}"
            )
        };
        assert!(found(&source("1..epochs"), true).contains(&("epochs_off_by_one", 3)));
        assert!(found(&source("1..=epochs"), true).is_empty());
    }
}
