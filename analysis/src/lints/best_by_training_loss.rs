use super::Context;
use crate::vocabulary::{Phase, names_best, names_measure, phase_of_name};
use crate::cfg::{Choice, Decides, LoopId, Measure, UseKind};

lint! {
    /// ## What it finds
    ///
    /// Selection of the best model, or early stopping, by the training loss.
    /// Reported only if the epoch also computes a validation measure.
    ///
    /// ## Why it matters
    ///
    /// The training loss still falls while the model overfits, so the last and most overfitted model is selected.
    /// Early stopping by the training loss ends the run only after the model has overfitted.
    /// cito (citoverse/cito#38) had this fault.
    ///
    /// ## Example
    ///
    /// ```text
    /// let train_loss = ..;
    /// let valid_loss = ..;
    /// if train_loss < best {          // valid_loss is available
    ///     best = train_loss;
    ///     save(&model)?;
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Compare the validation loss or metric.
    ///
    /// ## Limits
    ///
    /// Silent if the epoch computes no validation measure, because no better measure exists.
    /// Early stopping is recognised if the loop ends after a number of iterations without
    /// improvement, or if a call with a name such as `should_stop` gets the measure.
    /// The name of a loss decides whether it counts as a training or a validation loss.
    /// If the name is unclear, the loss counts as a training loss if a `backward` runs through its forward passes.
    /// The loss that a model keeps itself (`model.loss()`) is that of the forward passes in sight, unless other code gets the model by `&mut`.
    best_by_training_loss, Warning, "the best model or the end of training is chosen by the training loss"
}

fn check(cx: &mut Context<'_>) {
    for (_, choice) in cx.cfg.facts.all::<Choice>() {
        let Some(&epoch) = cx.site(choice.site).loops.last() else { continue };
        let (what, harm) = match &choice.decides {
            Decides::Saves(name) => ("the best model is chosen", format!("`{name}` keeps the most overfitted model")),
            Decides::Stops => (
                "training is stopped early",
                "the training loss keeps falling while the model overfits: training ends too late".to_owned(),
            ),
            Decides::Counts(_) => continue,
        };
        if cx.phase(&choice.measure) != Some(Phase::Train) {
            continue;
        }
        let Some(better) = validation_in(cx, epoch, &choice.measure.name) else { continue };
        let name = &choice.measure.name;
        let message = format!("{what} by `{name}`, the loss on the training data");
        cx.report_alone(choice.site, message)
            .note(format!("`{better}` is measured on validation data in the same iteration"))
            .note(harm)
            .help(format!("compare `{better}` instead of `{name}`"));
    }
}

/// The name of a validation measure, other than `chosen`, that this epoch loop computes.
fn validation_in(cx: &Context<'_>, epoch: LoopId, chosen: &str) -> Option<String> {
    let named = |name: &str| {
        name != chosen && phase_of_name(name) == Some(Phase::Valid) && names_measure(name) && !names_best(name)
    };
    let mut begun = cx.cfg.paths.variables().filter(|(path, _)| cx.cfg.bound_in(*path) == Some(epoch));
    if let Some((_, name)) = begun.find(|(_, name)| named(name)) {
        return Some(name.to_owned());
    }
    cx.cfg.facts.variables().find_map(|(path, known)| {
        let name = cx.cfg.paths.name(path);
        let counts = known.uses.iter().any(|one| {
            let counted = matches!(one.kind, UseKind::Add { .. } | UseKind::Set);
            counted && cx.site(one.site).loops.contains(&epoch)
        });
        let measure = Measure { name: name.to_owned(), ..Measure::default() };
        (counts && named(name) && cx.phase(&measure) == Some(Phase::Valid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(rest: &str) -> Vec<(&'static str, usize)> {
        found(
            &format!(
                "fn fit(model: &mut M, train: &L, valid: &L, n: f64) {{
                    let mut optimizer = Sgd::new(model.parameters(), 0.1);
                    let mut best = f64::INFINITY;
                    for epoch in 0..10 {{
                        let mut total = 0.0;
                        for batch in train {{
                            let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                            optimizer.zero_grad(); loss.backward(); optimizer.step();
                            total += loss.item();
                        }}
                        let average = total / n;
                        {rest}
                    }}
                }}"
            ),
            true,
        )
    }

    #[test]
    fn training_loss_beside_a_validation_loss() {
        let valid = "let valid_loss = evaluate(&model, valid);\n";
        let keep = "{ best = average; save(&model); }";
        assert_eq!(with(&format!("{valid} if average < best {keep}")), [("best_by_training_loss", 13)]);
        assert!(with(&format!("if average < best {keep}")).is_empty(), "no validation");
        assert!(with(&format!("{valid} if valid_loss < best {{ best = valid_loss; save(&model); }}")).is_empty());
        assert!(with(&format!("{valid} if average < best {{ best = average; }}")).is_empty(), "only noted");
        let own = "if model.loss() < best { best = model.loss(); save(&model); }";
        assert_eq!(with(&format!("{valid} {own}")), [("best_by_training_loss", 13)]);
        let changed = "let valid_loss = evaluate(&mut model, valid);\n";
        assert!(with(&format!("{changed} {own}")).is_empty(), "the loss may be that of the validation");
    }
}
