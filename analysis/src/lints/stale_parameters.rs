use super::{Cause, Context};
use crate::flow::{Observed, StateSet};
use crate::stage::Effect;

lint! {
    /// ## What it finds
    ///
    /// A `step` of an optimizer after its model, or a layer of its model, was replaced.
    ///
    /// ## Why it matters
    ///
    /// The optimizer still updates the parameters of the old model, which is no longer used.
    /// The new parameters keep their initial values.
    /// The fault is reported in pytorch/pytorch#14467, opacus (issue 432) and nncf (issue 327).
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut model = Mlp::new(16, 10);
    /// let mut optimizer = Sgd::new(model.parameters(), 0.1);
    /// model.head = Linear::new(16, 2);        // the optimizer holds the old head
    /// for batch in train {
    ///     optimizer.zero_grad();
    ///     cross_entropy(&model.forward(&batch.input), &batch.target).backward();
    ///     optimizer.step();                   // <- the new head is never updated
    /// }
    /// ```
    ///
    /// ## Instead
    ///
    /// Complete the model before building the optimizer, or rebuild the optimizer.
    ///
    /// ## Limits
    ///
    /// Only a constructor, or a function without the old model as an argument, counts as a replacement.
    /// Loading values into the same parameters (`load_state_dict`) is correct.
    /// An assignment to a field is reported if the new value is a layer that is known to have parameters.
    /// Freezing is not reported, because most libraries skip parameters without a gradient, and layers are frozen and unfrozen on purpose during training.
    stale_parameters, Error, "a step on parameters that were replaced in the model"
}

fn check(cx: &mut Context<'_>) {
    for visit in &cx.solution.visits {
        let Observed::Facts(optimizer, Effect::Take, facts) = visit.what else { continue };
        let replaced = facts.parameters.by(StateSet::REPLACED);
        let (Some(certain), Some(replaced)) = (facts.parameters.certainty(StateSet::REPLACED), replaced) else { continue };
        if visit.maybe_not_first {
            continue;
        }
        let (step, name) = (visit.site, cx.name(optimizer).to_owned());
        let built = cx.cfg.optimizers[optimizer].built.first().map(|&(site, _)| {
            (site, format!("`{name}` was built on line {}, with the old ones", cx.line(site)))
        });
        let message = format!("{} updates parameters that line {} replaced", cx.call(step), cx.line(replaced));
        let note = format!("{} put new parameters in their place", cx.call_at(replaced));
        // In the batch loop, building the optimizer after the replacement would rebuild it for each
        // batch.
        let help = if cx.in_one_iteration(replaced, step) {
            format!("replace it before `{name}` is built, outside the loop")
        } else {
            format!("build `{name}` after line {}", cx.line(replaced))
        };
        let mut report = cx.report(step, Cause::Gradients(step, optimizer), visit.rank, certain, message).note_at(replaced, note);
        if let Some((site, note)) = built {
            report = report.note_at(site, note);
        }
        report
            .note("the new parameters never change, and nothing uses the updated ones")
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::found;

    fn after(change: &str) -> Vec<(&'static str, usize)> {
        let source = format!(
            "fn fit(train: &L) {{
                let mut model = Mlp::new(1); let mut optimizer = Sgd::new(model.parameters(), 0.1);
                {change}
                for x in train {{
                    optimizer.zero_grad(); f(&model.forward(x)).backward();
                    optimizer.step();
                }}
                model.save(path);
            }}"
        );
        found(&source, true)
    }

    #[test]
    fn replaced_or_loaded_in_place() {
        for change in ["model = Mlp::new(2);", "model.head = Linear::new(4, 2);", "model = Mlp::load(path)?;", "model = pretrained();"] {
            assert_eq!(after(change), [("stale_parameters", 6)], "{change}");
        }
        for change in [
            "model.load_state_dict(&saved);",
            "model.name = String::new();",
            "model.rng = Rng::new(3);",
            "model = Mlp::from(model);",
            "model = model.to_device(device);",
            "model = Mlp::new(2); optimizer = Sgd::new(model.parameters(), 0.1);",
            "let other = Mlp::new(2); check(&other);",
        ] {
            assert!(after(change).is_empty(), "{change}: {:?}", after(change));
        }
    }
}
