use std::collections::BTreeMap;

use super::Context;
use crate::vocabulary::{is_demonstration, is_for_training};
use crate::cfg::{Computation, PathId, SiteId, UseKind};
use crate::stage::{Effect, Stage};

lint! {
    /// ## What it finds
    ///
    /// A model that a function builds and trains, and that is never saved, returned, passed on or evaluated.
    /// In a spec, also a model that the function takes by value and that no hook or block can save.
    ///
    /// ## Why it matters
    ///
    /// The training is lost when the function ends.
    ///
    /// ## Example
    ///
    /// ```text
    /// fn train(data: &DataLoader) -> Result<()> {
    ///     let mut model = Mlp::new(10);
    ///     ..                                  // trained for hours
    ///     Ok(())                              // and dropped
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Save the model, or return it.
    ///
    /// ## Limits
    ///
    /// Silent in `main`, tests, benches and examples, and in functions that return a result of the training.
    /// Silent if the function mentions the model outside of its training.
    /// A function that prints is reported only if its name says that it trains.
    training_unused, Warning, "the trained model is never used, saved or returned"
}

fn check(cx: &mut Context<'_>) {
    let function = &cx.cfg.function;
    if function.returns || function.is_test || is_demonstration(&function.name) || cx.of_spec() {
        return;
    }
    if function.prints && !is_for_training(&function.name) {
        return;
    }
    let mut found: BTreeMap<PathId, (SiteId, SiteId)> = BTreeMap::new();
    for (id, optimizer) in cx.cfg.optimizers.iter().enumerate() {
        let step = cx.acting(id, Effect::Take).into_iter().find(|step| !cx.site(*step).loops.is_empty());
        let Some(step) = step.filter(|_| !cx.is_passed_on(id)) else { continue };
        for &(model, built, _) in &optimizer.models {
            // Models of folds or trials may be trained only to compare their printed results.
            let once = cx.site(built).loops.is_empty();
            if once && optimizer.models.len() == 1 && is_only_trained(cx, model) {
                found.entry(model).or_insert((built, step));
            }
        }
    }
    for (model, (built, step)) in found {
        let name = cx.cfg.paths.name(model);
        let message = format!("`{name}` is trained and then dropped: nothing saves, returns or uses it");
        let note = format!("{} trains it, and the function ends after that", cx.call_at(step));
        cx.report_alone(built, message)
            .note_at(step, note)
            .note("the training is lost when the function returns")
            .help(format!("save `{name}` after the last epoch, or return it"));
    }
}

/// Whether the function mentions a model only to train it, and never saves, returns or uses the
/// model.
fn is_only_trained(cx: &Context<'_>, model: PathId) -> bool {
    let uses = cx.cfg.facts.uses(model);
    if uses.is_empty() {
        return false;
    }
    let forwards: Vec<SiteId> = cx
        .cfg
        .facts
        .all::<Computation>()
        .filter(|(_, run)| run.stage == Stage::Forward && run.model.is_some_and(|of| cx.cfg.paths.overlap(of, model)))
        .map(|(site, _)| site)
        .collect();
    uses.len() < crate::limits::USES
        && uses.iter().all(|one| matches!(one.kind, UseKind::Forward | UseKind::Train))
        && !forwards.is_empty()
        && forwards.iter().all(|&forward| cx.is_trained_on(forward) == Some(true))
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn with(signature: &str, after: &str) -> Vec<(&'static str, usize)> {
        found(
            &format!(
                "fn {signature} {{
                    let mut model = Mlp::new(4);
                    let mut optimizer = Sgd::new(model.parameters(), 0.1);
                    model.train();
                    for batch in train {{
                        let loss = mse_loss(&model.forward(&batch.x), &batch.y);
                        optimizer.zero_grad(); loss.backward(); optimizer.step();
                    }}
                    {after}
                }}"
            ),
            true,
        )
    }

    #[test]
    fn dropped_at_the_end() {
        assert_eq!(with("fit(train: &L)", ""), [("training_unused", 2)]);
        assert_eq!(with("fit(train: &L) -> Result<()>", "Ok(())"), [("training_unused", 2)]);
        for (signature, after) in [
            ("main()", ""),
            ("fit(train: &L) -> Mlp", "model"),
            ("fit(train: &L) -> f64", "0.0"),
            ("fit(train: &L)", "model.save(\"m\");"),
            ("fit(train: &L)", "save(&model);"),
            ("fit(train: &L)", "let _ = no_grad(|| model.forward(&x));"),
            ("fit(train: &L)", "registry.push(model);"),
            ("show(train: &L)", "println!(\"done\");"),
        ] {
            assert!(with(signature, after).is_empty(), "{signature} {after}");
        }
    }
}
