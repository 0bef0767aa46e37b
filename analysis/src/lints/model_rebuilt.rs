use super::optimizer_rebuilt::rebuilt;
use super::{Cause, Context};
use crate::cfg::{Action, Certain, LoopId, OptimizerId, PathId, SiteId};

lint! {
    /// ## What it finds
    ///
    /// A model that is built inside the loop that trains it, together with its optimizer.
    /// In `burn`, where a step takes the model and returns it, the optimizer may also be built outside the loop.
    ///
    /// ## Why it matters
    ///
    /// Each iteration trains a new model for one step and drops it.
    ///
    /// ## Example
    ///
    /// ```text
    /// for batch in train {
    ///     let model = Mlp::new();                                    // <- a new one for each batch
    ///     let mut optimizer = Sgd::new(model.parameters(), 0.1);
    ///     let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
    ///     loss.backward();
    ///     optimizer.step();
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Build the model and the optimizer once, before the loop.
    ///
    /// ## Limits
    ///
    /// Silent in tests, and if an inner loop trains the model, as for a fold or a trial.
    /// Silent if the iteration stores the model or passes it on, or if a function other than a
    /// constructor builds the model.
    model_rebuilt, Error, "a model built in the loop that trains it"
}

fn check(cx: &mut Context<'_>) {
    // The loop of a test goes over cases, each with its own model.
    if cx.cfg.function.is_test {
        return;
    }
    for id in 0..cx.cfg.optimizers.len() {
        let Some((around, rank)) = rebuilt(cx, id).map(|(_, around, rank)| (around, rank)).or_else(|| updated_in(cx, id)) else {
            continue;
        };
        let models = &cx.cfg.optimizers[id].models;
        let found = models.iter().find(|(_, site, conditional)| {
            !conditional && cx.site(*site).loops.last() == Some(&around)
        });
        let Some(&(path, site, _)) = found else { continue };
        let handed_on = cx.cfg.events().any(|(_, event)| match &event.action {
            Action::Touch(deps) => deps.paths().is_empty() || deps.paths().iter().any(|&dep| cx.cfg.paths.overlap(dep, path)),
            _ => false,
        });
        if handed_on {
            continue;
        }
        report_finding(cx, (id, path), site, (around, rank));
    }
}

/// The loop whose `step` takes the model by value, and the rank of the finding.
///
/// The optimizer of such a step need not be rebuilt together with the model.
fn updated_in(cx: &Context<'_>, id: OptimizerId) -> Option<(LoopId, usize)> {
    let models = cx.cfg.optimizers[id].models.iter();
    let step = models.clone().find_map(|(path, _, _)| cx.cfg.updated_at(*path))?;
    let around = *cx.site(step).loops.last()?;
    let built = models.clone().any(|(_, site, _)| cx.site(*site).loops.last() == Some(&around));
    (built && !cx.cfg.optimizers[id].lost).then_some((around, usize::MAX))
}

fn report_finding(
    cx: &mut Context<'_>,
    (id, path): (OptimizerId, PathId),
    site: SiteId,
    (around, rank): (LoopId, usize),
) {
    let (built, site) = (site, cx.entry_into_loop(site));
    let head = &cx.cfg.loops[around];
    let note = format!("the loop `{}` on line {} rebuilds it in every iteration", head.text, head.line);
    let of_loop = cx.cfg.optimizers[id].built.iter().any(|(site, _)| cx.site(*site).loops.contains(&around));
    let with = if of_loop { ", and the optimizer with it" } else { "" };
    let help = format!("move line {} to before line {}{with}", cx.line(site), head.line);
    let name = cx.cfg.paths.name(path).to_owned();
    let message = format!("`{name}` is built inside the loop that trains it");
    cx.report(site, Cause::Gradients(built, id), rank, Certain::Every, message)
        .note(note)
        .note("each iteration trains a new model for one step and drops it")
        .help(help);
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    const LOOP: &str = "fn fit(train: &L) {
        for x in train {
            let model = Mlp::new();
            let mut optimizer = Adam::new(model.parameters(), 0.1);
            let loss = f(&model.forward(x));
            loss.backward();
            optimizer.step();
        }
    }";

    #[test]
    fn for_each_batch() {
        assert_eq!(found(LOOP, true), [("model_rebuilt", 3)]);
    }

    #[test]
    fn for_each_case_of_a_test_it_is_right() {
        assert!(found(&format!("#[test] {}", LOOP.replace("fn fit", "fn cases")), false).is_empty());
    }

    #[test]
    fn for_each_fold_or_when_it_is_kept_it_is_right() {
        let folds = LOOP.replace("let loss", "for x in x { optimizer.zero_grad(); let loss").replace("step();", "step(); }");
        assert!(found(&folds, true).is_empty());
        assert!(found(&LOOP.replace("step();", "step(); kept.push(model);"), true).is_empty());
    }
}
